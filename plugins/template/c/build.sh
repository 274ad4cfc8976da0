#!/bin/sh
# Builds the component beside plugin.toml, under the name that stands there. Needs clang, lld, wasi-libc and
# libclang-rt-dev-wasm32 (Debian's packages of these names), and wasm-component-ld, which comes with rustup or from
# `cargo install wasm-component-ld`. CLANG, SYSROOT and COMPONENT_LD say where others are.
set -eu
cd "$(dirname "$0")"
CLANG=${CLANG:-clang}
SYSROOT=${SYSROOT:-/usr}
if [ -z "${COMPONENT_LD:-}" ]; then
    COMPONENT_LD=$(command -v wasm-component-ld || find "$(rustc --print sysroot)/lib/rustlib" -name wasm-component-ld | head -n 1)
fi
component=$(sed -n 's/^component *= *"\(.*\)"/\1/p' plugin.toml)
objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
compile() { "$CLANG" --target=wasm32-wasi --sysroot="$SYSROOT" -isystem "$SYSROOT/include/wasm32-wasi" "$@"; }
for source in src/*.c kit/*.c bindings/*.c bindings/*.s; do
    compile -Wno-unused-command-line-argument -std=gnu17 -Os -Wall -Wextra -Werror -Ikit -Ibindings -c "$source" -o "$objects/$(basename "$source").o"
done
# A reactor has no main: the host calls what it exports. No -O here: clang would hand the finished component to a wasm-opt that
# does not know what that is.
compile -mexec-model=reactor -fuse-ld="$COMPONENT_LD" -Wl,--strip-all,--gc-sections "$objects"/*.o -o "${OUT:-.}/$component"
