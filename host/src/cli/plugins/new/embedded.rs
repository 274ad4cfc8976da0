//! What `plugins new` writes, in this binary. A test holds these lists against the folders, so that a new file is not forgotten.

/// A file of the repository.
pub(super) struct File {
    /// Within its folder.
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

macro_rules! files {
    [$folder:literal: $($path:literal,)*] => {
        &[$(File {
            path: $path,
            text: include_str!(concat!("../../../../../", $folder, "/", $path)),
        }),*]
    };
}

/// The contract.
pub(super) const WIT: &[File] = files!["wit":
    "host.wit",
    "plugin.wit",
    "types.wit",
];

/// A plugin in Rust, as a member of this workspace.
pub(super) const RUST: &[File] = files!["plugins/template/rust":
    "Cargo.toml",
    "README.md",
    "plugin.toml",
    "src/lib.rs",
];

/// A plugin in Python.
pub(super) const PYTHON: &[File] = files!["plugins/template/python":
    ".gitignore",
    "README.md",
    "build.sh",
    "kit/nextcloud.py",
    "plugin.toml",
    "requirements.txt",
    "src/plugin.py",
    "test.sh",
    "tests/test_plugin.py",
];

/// A plugin in JavaScript.
pub(super) const JS: &[File] = files!["plugins/template/js":
    ".gitignore",
    ".npmrc",
    "README.md",
    "build.sh",
    "kit/nextcloud.js",
    "package.json",
    "plugin.toml",
    "src/plugin.js",
    "test.sh",
    "tests/host.mjs",
    "tests/plugin.test.mjs",
];

/// A plugin in C.
pub(super) const C: &[File] = files!["plugins/template/c":
    ".gitignore",
    "README.md",
    "bindings/tool_plugin.c",
    "bindings/tool_plugin.h",
    "bindings/tool_plugin_component_type.s",
    "build.sh",
    "kit/json.c",
    "kit/json.h",
    "kit/nextcloud.c",
    "kit/nextcloud.h",
    "plugin.toml",
    "src/plugin.c",
    "test.sh",
    "tests/host.c",
    "tests/host.h",
    "tests/test.c",
];

/// The Rust SDK.
pub(super) const SDK: &[File] = files!["plugins/sdk":
    "Cargo.toml",
    "src/ask.rs",
    "src/bindings.rs",
    "src/completion.rs",
    "src/dav.rs",
    "src/failure.rs",
    "src/fold.rs",
    "src/host.rs",
    "src/lib.rs",
    "src/log.rs",
    "src/nextcloud/explain.rs",
    "src/nextcloud/mod.rs",
    "src/nextcloud/path.rs",
    "src/nextcloud/request.rs",
    "src/nextcloud/response.rs",
    "src/progress.rs",
    "src/prompt.rs",
    "src/reply.rs",
    "src/resource.rs",
    "src/schema.rs",
    "src/settings.rs",
    "src/testing.rs",
    "src/testing/calling.rs",
    "src/testing/problem.rs",
    "src/testing/recording.rs",
    "src/testing/stage.rs",
    "src/tool.rs",
    "src/uri_template.rs",
    "src/words.rs",
];

/// What a workspace says for its members.
pub(super) const WORKSPACE: &str = include_str!("../../../../../Cargo.toml");

/// The versions that all of this was built and tested with.
pub(super) const LOCK: &str = include_str!("../../../../../Cargo.lock");

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// What builds leave in a folder.
    const MADE: [&str; 4] = ["target", "node_modules", "__pycache__", ".venv"];

    fn add(folder: &Path, below: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            if path.is_dir() && !MADE.contains(&name.as_str()) {
                add(&path, below, found);
            } else if path.is_file() && path.extension().is_none_or(|kind| kind != "wasm") {
                let path = path.strip_prefix(below).unwrap();
                found.insert(path.to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn no_file_is_forgotten() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (folder, list) in [
            ("wit", WIT),
            ("plugins/template/rust", RUST),
            ("plugins/template/python", PYTHON),
            ("plugins/template/js", JS),
            ("plugins/template/c", C),
            ("plugins/sdk", SDK),
        ] {
            let mut there = BTreeSet::new();
            add(&root.join(folder), &root.join(folder), &mut there);
            // Only the SDK's own tests need what is not embedded.
            there.retain(|path| folder != "plugins/sdk" || !path.starts_with("tests/"));
            let listed: BTreeSet<_> = list.iter().map(|file| file.path.to_owned()).collect();
            assert_eq!(there, listed, "{folder}");
        }
    }
}
