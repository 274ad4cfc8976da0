#!/bin/sh
# Runs the tests with plain Node (22.15 or later): no WebAssembly, no server.
set -eu
cd "$(dirname "$0")"
node --test --import ./tests/host.mjs tests/*.test.mjs
