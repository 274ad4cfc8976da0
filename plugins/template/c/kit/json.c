#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Deeper than any answer of Nextcloud is.
#define MAX_DEPTH 64

// Whole numbers up to here are exact in a double.
#define MAX_WHOLE 9007199254740991.0

typedef struct {
    const char *at, *end;
    int depth;
} reader;

static const json *value(reader *reader);

static void *allocate(size_t size) {
    void *memory = malloc(size);
    // The host says that memory ran out.
    if (memory == NULL) __builtin_trap();
    return memory;
}

static json *node(enum json_kind kind) {
    json *node = allocate(sizeof *node);
    *node = (json){.kind = kind};
    return node;
}

static void blanks(reader *reader) {
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL && *reader->at != 0) reader->at++;
}

static bool take(reader *reader, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) return false;
    reader->at += length;
    return true;
}

// Four hexadecimal digits; negative for anything else.
static long unit(reader *reader) {
    long unit = 0;
    for (int digits = 0; digits < 4; digits++, reader->at++) {
        char c = reader->at < reader->end ? *reader->at : 0;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static char *encode(char *out, unsigned long point) {
    if (point < 0x80) *out++ = (char)point;
    else {
        int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        *out++ = (char)((0xff00 >> (more + 1) & 0xff) | point >> 6 * more);
        while (more-- > 0) *out++ = (char)(0x80 | (point >> 6 * more & 0x3f));
    }
    return out;
}

// What follows `\u`, a pair of surrogates as one; a lone one is replaced. NULL for what is no number.
static char *escaped_point(reader *reader, char *out) {
    long point = unit(reader);
    if (point < 0) return NULL;
    if (point >= 0xd800 && point < 0xdc00 && take(reader, "\\u")) {
        long low = unit(reader);
        if (low < 0xdc00 || low > 0xdfff) return NULL;
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    return encode(out, point >= 0xd800 && point <= 0xdfff ? 0xfffd : (unsigned long)point);
}

// The text after an opening quote; NULL where it does not end.
static const char *string(reader *reader) {
    // No escape is shorter than what it stands for.
    char *text = allocate((size_t)(reader->end - reader->at) + 1), *out = text;
    while (reader->at < reader->end) {
        char c = *reader->at++;
        if (c == '"') {
            *out++ = 0;
            return realloc(text, (size_t)(out - text));
        }
        if ((unsigned char)c < 0x20) return NULL;
        if (c != '\\') {
            *out++ = c;
            continue;
        }
        if (reader->at == reader->end) return NULL;
        char escape = *reader->at++;
        const char *plain = strchr("\"\"\\\\//b\bf\fn\nr\rt\t", escape);
        if (escape == 'u') {
            out = escaped_point(reader, out);
            if (out == NULL) return NULL;
        } else if (plain != NULL && escape != 0 && (unsigned char)escape >= 0x20) *out++ = plain[1];
        else return NULL;
    }
    return NULL;
}

static const json *number(reader *reader) {
    // A copy: the text need not end in a zero. No number that matters is longer.
    char digits[64];
    size_t length = 0;
    while (reader->at < reader->end && length < sizeof digits - 1 && *reader->at != 0 && strchr("0123456789+-.eE", *reader->at) != NULL)
        digits[length++] = *reader->at++;
    digits[length] = 0;
    char *end;
    json *found = node(JSON_NUMBER);
    found->number = strtod(digits, &end);
    return length > 0 && *end == 0 ? found : NULL;
}

// Items or members up to `close`.
static const json *list(reader *reader, enum json_kind kind, const char *close) {
    json *list = node(kind);
    const json **last = &list->first;
    blanks(reader);
    if (take(reader, close)) return list;
    do {
        const char *key = NULL;
        blanks(reader);
        if (kind == JSON_OBJECT) {
            key = take(reader, "\"") ? string(reader) : NULL;
            blanks(reader);
            if (key == NULL || !take(reader, ":")) return NULL;
        }
        json *item = (json *)value(reader);
        if (item == NULL) return NULL;
        item->key = key;
        *last = item;
        last = &item->next;
        blanks(reader);
    } while (take(reader, ","));
    return take(reader, close) ? list : NULL;
}

static const json *value(reader *reader) {
    const json *found = NULL;
    if (++reader->depth > MAX_DEPTH) return NULL;
    blanks(reader);
    if (take(reader, "{")) found = list(reader, JSON_OBJECT, "}");
    else if (take(reader, "[")) found = list(reader, JSON_ARRAY, "]");
    else if (take(reader, "\"")) {
        json *text = node(JSON_STRING);
        text->text = string(reader);
        found = text->text == NULL ? NULL : text;
    } else if (take(reader, "null")) found = node(JSON_NULL);
    else if (take(reader, "true")) found = node(JSON_TRUE);
    else if (take(reader, "false")) found = node(JSON_FALSE);
    else found = number(reader);
    reader->depth--;
    return found;
}

const json *json_parse(const char *text, size_t length) {
    reader reader = {.at = text, .end = text + length};
    const json *document = value(&reader);
    blanks(&reader);
    return reader.at == reader.end ? document : NULL;
}

const json *json_get(const json *object, const char *key) {
    if (object == NULL || object->kind != JSON_OBJECT) return NULL;
    const json *member = object->first;
    while (member != NULL && strcmp(member->key, key) != 0) member = member->next;
    return member;
}

const char *json_text(const json *object, const char *key, const char *otherwise) {
    const json *member = json_get(object, key);
    return member != NULL && member->kind == JSON_STRING ? member->text : otherwise;
}

int64_t json_whole(const json *object, const char *key, int64_t otherwise) {
    const json *member = json_get(object, key);
    if (member == NULL || member->kind != JSON_NUMBER) return otherwise;
    double number = member->number;
    if (!(number >= -MAX_WHOLE && number <= MAX_WHOLE)) return otherwise;
    return (double)(int64_t)number == number ? (int64_t)number : otherwise;
}

void put(buffer *buffer, const char *format, ...) {
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, values);
    va_end(values);
    if (length < 0) __builtin_trap();
    size_t needed = buffer->length + (size_t)length + 1;
    if (needed > buffer->room) {
        buffer->room = needed * 2;
        buffer->text = realloc(buffer->text, buffer->room);
        if (buffer->text == NULL) __builtin_trap();
    }
    vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, again);
    va_end(again);
    buffer->length += (size_t)length;
}

void put_string(buffer *buffer, const char *text) {
    put(buffer, "\"");
    for (const char *from = text; *from != 0;) {
        // What needs no escape goes in one piece.
        const char *to = from;
        while ((unsigned char)*to >= 0x20 && *to != '"' && *to != '\\') to++;
        put(buffer, "%.*s", (int)(to - from), from);
        if (*to == 0) break;
        put(buffer, "\\u%04x", (unsigned char)*to);
        from = to + 1;
    }
    put(buffer, "\"");
}
