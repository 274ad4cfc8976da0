// What every plugin needs besides its own code: tools out of functions, requests, and failures in sentences.
//
// Change it where yours needs more. Never here: what a tool does. The contract beneath it, with every limit and each header
// that passes, is in `wit/`; `bindings/` is what wit-bindgen's C generator made of it.

#ifndef NEXTCLOUD_H
#define NEXTCLOUD_H

#include "json.h"
#include "tool_plugin.h"

// What a tool can do to the user's data at most; the host holds each of its requests to it.
enum access { READ, CREATE, UPDATE, DELETE };

// Why a call failed. The order is that of `failure-kind` in wit/types.wit.
enum kind { INVALID, NOT_FOUND, CONFLICT, DENIED, UNSUPPORTED, LIMITED, UNAVAILABLE, NEEDS_CONFIRMATION, INTERNAL, OTHER };

// What a call ends in: a line with its data, or a failure.
typedef struct {
    const char *text, *data;
    enum kind kind;
    const char *message;
    int64_t retry_after_s;
} result;

typedef struct {
    const char *name, *title, *description;
    // JSON Schemas of the arguments and of the data; the host has checked the arguments when `run` sees them.
    const char *input_schema, *output_schema;
    enum access access;
    bool idempotent;
    bool (*run)(const json *arguments, result *result);
} tool;

// A plugin's tools; the last one has no name.
extern const tool TOOLS[];

// `return done(result, text, &data);` where `data` holds a JSON object that fits the output schema.
bool done(result *result, const char *text, const buffer *data);

// `return fail(result, INVALID, "...");` with a sentence for the model: what happened, and what to do about it.
bool fail(result *result, enum kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

// An answer of Nextcloud.
typedef struct {
    int status;
    nextcloud_mcp_plugin_nextcloud_response_t raw;
    const char *about;
} response;

// Sends one request without a body and waits for the answer, whatever its status. `about` names the item in failures.
// False, with the failure in `result`, where there is no answer.
bool get(const char *path, const char *about, response *response, result *result);

// The first header of this name, in lower case; NULL if there is none.
const char *header(const response *response, const char *name);

// What an OCS endpoint (`/ocs/v2.php/...`) carries in `ocs.data`; NULL, with the failure in `result`, for any status but a
// success and for any other answer.
const json *ocs(const response *response, result *result);

// `return not_understood(&response, result, "...");` where an answer is not what the API's documentation says.
bool not_understood(const response *response, result *result, const char *why);

// What the host knows of the server; false, with the failure in `result`, where it cannot say.
bool where_am_i(nextcloud_mcp_plugin_nextcloud_server_t *server, result *result);

// A string of the bindings with a zero at its end.
const char *text_of(tool_plugin_string_t string);

#endif
