#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64

const char *sent;
static struct { int status; const char *body; } answers[MOST];
static size_t given, taken;

void answer(int status, const char *body) {
    if (given == MOST) abort();
    answers[given].status = status;
    answers[given++].body = body;
}

bool nextcloud_mcp_plugin_nextcloud_fetch(nextcloud_mcp_plugin_nextcloud_request_t *request,
                                          nextcloud_mcp_plugin_nextcloud_response_t *response,
                                          nextcloud_mcp_plugin_nextcloud_fetch_error_t *error) {
    sent = text_of(request->path);
    if (taken == given) {
        error->tag = NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_TIMED_OUT;
        return false;
    }
    const char *body = answers[taken].body;
    *response = (nextcloud_mcp_plugin_nextcloud_response_t){.status = (uint16_t)answers[taken++].status};
    response->body.ptr = (uint8_t *)strdup(body);
    response->body.len = strlen(body);
    return true;
}

bool nextcloud_mcp_plugin_nextcloud_where_am_i(nextcloud_mcp_plugin_nextcloud_server_t *server,
                                               nextcloud_mcp_plugin_nextcloud_fetch_error_t *error) {
    (void)error;
    tool_plugin_string_dup(&server->url, "https://example.org/cloud");
    tool_plugin_string_dup(&server->web_root, "/cloud");
    tool_plugin_string_dup(&server->version, "33.0.3");
    return true;
}

void tool_plugin_string_set(tool_plugin_string_t *string, const char *text) {
    string->ptr = (uint8_t *)text;
    string->len = strlen(text);
}

void tool_plugin_string_dup(tool_plugin_string_t *string, const char *text) { tool_plugin_string_set(string, strdup(text)); }

const char *call(const char *tool, const char *arguments, bool *failed) {
    tool_plugin_string_t name, given_arguments;
    tool_plugin_string_set(&name, tool);
    tool_plugin_string_set(&given_arguments, arguments);
    exports_nextcloud_mcp_plugin_tools_output_t output;
    exports_nextcloud_mcp_plugin_tools_failure_t failure;
    *failed = !exports_nextcloud_mcp_plugin_tools_call(&name, &given_arguments, &output, &failure);
    return text_of(*failed ? failure.message : output.structured.val);
}

void expect_at(const char *file, int line, const char *actual, const char *expected) {
    if (strcmp(actual, expected) == 0) return;
    fprintf(stderr, "%s:%d\n  expected %s\n  actual   %s\n", file, line, expected, actual);
    exit(1);
}
