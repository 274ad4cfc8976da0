// The `PLUGIN_NAME` tools. One to begin with: it lists the apps in the user's menu.

#include <string.h>
#include <strings.h>

#include "nextcloud.h"

// Whether the text has this in it, in any case of ASCII letters.
static bool contains(const char *text, const char *wanted) {
    size_t length = strlen(wanted);
    for (; *text != 0 || length == 0; text++) {
        if (strncasecmp(text, wanted, length) == 0) return true;
    }
    return false;
}

static bool list_apps(const json *arguments, result *result) {
    const char *wanted = json_text(arguments, "name", "");
    response answer;
    if (!get("/ocs/v2.php/core/navigation/apps", "the user's menu", &answer, result)) return false;
    const json *entries = ocs(&answer, result);
    if (entries == NULL) return false;
    nextcloud_mcp_plugin_nextcloud_server_t server;
    if (!where_am_i(&server, result)) return false;
    const char *url = text_of(server.url), *web_root = text_of(server.web_root);

    buffer data = {0}, text = {0};
    int count = 0;
    put(&data, "{\"apps\":[");
    for (const json *entry = entries->first; entry != NULL; entry = entry->next) {
        const char *id = json_text(entry, "id", NULL), *name = json_text(entry, "name", NULL);
        const char *href = json_text(entry, "href", NULL);
        if (id == NULL || name == NULL || href == NULL) return not_understood(&answer, result, "an app lacks id, name or href");
        if (!contains(name, wanted)) continue;
        put(&data, "%s{\"id\":", count++ > 0 ? "," : "");
        put_string(&data, id);
        put(&data, ",\"name\":");
        put_string(&data, name);
        put(&data, ",\"url\":");
        buffer address = {0};
        // An href begins with the web root, which `url` has already.
        bool below = strncmp(href, web_root, strlen(web_root)) == 0;
        put(&address, "%s%s", url, below ? href + strlen(web_root) : href);
        put_string(&data, address.text);
        put(&data, "}");
    }
    put(&data, "]}");
    put(&text, "Apps: %d.", count);
    return done(result, text.text, &data);
}

#define TEXT "{\"type\":\"string\"}"

const tool TOOLS[] = {
    {
        .name = "list_apps",
        .title = "List Apps",
        .description = "Lists the apps in the user's Nextcloud menu with their addresses. Example: name \"cal\".",
        .input_schema = "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"description\":"
                        "\"Only apps with this in their name, in any case; all if absent.\"}},\"additionalProperties\":false}",
        .output_schema = "{\"type\":\"object\",\"properties\":{\"apps\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
                         "\"properties\":{\"id\":" TEXT ",\"name\":" TEXT ",\"url\":" TEXT "}}}},\"required\":[\"apps\"]}",
        .access = READ,
        .idempotent = true,
        .run = list_apps,
    },
    {0},
};
