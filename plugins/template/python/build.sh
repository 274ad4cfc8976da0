#!/bin/sh
# Builds the component beside plugin.toml, under the name that stands there. The toolchain goes into .venv at the first run,
# unless COMPONENTIZE_PY says where it is.
set -eu
cd "$(dirname "$0")"
if [ -z "${COMPONENTIZE_PY:-}" ]; then
    COMPONENTIZE_PY=.venv/bin/componentize-py
    [ -x "$COMPONENTIZE_PY" ] || { python3 -m venv .venv && .venv/bin/pip install --quiet --requirement requirements.txt; }
fi
component=$(sed -n 's/^component *= *"\(.*\)"/\1/p' plugin.toml)
"$COMPONENTIZE_PY" --wit-path wit --world tool-plugin componentize plugin --python-path src --python-path kit --output "${OUT:-.}/$component"
