//! Puts the bundled plugins into the program: writes `bundled.rs`, which `plugin/source.rs` includes.
//!
//! Where they come from: the folder that `NEXTCLOUD_MCP_BUNDLE` names, laid out as `just build-plugins` does; else, in a
//! release build, from their sources beside this crate, so that `cargo install --path host` is a complete installation;
//! else (a debug build) from nowhere, because tests and developers name a folder.
#![allow(
    clippy::print_stdout,
    reason = "it is how a build script speaks to cargo"
)]

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The plugins that come with the server, ordered by name.
const BUNDLED: [&str; 3] = ["calendar", "capabilities", "notes"];

/// Names a folder of built plugins to bundle.
const BUNDLE: &str = "NEXTCLOUD_MCP_BUNDLE";

/// What plugins are built for, and the profile of the workspace that they are built with.
const WASM: &str = "wasm32-wasip2";
const PROFILE: &str = "plugin";

fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed={BUNDLE}");
    pack_relocations();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("cargo::error={message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let plugins = match env::var_os(BUNDLE).filter(|folder| !folder.is_empty()) {
        Some(folder) => given(Path::new(&folder))?,
        None if variable("PROFILE")? == "release" => built(&out)?,
        None => Vec::new(),
    };
    let mut list = "static BUNDLED: &[Bundled] = &[\n".to_owned();
    for plugin in plugins {
        let (manifest, component) = (text(&plugin.manifest)?, text(&plugin.component)?);
        // Formatting into memory cannot fail.
        let _ = writeln!(
            list,
            "    Bundled {{ name: {:?}, manifest: include_str!({manifest:?}), component: include_bytes!({component:?}) }},",
            plugin.name
        );
    }
    list.push_str("];\n");
    let file = out.join("bundled.rs");
    fs::write(&file, list).map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

/// A static program carries a megabyte and a half of addresses to adjust at its start; packed, they are some kilobytes. Only
/// where the C library is inside the program: others may be too old to unpack them.
fn pack_relocations() {
    if env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("musl") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The two files of a plugin.
struct Plugin {
    name: &'static str,
    manifest: PathBuf,
    component: PathBuf,
}

/// The plugins in a folder that somebody built.
fn given(folder: &Path) -> Result<Vec<Plugin>, String> {
    // Relative to where cargo was called, which no build script knows; so it must not be.
    if folder.is_relative() {
        return Err(format!(
            "{BUNDLE} is {}; it must be an absolute path",
            folder.display()
        ));
    }
    let plugin = |name| {
        let plugin = Plugin {
            name,
            manifest: folder.join(name).join("plugin.toml"),
            component: folder.join(name).join(format!("{name}.wasm")),
        };
        for file in [&plugin.manifest, &plugin.component] {
            println!("cargo::rerun-if-changed={}", file.display());
            if !file.is_file() {
                return Err(format!(
                    "{} is missing; {BUNDLE} names a folder as `just build-plugins` makes it",
                    file.display()
                ));
            }
        }
        Ok(plugin)
    };
    BUNDLED.into_iter().map(plugin).collect()
}

/// The plugins, built from their sources by a cargo of our own below `out`: the one that runs us holds its folders.
fn built(out: &Path) -> Result<Vec<Plugin>, String> {
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("..");
    for input in ["Cargo.toml", "Cargo.lock", "wit", "plugins/sdk"] {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join(input).display()
        );
    }
    for name in BUNDLED {
        println!(
            "cargo::rerun-if-changed={}",
            workspace.join("plugins").join(name).display()
        );
    }
    target_is_installed()?;
    let target = out.join("plugins");
    let mut cargo = Command::new(variable("CARGO")?);
    cargo
        .args(["build", "--locked", "--target", WASM, "--profile", PROFILE])
        .arg("--manifest-path")
        .arg(workspace.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    for name in BUNDLED {
        cargo
            .arg("--package")
            .arg(format!("nextcloud-mcp-plugin-{name}"));
    }
    // What was meant for the host alone: its flags, its target, and clippy in place of the compiler.
    for name in [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "RUSTC_WORKSPACE_WRAPPER",
    ] {
        cargo.env_remove(name);
    }
    succeed(&mut cargo)?;
    let components = target.join(WASM).join(PROFILE);
    let plugin = |name: &'static str| Plugin {
        name,
        manifest: workspace.join("plugins").join(name).join("plugin.toml"),
        component: components.join(format!("nextcloud_mcp_plugin_{name}.wasm")),
    };
    Ok(BUNDLED.into_iter().map(plugin).collect())
}

/// Says so in one sentence, before a compiler says in a hundred that it has no `core`.
fn target_is_installed() -> Result<(), String> {
    let output = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", WASM])
        .output();
    let folder = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if folder.is_ok_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    Err(format!(
        "the bundled plugins are WebAssembly, and this Rust cannot build it yet: run `rustup target add {WASM}`, or set {BUNDLE} to a folder \
         of built plugins"
    ))
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let failed = |why: String| format!("the bundled plugins were not built: {why}");
    let status = command
        .status()
        .map_err(|error: io::Error| failed(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(format!("cargo ended with {status}")))
    }
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{} cannot be written in Rust", path.display()))
}

fn variable(name: &str) -> Result<String, String> {
    let value = env::var_os(name).map(OsString::into_string);
    match value {
        Some(Ok(value)) => Ok(value),
        _ => Err(format!("{name} is not set as cargo sets it")),
    }
}
