#include "nextcloud.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- what the host calls ---

static tool_plugin_string_t owned(const char *text) {
    tool_plugin_string_t string;
    tool_plugin_string_dup(&string, text);
    return string;
}

void exports_nextcloud_mcp_plugin_tools_describe(exports_nextcloud_mcp_plugin_tools_list_tool_t *list) {
    size_t count = 0;
    while (TOOLS[count].name != NULL) count++;
    list->ptr = calloc(count, sizeof *list->ptr);
    list->len = count;
    for (size_t i = 0; i < count; i++) {
        list->ptr[i] = (exports_nextcloud_mcp_plugin_tools_tool_t){
            .name = owned(TOOLS[i].name),
            .title = owned(TOOLS[i].title),
            .description = owned(TOOLS[i].description),
            .input_schema = owned(TOOLS[i].input_schema),
            .output_schema = {.is_some = true, .val = owned(TOOLS[i].output_schema)},
            .access = (uint8_t)TOOLS[i].access,
            .idempotent = TOOLS[i].idempotent,
        };
    }
}

bool exports_nextcloud_mcp_plugin_tools_call(tool_plugin_string_t *name, exports_nextcloud_mcp_plugin_tools_json_t *arguments,
                                             exports_nextcloud_mcp_plugin_tools_output_t *output,
                                             exports_nextcloud_mcp_plugin_tools_failure_t *failure) {
    const tool *tool = TOOLS;
    while (tool->name != NULL && strcmp(tool->name, text_of(*name)) != 0) tool++;
    result result = {.kind = INTERNAL, .message = "no such tool"};
    const json *given = json_parse((const char *)arguments->ptr, arguments->len);
    if (tool->name != NULL && tool->run(given, &result)) {
        // Many clients show their model nothing but text, so the data goes out both ways.
        nextcloud_mcp_plugin_types_content_t *content = calloc(2, sizeof *content);
        content[0].val.text = owned(result.text);
        content[1].val.text = owned(result.data);
        *output = (exports_nextcloud_mcp_plugin_tools_output_t){
            .content = {.ptr = content, .len = 2},
            .structured = {.is_some = true, .val = owned(result.data)},
        };
        return true;
    }
    *failure = (exports_nextcloud_mcp_plugin_tools_failure_t){
        .kind = (uint8_t)result.kind,
        .message = owned(result.message),
        .retry_after_s = {.is_some = result.retry_after_s > 0, .val = (uint32_t)result.retry_after_s},
    };
    return false;
}

// --- what a tool returns ---

bool done(result *result, const char *text, const buffer *data) {
    result->text = text;
    result->data = data->text;
    return true;
}

bool fail(result *result, enum kind kind, const char *format, ...) {
    char message[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(message, sizeof message, format, values);
    va_end(values);
    result->kind = kind;
    result->message = strdup(message);
    return false;
}

// --- requests ---

static bool no_answer(const nextcloud_mcp_plugin_nextcloud_fetch_error_t *error, result *result);
static bool status(const response *response, result *result);

bool get(const char *path, const char *about, response *response, result *result) {
    tool_plugin_tuple2_string_string_t accept;
    tool_plugin_string_set(&accept.f0, "accept");
    tool_plugin_string_set(&accept.f1, "application/json");
    nextcloud_mcp_plugin_nextcloud_request_t request = {.headers = {.ptr = &accept, .len = 1}};
    tool_plugin_string_set(&request.method, "GET");
    tool_plugin_string_set(&request.path, path);
    nextcloud_mcp_plugin_nextcloud_fetch_error_t error;
    response->about = about;
    if (!nextcloud_mcp_plugin_nextcloud_fetch(&request, &response->raw, &error)) return no_answer(&error, result);
    response->status = response->raw.status;
    return true;
}

const char *header(const response *response, const char *name) {
    for (size_t i = 0; i < response->raw.headers.len; i++) {
        if (strcmp(text_of(response->raw.headers.ptr[i].f0), name) == 0) return text_of(response->raw.headers.ptr[i].f1);
    }
    return NULL;
}

const json *ocs(const response *response, result *result) {
    if (!status(response, result)) return NULL;
    const json *document = json_parse((const char *)response->raw.body.ptr, response->raw.body.len);
    const json *data = json_get(json_get(document, "ocs"), "data");
    if (data == NULL) not_understood(response, result, "there is no ocs.data");
    return data;
}

bool not_understood(const response *response, result *result, const char *why) {
    const char *type = header(response, "content-type");
    if (type != NULL && strncmp(type, "text/html", strlen("text/html")) == 0)
        why = "it is a web page, so something stands between this server and Nextcloud";
    return fail(result, OTHER, "Nextcloud's answer for %s is not understood: %s.", response->about, why);
}

bool where_am_i(nextcloud_mcp_plugin_nextcloud_server_t *server, result *result) {
    nextcloud_mcp_plugin_nextcloud_fetch_error_t error;
    return nextcloud_mcp_plugin_nextcloud_where_am_i(server, &error) || no_answer(&error, result);
}

const char *text_of(tool_plugin_string_t string) { return strndup((const char *)string.ptr, string.len); }

// What a status means; true for a success.
static bool status(const response *response, result *result) {
    const char *about = response->about, *seconds = header(response, "retry-after");
    int status = response->status;
    if (status >= 200 && status < 300) return true;
    if (status == 400 || status == 415 || status == 422)
        return fail(result, INVALID, "Nextcloud does not take these values for %s.", about);
    if (status == 401 || status == 403) return fail(result, DENIED, "Nextcloud does not allow this user %s.", about);
    if (status == 404) return fail(result, NOT_FOUND, "Nextcloud has no such thing, or not for this user: %s.", about);
    if (status == 409 || status == 412 || status == 423)
        return fail(result, CONFLICT, "Somebody else changed or locked %s. Read it again first.", about);
    result->retry_after_s = seconds == NULL ? 0 : strtol(seconds, NULL, 10);
    if (status == 429) return fail(result, LIMITED, "Nextcloud gets too many requests now.");
    if (status >= 500) return fail(result, UNAVAILABLE, "Nextcloud could not answer for %s (status %d).", about, status);
    return fail(result, OTHER, "Nextcloud answered for %s with status %d.", about, status);
}

// Why there is no answer.
static bool no_answer(const nextcloud_mcp_plugin_nextcloud_fetch_error_t *error, result *result) {
    switch (error->tag) {
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_MALFORMED:
        return fail(result, INVALID, "This cannot be asked of Nextcloud: %s.", text_of(error->val.malformed));
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_FORBIDDEN:
        return fail(result, DENIED, "This server does not allow the request: %s.", text_of(error->val.forbidden));
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_UNAUTHORIZED:
        return fail(result, DENIED, "The user has to sign in again.");
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_TOO_LARGE:
        return fail(result, LIMITED, "The answer is larger than %llu bytes. Ask for less.", (unsigned long long)error->val.too_large);
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_LIMITED:
        return fail(result, LIMITED, "This call has used up what one call may: %s.", text_of(error->val.limited));
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_TIMED_OUT:
        return fail(result, UNAVAILABLE, "Nextcloud did not answer in time.");
    case NEXTCLOUD_MCP_PLUGIN_NEXTCLOUD_FETCH_ERROR_UNREACHABLE:
        return fail(result, UNAVAILABLE, "Nextcloud cannot be reached: %s.", text_of(error->val.unreachable));
    default:
        return fail(result, OTHER, "The request failed.");
    }
}
