//! What `host/build.rs` says when the bundled plugins cannot be put into the program. It is built and run here by itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use nextcloud_mcp_tests::harness::Peer;

/// The build script, and a folder for what it writes.
struct Script {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Script {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("build");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/build.rs");
        let built = Command::new("rustc")
            .args(["--edition", "2024", "-o"])
            .args([&program, &source])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{told}");
        Self { folder, program }
    }

    /// Runs it as cargo does; whether it succeeded, and what it said.
    fn run(&self, profile: &str, bundle: &str, compiler: &Path) -> (bool, String) {
        let ran = Command::new(&self.program)
            .env_clear()
            .env("OUT_DIR", self.folder.path())
            .env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"))
            .env("CARGO", "cargo")
            .env("RUSTC", compiler)
            .env("PROFILE", profile)
            .env("NEXTCLOUD_MCP_BUNDLE", bundle)
            .output()
            .unwrap();
        let told = String::from_utf8(ran.stdout).unwrap();
        (ran.status.success(), told)
    }

    /// How many plugins it bundled.
    fn bundled(&self) -> usize {
        let list = std::fs::read_to_string(self.folder.path().join("bundled.rs")).unwrap();
        list.matches("include_bytes!").count()
    }
}

#[test]
fn a_debug_build_bundles_what_it_is_given_and_nothing_else() {
    let script = Script::build();
    let plugins = Peer::Plugins.required();
    assert!(script.run("debug", "", Path::new("rustc")).0);
    assert_eq!(script.bundled(), 0);
    let (succeeded, told) = script.run("debug", plugins.to_str().unwrap(), Path::new("rustc"));
    assert!(succeeded, "{told}");
    assert_eq!(script.bundled(), 3);
}

#[test]
fn what_cannot_be_bundled_is_one_sentence_that_says_what_to_do() {
    let script = Script::build();
    // Asked where the target's libraries are, it names no folder: like a compiler whose target was not installed.
    let compiler = Path::new("echo");
    let empty = script.folder.path().to_str().unwrap();
    for (bundle, said) in [
        (
            "",
            "run `rustup target add wasm32-wasip2`, or set NEXTCLOUD_MCP_BUNDLE",
        ),
        (
            "plugins",
            "NEXTCLOUD_MCP_BUNDLE is plugins; it must be an absolute path",
        ),
        (
            empty,
            "is missing; NEXTCLOUD_MCP_BUNDLE names a folder as `just build-plugins` makes it",
        ),
    ] {
        let (succeeded, told) = script.run("release", bundle, compiler);
        let errors: Vec<_> = told
            .lines()
            .filter(|line| line.starts_with("cargo::error="))
            .collect();
        assert!(
            !succeeded && errors.len() == 1 && errors[0].contains(said),
            "{told}"
        );
    }
}
