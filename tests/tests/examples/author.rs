//! An author at work: a checkout of their own with the templates, and a shell in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use nextcloud_mcp_tests::harness::{Peer, data_folder};
use nextcloud_mcp_tests::nextcloud::StandIn;

use crate::stage::copy_folder;

/// What `just new-plugin` needs of a checkout.
const CHECKOUT: [&str; 4] = ["Cargo.toml", "Justfile", "plugins/template", "wit"];

/// What a build in Rust needs besides: all members of the workspace but the plugins in `plugins/`, which come in by being there.
const WORKSPACE: [&str; 5] = [
    "Cargo.lock",
    "host",
    "tests",
    "plugins/sdk",
    "plugins/examples/status",
];

/// Cargo knows a package by its path, and builds one at another path anew: the workspace is always in this folder, and what
/// comes of it where `plugins new` in Rust is tested, too.
const KEPT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/workspace");
const BUILT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/new-plugin");

/// What tells a build where its toolchain is.
const TOOLCHAINS: [(&str, &str); 2] = [
    ("COMPONENTIZE_PY", "componentize-py"),
    ("COMPONENTIZE_JS", "componentize-js"),
];

/// A folder with a copy of what `just new-plugin` needs.
pub(crate) struct Desk {
    folder: PathBuf,
    /// Gone with the test, unless it is kept.
    _temporary: Option<tempfile::TempDir>,
    toolchains: PathBuf,
}

impl Desk {
    /// Sits down; or says what is missing, for the named toolchains.
    pub(crate) fn with(tools: &[&str]) -> Result<Self, String> {
        let toolchains = Peer::Toolchains.find()?;
        let search = search_path();
        for tool in tools {
            let own = [tool_at(&toolchains, tool)];
            let path = search.iter().map(|folder| folder.join(tool));
            if !own.into_iter().chain(path).any(|place| place.is_file()) {
                return Err(format!("{tool} is missing: run `just build-examples`"));
            }
        }
        let temporary = tempfile::tempdir().unwrap();
        copy(&CHECKOUT, temporary.path());
        Ok(Self {
            folder: temporary.path().to_owned(),
            _temporary: Some(temporary),
            toolchains,
        })
    }

    /// The same with the whole workspace, for a plugin in Rust. Its folder is kept, so one test at a time.
    pub(crate) fn with_workspace(tools: &[&str]) -> Result<Self, String> {
        let Self { toolchains, .. } = Self::with(tools)?;
        let folder = PathBuf::from(KEPT);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        copy(&CHECKOUT, &folder);
        copy(&WORKSPACE, &folder);
        Ok(Self {
            folder,
            _temporary: None,
            toolchains,
        })
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.join(below)
    }

    /// Runs a script in a folder of the checkout; what it wrote. Each line must succeed.
    pub(crate) fn run(&self, folder: &str, script: &str) -> String {
        finish(self.command(folder, script), script)
    }

    /// What runs a script in a folder of the checkout.
    pub(crate) fn command(&self, folder: &str, script: &str) -> Command {
        let mut command = self.shell(folder, script);
        for (name, tool) in TOOLCHAINS {
            command.env(name, tool_at(&self.toolchains, tool));
        }
        command.env("NEXTCLOUD_MCP_DATA_DIR", data_folder());
        command
    }

    /// The same as an author whom nothing tells where a toolchain is, in a folder beside everything.
    pub(crate) fn run_alone(&self, script: &str) -> String {
        let mut command = self.shell(".", script);
        for (name, _) in TOOLCHAINS {
            command.env_remove(name);
        }
        command.env("NEXTCLOUD_MCP_DATA_DIR", data_folder());
        finish(command, script)
    }

    /// Calls the new plugin's tool as alice, and once more without a Nextcloud.
    pub(crate) fn call(&self, folder: &str, nextcloud: &StandIn) {
        let password = nextcloud.state().user("alice").password.clone();
        let called = self.run_alone(&format!(
            "cd '{folder}'; export NEXTCLOUD_HOST='{}' NEXTCLOUD_USERNAME=alice NEXTCLOUD_PASSWORD='{password}'
            nextcloud-mcp-server plugins call . list_apps '{{\"name\": \"FILES\"}}' --record tape",
            nextcloud.url(),
        ));
        let address = format!("{}/apps/files/", nextcloud.url());
        assert!(called.contains(&address), "{called}");
        let replay = format!("cd '{folder}'; nextcloud-mcp-server plugins call . --replay tape");
        let replayed = self.run_alone(&replay);
        assert!(replayed.contains("is the one recorded"), "{replayed}");
    }

    fn shell(&self, folder: &str, script: &str) -> Command {
        let mut path = vec![Peer::Server.required().parent().unwrap().to_owned()];
        path.extend(Peer::Node.find().map(|node| node.join("node_modules/.bin")));
        path.extend(search_path());
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.path(folder))
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("CARGO_TARGET_DIR", BUILT);
        command
    }
}

fn copy(parts: &[&str], into: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for part in parts {
        let (from, to) = (root.join(part), into.join(part));
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

fn finish(mut command: Command, script: &str) -> String {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{script}\n{text}");
    text
}

/// Where `just build-examples` puts a toolchain's program.
fn tool_at(toolchains: &Path, tool: &str) -> PathBuf {
    let folder = if tool == "componentize-py" {
        "python/bin"
    } else {
        "js/node_modules/.bin"
    };
    toolchains.join(folder).join(tool)
}

fn search_path() -> Vec<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect()
}
