"""Tools that do what no plugin may, each by the name of what it does. Without the template's kit: what Python itself does
with a mistake is what the test is about."""

from wit_world.imports import nextcloud
from wit_world.imports.types import Access, Content_Text, Output, Tool


def spin():
    while True:
        pass


def crash():
    raise RuntimeError("a mistake in the plugin")


def allocate():
    blocks = []
    while True:
        blocks.append(bytearray(1 << 20))


def wait():
    answer = nextcloud.fetch(nextcloud.Request("GET", "/ocs/v2.php/core/navigation/apps", [], None, []))
    return str(answer.status)


TOOLS = {function.__name__: function for function in (spin, crash, allocate, wait)}


class Tools:
    def describe(self):
        schema = '{"type": "object", "additionalProperties": false}'
        return [Tool(name, name, "Does what no plugin may.", schema, None, Access.READ, True, []) for name in TOOLS]

    def call(self, name, arguments):
        return Output([Content_Text(TOOLS[name]())], None, [])
