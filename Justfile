# The project's commands. `just` lists them.
#
# Each recipe brings what it needs (the wasm target, plugins, test clients), so that any of them is the first command a
# newcomer can run. Tests, the demo and `run` share the dev profile, in which dependencies are optimised; `build` makes the
# binary to deploy.

set shell := ["bash", "-euo", "pipefail", "-c"]

target := env("CARGO_TARGET_DIR", justfile_directory() / "target")

# What the host loads unless told otherwise: one folder a plugin, with its manifest and component.
plugins := target / "plugins"

# Guests that only tests load.
guests := target / "guests"

# Where `just test` keeps the Python client and Radicale, a CalDAV server.
python := target / "test-venv"
mcp_sdk := "2.3.0"
radicale := "3.9.0"

# And the Node clients with the Node that they need (tests/peers/package.json says which).
node := target / "test-node"

# The Python server that `just bench` measures, if `just bench-peer` installed it.
bench_peer := target / "bench-peer"
peer_server := "0.202.1"

[private]
default:
    @just --list --unsorted

# Build all plugins under plugins/ into target/plugins
build-plugins: wasm-target
    @{{ just_executable() }} _components plugins "{{ plugins }}" nextcloud-mcp-plugin-

# Build the server to deploy (target/release) and the plugins (target/plugins)
build: build-plugins
    cargo build --release --package nextcloud-mcp-server

# Run the server from this checkout; settings come from the environment or .env (see env.sample)
run *ARGS: build-plugins build-dev
    NEXTCLOUD_MCP_PLUGIN_DIR="${NEXTCLOUD_MCP_PLUGIN_DIR:-{{ plugins }}}" NEXTCLOUD_MCP_DATA_DIR="${NEXTCLOUD_MCP_DATA_DIR:-{{ target }}/data}" \
        "{{ target }}/debug/nextcloud-mcp-server" {{ ARGS }}

# See it work without a Nextcloud: a stand-in, the server, sign-ins, a tour (`--once` ends after it, `--basic` signs nobody in)
demo *ARGS: build-plugins build-guests build-dev
    NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" NEXTCLOUD_MCP_TEST_GUESTS="{{ guests }}" "{{ target }}/debug/nextcloud-mcp-demo" {{ ARGS }}

# Run every test (REQUIRE_ALL=1: a test whose peer is missing fails instead of being skipped)
test *ARGS: build-plugins build-guests build-dev python-peers node-peers
    NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" NEXTCLOUD_MCP_TEST_GUESTS="{{ guests }}" NEXTCLOUD_MCP_TEST_PYTHON="{{ python }}/bin/python" \
    NEXTCLOUD_MCP_TEST_NODE="{{ node }}" \
        cargo test --workspace {{ ARGS }}

# Take the pictures of our pages that the documentation shows (docs/images)
screenshots: build-plugins build-guests build-dev node-peers
    mkdir -p docs/images
    REQUIRE_ALL=1 NEXTCLOUD_MCP_TEST_PICTURES="{{ justfile_directory() }}/docs/images" NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" \
    NEXTCLOUD_MCP_TEST_NODE="{{ node }}" cargo test --workspace --test peers pages

# Check format, lints and documentation
lint: wasm-target
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- --deny warnings
    cargo clippy --package nextcloud-mcp-guest-hostile --package nextcloud-mcp-guest-library --target wasm32-wasip2 --profile plugin -- --deny warnings
    RUSTDOCFLAGS="--deny warnings --allow rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items

# Measure start-up, memory, calls, sandbox and requests, beside the Python server where it is installed (`just bench-peer`)
bench *ARGS: build-plugins build-guests
    cargo build --release --package nextcloud-mcp-server --package nextcloud-mcp-tests --bin nextcloud-mcp-server --bin nextcloud-mcp-bench
    NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" NEXTCLOUD_MCP_TEST_GUESTS="{{ guests }}" \
    NEXTCLOUD_MCP_BENCH_PEER="${NEXTCLOUD_MCP_BENCH_PEER:-{{ bench_peer }}/bin/nextcloud-mcp-server}" \
        "{{ target }}/release/nextcloud-mcp-bench" --json "{{ target }}/bench.json" {{ ARGS }}

