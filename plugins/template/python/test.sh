#!/bin/sh
# Runs the tests with plain Python: no WebAssembly, no server. The bindings (types, and functions that tests replace) are
# made anew each time.
set -eu
cd "$(dirname "$0")"
if [ -z "${COMPONENTIZE_PY:-}" ]; then
    COMPONENTIZE_PY=.venv/bin/componentize-py
    [ -x "$COMPONENTIZE_PY" ] || { python3 -m venv .venv && .venv/bin/pip install --quiet --requirement requirements.txt; }
fi
bindings=$(mktemp -d)
trap 'rm -rf "$bindings"' EXIT
"$COMPONENTIZE_PY" --wit-path wit --world tool-plugin bindings "$bindings"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="src:kit:$bindings" python3 -m unittest discover --start-directory tests
