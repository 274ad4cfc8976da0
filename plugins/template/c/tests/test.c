// Runs the tools natively, against answers that a test scripts: no WebAssembly, no server.

#include <stdio.h>

#include "host.h"

int main(void) {
    bool failed;
    // Apps are filtered by name and linked.
    answer(200, "{\"ocs\":{\"data\":[{\"id\":\"files\",\"name\":\"Files\",\"href\":\"/cloud/apps/files/\"},"
                "{\"id\":\"calendar\",\"name\":\"Calend\\u00e4r\",\"href\":\"\\/cloud\\/apps\\/calendar\\/\"}]}}");
    expect(call("list_apps", "{\"name\":\"CAL\"}", &failed),
           "{\"apps\":[{\"id\":\"calendar\",\"name\":\"Calendär\",\"url\":\"https://example.org/cloud/apps/calendar/\"}]}");
    // What is not understood is an error.
    answer(200, "<html>");
    expect(call("list_apps", "{}", &failed), "Nextcloud's answer for the user's menu is not understood: there is no ocs.data.");
    // Every schema is JSON.
    for (const tool *tool = TOOLS; tool->name != NULL; tool++) {
        expect(json_text(json_parse(tool->input_schema, __builtin_strlen(tool->input_schema)), "type", ""), "object");
        expect(json_text(json_parse(tool->output_schema, __builtin_strlen(tool->output_schema)), "type", ""), "object");
    }
    puts("all tests passed");
}
