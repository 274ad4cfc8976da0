#!/bin/sh
# Builds the component beside plugin.toml, under the name that stands there. The toolchain goes into node_modules at the first
# run, unless COMPONENTIZE_JS says where it is.
#
# `http` and `fetch-event` would import wasi:http, which the host refuses at load: a plugin reaches Nextcloud through
# `nextcloud.fetch` only. What an error says on its way out goes to stderr, hence to the operator's log.
set -eu
cd "$(dirname "$0")"
if [ -z "${COMPONENTIZE_JS:-}" ]; then
    COMPONENTIZE_JS=node_modules/.bin/componentize-js
    [ -x "$COMPONENTIZE_JS" ] || npm install --loglevel=error
fi
component=$(sed -n 's/^component *= *"\(.*\)"/\1/p' plugin.toml)
"$COMPONENTIZE_JS" src/plugin.js --wit wit --world-name tool-plugin --disable http --disable fetch-event --out "${OUT:-.}/$component"
