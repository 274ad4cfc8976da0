//! Somebody who types what a page shows: in a checkout, in a shell that knows nothing of this machine's environment, with the
//! built server in its search path. Addresses, ports and the machine's own folders are replaced and nothing else; every command
//! has to succeed. Nothing is installed and nobody is asked for more rights.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Peer, data_folder};

use super::page::root;

/// Addresses that pages use for the server and for Nextcloud.
const SERVERS: &[&str] = &[
    "http://localhost:8000",
    "http://127.0.0.1:8000",
    "https://mcp.example.com",
];
const NEXTCLOUD: &str = "https://cloud.example.com";

/// Folders of the machine that pages write to; here they are below one of the reader's.
const MACHINE: &[&str] = &["/usr/local/", "/etc/"];
/// What a fresh system has in them.
const FRESH: &[&str] = &["usr/local/bin", "usr/local/share/man", "etc/systemd/system"];
/// A port in settings of pages; it is the reader's server's.
const PORT: &str = "NEXTCLOUD_MCP_PORT=9000";
/// Where pages lay secrets; here they stay in the folder where the page makes them.
const SECRETS: &str = "/run/secrets";

/// What a reader has of the checkout.
const CHECKOUT: &[&str] = &["env.sample", "deploy"];
/// Where the pages' builds put the program, from the checkout.
const BUILT: &str = "target/installed/bin";

/// `just run` starts the built server, as the recipe does after it has built it. `just` is there already.
const JUST: &str = "[ \"$1\" = run ] && shift && exec nextcloud-mcp-server \"$@\"";
const CARGO: &str = "[ \"$*\" = 'install --locked just' ]";

/// Longest that one block may take.
const BLOCK: Duration = Duration::from_mins(1);

/// See the module's documentation.
pub(crate) struct Reader {
    folder: tempfile::TempDir,
    replaced: Vec<(&'static str, String)>,
    environment: Vec<(String, String)>,
}

impl Reader {
    /// Somebody with this Nextcloud and this address of their server.
    pub(crate) fn at(nextcloud: &str, server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |below: &str| folder.path().join(below);
        for part in FRESH {
            fs::create_dir_all(at("machine").join(part)).expect("a folder");
        }
        let built = at("checkout").join(BUILT);
        fs::create_dir_all(&built).expect("a folder");
        for part in CHECKOUT {
            copy(&root().join(part), &at("checkout"));
        }
        let program = Peer::Installed
            .find()
            .unwrap_or_else(|_| Peer::Server.required());
        symlink(program, built.join("nextcloud-mcp-server")).expect("a link");
        fs::create_dir(at("bin")).expect("a folder");

        let mut replaced = vec![(NEXTCLOUD, nextcloud.to_owned())];
        replaced.extend(SERVERS.iter().map(|&place| (place, server.to_owned())));
        replaced.extend(MACHINE.iter().map(|&place| {
            let here = folder.path().join("machine").display().to_string();
            (place, here + place)
        }));
        let port = server.rsplit(':').next().unwrap_or_default();
        replaced.push((PORT, format!("NEXTCLOUD_MCP_PORT={port}")));
        replaced.push((SECRETS, at("checkout").display().to_string()));

        let server = Peer::Server.required();
        let path =
            [&at("bin"), server.parent().expect("a folder")].map(|one| one.display().to_string());
        let system = std::env::var("PATH").expect("a search path");
        let reader = Self {
            replaced,
            environment: Vec::new(),
            folder,
        };
        reader.program("just", JUST);
        reader.program("cargo", CARGO);
        let home = reader.home().display().to_string();
        reader
            .with("PATH", &format!("{}:{system}", path.join(":")))
            .with("HOME", &home)
            .with("NEXTCLOUD_MCP_PLUGIN_DIR", &text(&Peer::Plugins.required()))
            .with("NEXTCLOUD_MCP_DATA_DIR", &text(&data_folder()))
    }

    /// Sets a variable, over an earlier value.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut set = self.without(name);
        set.environment.push((name.to_owned(), value.to_owned()));
        set
    }

    /// Takes a variable out.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(one, _)| one != name);
        self
    }

    /// Puts a program of the test's in front of the machine's; `script` is of `sh`.
    pub(crate) fn program(&self, name: &str, script: &str) {
        let place = self.home().join("bin").join(name);
        fs::write(&place, format!("#!/bin/sh\n{script}\n")).expect("a file");
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).expect("a file of our own");
    }

    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Where they work.
    pub(crate) fn checkout(&self) -> PathBuf {
        self.home().join("checkout")
    }

    /// What a page says, for this reader.
    pub(crate) fn reads(&self, text: &str) -> String {
        let replace = |text: String, (here, there): &(&str, String)| text.replace(here, there);
        self.replaced.iter().fold(text.to_owned(), replace)
    }

    /// A shell that does what a block says and stops at the first command that fails.
    pub(crate) fn shell(&self, block: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", &self.reads(block)])
            .current_dir(self.checkout())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Does what a block says; what it wrote to standard output.
    pub(crate) async fn run(&self, block: &str) -> Result<String, String> {
        finished(self.shell(block)).await
    }
}

/// What a command wrote to standard output, if it ended well and in time.
pub(crate) async fn finished(command: Command) -> Result<String, String> {
    let mut command = tokio::process::Command::from(command);
    let output = tokio::time::timeout(BLOCK, command.kill_on_drop(true).output()).await;
    let output = output.map_err(|_| "it does not end".to_owned())?;
    let output = output.map_err(|error| error.to_string())?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (said(&output.stdout), said(&output.stderr));
    if output.status.success() {
        return Ok(out);
    }
    Err(format!("{}\n{out}{error}", output.status))
}

/// Whether the machine has a program that a block calls besides this server, bash and its company; or what to say of it.
pub(crate) fn has(program: &str) -> Result<(), String> {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    found
        .map(drop)
        .map_err(|_| format!("{program} is missing; install it"))
}

/// A copy of a file or folder within another one.
pub(crate) fn copy(from: &Path, into: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, into]).status();
    assert!(
        copied.is_ok_and(|status| status.success()),
        "{} is copied",
        from.display()
    );
}

pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}
