#!/bin/sh
# Runs the tests natively: no WebAssembly, no server. What C leaves undefined ends the program.
set -eu
cd "$(dirname "$0")"
program=$(mktemp)
trap 'rm -f "$program"' EXIT
"${CC:-clang}" -std=gnu17 -g -fsanitize=undefined -fsanitize-undefined-trap-on-error -Wall -Wextra -Werror -Ikit -Ibindings -Itests src/*.c kit/*.c tests/*.c -o "$program"
"$program"
