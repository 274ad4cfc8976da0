// The host, played by tests: built natively with the plugin, in place of the generated bindings.

#ifndef HOST_H
#define HOST_H

#include "nextcloud.h"

// Answers the next requests, in this order, with a status and a JSON body.
void answer(int status, const char *body);

// The path of the last request.
extern const char *sent;

// Calls a tool: its data as JSON, or the message of its failure. `failed` says which.
const char *call(const char *tool, const char *arguments, bool *failed);

// Ends the test with a line that says where, unless the text is the one expected.
#define expect(actual, expected) expect_at(__FILE__, __LINE__, actual, expected)
void expect_at(const char *file, int line, const char *actual, const char *expected);

#endif