# Install the Python server that `just bench` measures beside this one (Python 3.11 or later, 270 MB)
bench-peer:
    python3 -m venv "{{ bench_peer }}"
    "{{ bench_peer }}/bin/pip" install --quiet --disable-pip-version-check "nextcloud-mcp-server=={{ peer_server }}"

# Put what `just bench` measured last into docs/performance.md, its figures and its plots
bench-publish:
    "{{ target }}/release/nextcloud-mcp-bench" --from "{{ target }}/bench.json" --publish docs

# Make a plugin of your own under plugins/NAME from the template
new-plugin NAME:
    @[[ "{{ NAME }}" =~ ^[a-z][a-z0-9]{1,15}$ ]] || { echo "A plugin's name is 2 to 16 of a-z and 0-9 and begins with a letter." >&2; exit 1; }
    @[[ ! -e "plugins/{{ NAME }}" ]] || { echo "plugins/{{ NAME }} is there already." >&2; exit 1; }
    @cp -r plugins/template "plugins/{{ NAME }}"
    @find "plugins/{{ NAME }}" -type f -exec sed -i 's/PLUGIN_NAME/{{ NAME }}/g' {} +
    @echo "plugins/{{ NAME }} is made. Build it with: just build-plugins; see it with: just run plugins inspect {{ NAME }}"

[private]
build-guests: wasm-target
    @{{ just_executable() }} _components tests/guests "{{ guests }}" nextcloud-mcp-guest-

[private]
build-dev:
    cargo build --workspace --bins

[private]
wasm-target:
    @rustup target list --installed | grep -qx wasm32-wasip2 || rustup target add wasm32-wasip2

# Builds each folder below FROM that has a plugin.toml and lays manifest and component out in INTO, where the host reads them.
[private]
_components FROM INTO PREFIX:
    #!/usr/bin/env bash
    set -euo pipefail
    packages=()
    names=()
    for manifest in {{ FROM }}/*/plugin.toml; do
        name=$(basename "$(dirname "$manifest")")
        [[ "$name" == template ]] && continue
        names+=("$name")
        packages+=(--package "{{ PREFIX }}$name")
    done
    cargo build --target wasm32-wasip2 --profile plugin "${packages[@]}"
    for name in "${names[@]}"; do
        component="{{ target }}/wasm32-wasip2/plugin/$(tr - _ <<<"{{ PREFIX }}$name").wasm"
        mkdir -p "{{ INTO }}/$name"
        cp "{{ FROM }}/$name/plugin.toml" "{{ INTO }}/$name/plugin.toml"
        cp "$component" "{{ INTO }}/$name/$name.wasm"
    done

# The Python SDK's client and Radicale, for the tests that use them. A machine without Python or a registry goes on without:
# those tests say so.
[private]
python-peers:
    @"{{ python }}/bin/python" -c 'import importlib.metadata as m; assert (m.version("mcp"), m.version("radicale")) == ("{{ mcp_sdk }}", "{{ radicale }}")' 2>/dev/null \
        || { python3 -m venv "{{ python }}" && "{{ python }}/bin/pip" install --quiet --disable-pip-version-check "mcp=={{ mcp_sdk }}" "radicale=={{ radicale }}"; } \
        || echo "The Python MCP SDK and Radicale could not be installed; their tests will be skipped by name." >&2

# The clients, the authorization server and the browser's driver that come from npm, and beside them what drives them. A machine
# without npm goes on without, as above.
[private]
node-peers:
    @mkdir -p "{{ node }}" && cp tests/peers/* tests/peers/.npmrc "{{ node }}/"
    @cmp -s "{{ node }}/package-lock.json" "{{ node }}/node_modules/installed.json" \
        || { npm ci --prefix "{{ node }}" --loglevel=error && cp "{{ node }}/package-lock.json" "{{ node }}/node_modules/installed.json"; } \
        || echo "The clients from npm could not be installed; their tests will be skipped by name." >&2
