// Tools that do what no plugin may, each by the name of what it does.

#include <stdlib.h>
#include <string.h>

#include "nextcloud.h"

static bool spin(const json *arguments, result *result) {
    (void)arguments, (void)result;
    for (volatile unsigned turns = 0;; turns++) continue;
}

// What C leaves undefined: here, a trap of WebAssembly.
static bool crash(const json *arguments, result *result) {
    (void)arguments, (void)result;
    void (*volatile nowhere)(void) = NULL;
    nowhere();
    return false;
}

static bool allocate_all(const json *arguments, result *result) {
    (void)arguments;
    for (;;) {
        char *block = malloc(1 << 20);
        if (block == NULL) return fail(result, OTHER, "malloc said no, and the host nothing");
        memset(block, 1, 1 << 20);
        __asm__ volatile("" ::"r"(block) : "memory");
    }
}

static bool wait_for_nextcloud(const json *arguments, result *result) {
    (void)arguments;
    response answer;
    if (!get("/ocs/v2.php/core/navigation/apps", "the menu", &answer, result)) return false;
    buffer data = {0};
    put(&data, "{\"status\":%d}", answer.status);
    return done(result, data.text, &data);
}

#define OBJECT "{\"type\":\"object\"}"
#define HOSTILE(NAME, RUN) \
    { .name = NAME, .title = NAME, .description = "Does what no plugin may.", .input_schema = OBJECT, .output_schema = OBJECT, \
      .access = READ, .idempotent = true, .run = RUN }

const tool TOOLS[] = {
    HOSTILE("spin", spin), HOSTILE("crash", crash), HOSTILE("allocate", allocate_all), HOSTILE("wait", wait_for_nextcloud), {0},
};
