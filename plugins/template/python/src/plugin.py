"""The `PLUGIN_NAME` tools. One to begin with: it lists the apps in the user's menu."""

from nextcloud import Tools, ocs, tool  # noqa: F401  (Tools is what the host calls)
from wit_world.imports import nextcloud

APP = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "url": {"type": "string"}}}


@tool(
    title="List Apps",
    description='Lists the apps in the user\'s Nextcloud menu with their addresses. Example: name "cal".',
    arguments={
        "name": {"type": "string", "description": "Only apps with this in their name, in any case; all if empty.", "default": ""},
    },
    result={"apps": {"type": "array", "items": APP}},
)
def list_apps(arguments):
    entries = ocs("/ocs/v2.php/core/navigation/apps", about="the user's menu")
    server = nextcloud.where_am_i()
    wanted = arguments["name"].lower()
    apps = [
        # An href begins with the web root, which `url` has already.
        {"id": one["id"], "name": one["name"], "url": server.url + one["href"].removeprefix(server.web_root)}
        for one in entries
        if wanted in one["name"].lower()
    ]
    return f"Apps: {len(apps)}.", {"apps": apps}
