// JSON (RFC 8259), read into a tree and written piece by piece.
//
// Nothing is ever freed: an instance lives for one call and is thrown away after it, with all of its memory.

#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

typedef struct json {
    enum json_kind kind;
    double number;
    // A string's text, UTF-8, with a zero at its end. A zero inside of a string ends it.
    const char *text;
    // A member's name.
    const char *key;
    // The first item of an array or member of an object, and the one after this.
    const struct json *first, *next;
} json;

// The document, or NULL for what is no JSON or nested more than 64 deep.
const json *json_parse(const char *text, size_t length);

// A member of an object; NULL if there is none, or `object` is NULL or no object.
const json *json_get(const json *object, const char *key);

// A member's text; `otherwise` if it is absent or no string.
const char *json_text(const json *object, const char *key, const char *otherwise);

// A member that is a whole number of at most 53 bits; `otherwise` if it is absent or none.
int64_t json_whole(const json *object, const char *key, int64_t otherwise);

// Text that grows. Begin with `{0}`.
typedef struct {
    char *text;
    size_t length, room;
} buffer;

// Appends as `printf` does.
void put(buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Appends a string in quotes, escaped.
void put_string(buffer *buffer, const char *text);

#endif
