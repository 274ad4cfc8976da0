//! An author at work: a checkout of their own with the templates, and a shell in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use nextcloud_mcp_tests::harness::{Peer, data_folder};

use crate::stage::copy_folder;

/// What `just new-plugin` needs of a checkout.
const CHECKOUT: [&str; 4] = ["Cargo.toml", "Justfile", "plugins/template", "wit"];

/// What tells a build where its toolchain is.
const TOOLCHAINS: [(&str, &str); 2] = [
    ("COMPONENTIZE_PY", "componentize-py"),
    ("COMPONENTIZE_JS", "componentize-js"),
];

/// A folder with a copy of what `just new-plugin` needs, gone with the test.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
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
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for part in CHECKOUT {
            let (from, to) = (root.join(part), folder.path().join(part));
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            if from.is_dir() {
                copy_folder(&from, &to);
            } else {
                std::fs::copy(from, to).unwrap();
            }
        }
        Ok(Self { folder, toolchains })
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
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

    fn shell(&self, folder: &str, script: &str) -> Command {
        let mut path = vec![Peer::Server.required().parent().unwrap().to_owned()];
        path.extend(Peer::Node.find().map(|node| node.join("node_modules/.bin")));
        path.extend(search_path());
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", script])
            .current_dir(self.path(folder))
            .env("PATH", std::env::join_paths(path).unwrap());
        command
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
