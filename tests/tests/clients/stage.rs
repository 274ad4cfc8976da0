//! A Nextcloud, a server before it, and a folder in which a client's program runs.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Peer, Server, Start};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use tokio::process::Command;

use crate::page;

/// Longer than any limit: whoever waits for this has not given up.
const NEVER: Duration = Duration::from_mins(2);

/// A program that listens for changes puts a file of this name into its folder.
const LISTENING: &str = "listening";

/// Between two looks whether it is there.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What the page says for what everybody has another of.
const PAGES_ADDRESS: &str = "localhost:8000";
const PAGES_NEXTCLOUD: &str = "https://cloud.example.com";
const PAGES_PASSWORD: &str = "app-password";

/// `npx` finds what is installed already, and fetches nothing.
const NPX: &str = "#!/bin/sh\n[ \"$1\" = -y ] && shift\nname=${1##*/}\nshift\n";

/// See the module's documentation.
pub(crate) struct Stage {
    server: Option<Server>,
    pub(crate) folder: tempfile::TempDir,
    nextcloud: StandIn,
}

impl Stage {
    /// With a server that listens, if `listens`; else a client starts its own.
    pub(crate) async fn begin(listens: bool) -> Self {
        let nextcloud = StandIn::with_two_users().await;
        nextcloud.inject(Fault::at(
            "/apps/notes/api/v1/notes/7",
            Trouble::Slow(NEVER),
        ));
        let folder = tempfile::tempdir().unwrap();
        let start = with_plugins(Server::basic(&nextcloud, "alice"), folder.path());
        let start = settings_of(start, &nextcloud, folder.path());
        let server = if listens {
            Some(start.start().await)
        } else {
            None
        };
        Self {
            server,
            folder,
            nextcloud,
        }
    }

    /// Where the server listens: `http://127.0.0.1:PORT/mcp`.
    pub(crate) fn endpoint(&self) -> String {
        self.server.as_ref().unwrap().endpoint()
    }

    /// Nextcloud's address, alice and her password, which a client that starts the server hands over.
    pub(crate) fn account(&self) -> [String; 3] {
        let password = self.nextcloud.state().user("alice").password.clone();
        [self.nextcloud.url(), "alice".to_owned(), password]
    }

    /// Puts a client's server into the folder, without its log.
    pub(crate) fn settle(&self, server: &mut Command) {
        settle(server, self.folder.path());
        server.env("NEXTCLOUD_MCP_LOG_LEVEL", "error");
    }

    /// A block of the page, for this server and this Nextcloud.
    pub(crate) fn block(&self, name: &str) -> String {
        let block = page::block(name);
        let block = match &self.server {
            Some(server) => {
                block.replace(PAGES_ADDRESS, server.url().trim_start_matches("http://"))
            }
            None => block.to_owned(),
        };
        let [host, _, password] = self.account();
        block
            .replace(PAGES_NEXTCLOUD, &host)
            .replace(PAGES_PASSWORD, &password)
    }

    /// Lays another plugin into the server's folder, as its operator would.
    pub(crate) fn lay_another(&self) {
        lay(Peer::Guests, "talker", &plugins(self.folder.path()));
    }

    /// Does so as soon as the program in the folder listens.
    async fn lay_another_in_time(&self) -> Infallible {
        let listening = self.folder.path().join(LISTENING);
        while !listening.exists() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.lay_another();
        std::future::pending().await
    }

    /// Runs `program` to its end; what it wrote, if it ended well.
    pub(crate) async fn run(&self, program: Command) -> String {
        let output = self.output(program).await;
        let (said, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(output.status.success(), "{said}\n{errors}");
        said.into_owned()
    }

    /// Runs `program` to its end in the folder.
    pub(crate) async fn output(&self, mut program: Command) -> Output {
        settle(&mut program, self.folder.path());
        let output = async {
            tokio::select! {
                output = program.output() => output,
                never = self.lay_another_in_time() => match never {},
            }
        };
        let output = tokio::time::timeout(NEVER, output).await;
        output.expect("it ends").expect("it runs")
    }
}

/// Puts a program into a folder of the test, with nothing of the environment but a search path in which the server and what
/// is installed are.
pub(crate) fn settle(program: &mut Command, folder: &Path) {
    let system = std::env::var_os("PATH").unwrap_or_default();
    let mut places = vec![folder.join("bin")];
    places.extend(std::env::split_paths(&system));
    program
        .env_clear()
        .env("PATH", std::env::join_paths(places).unwrap())
        .envs(["HOME", "MCP_STORAGE_DIR", "MCP_REMOTE_CONFIG_DIR"].map(|name| (name, folder)))
        .current_dir(folder)
        .kill_on_drop(true);
}

/// Notes, and two guests that have what notes has not. One call at a time, so that one that does not end is noticed.
fn with_plugins(start: Start, folder: &Path) -> Start {
    let plugins = plugins(folder);
    std::fs::create_dir(&plugins).unwrap();
    for (from, name) in [
        (Peer::Plugins, "notes"),
        (Peer::Guests, "library"),
        (Peer::Guests, "conformance"),
    ] {
        lay(from, name, &plugins);
    }
    start
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", plugins.display().to_string())
        .with("NEXTCLOUD_MCP_CALLS_PER_USER", "1")
}

fn plugins(folder: &Path) -> PathBuf {
    folder.join("plugins")
}

fn lay(from: Peer, name: &str, plugins: &Path) {
    symlink(from.required().join(name), plugins.join(name)).unwrap();
}

/// A client that starts the server hands over what stands on the page; the rest, of this test alone, is in `.env`.
fn settings_of(start: Start, nextcloud: &StandIn, folder: &Path) -> Start {
    let (settings, _) = start.into_parts();
    let mut dotenv = String::new();
    let mut again = Server::basic(nextcloud, "alice");
    for (name, value) in &settings {
        again = again.with(name, value);
        if name.starts_with("NEXTCLOUD_MCP_") {
            writeln!(dotenv, "{name}={value}").unwrap();
        }
    }
    let file = folder.join(".env");
    std::fs::write(&file, dotenv).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    programs(&folder.join("bin"));
    again
}

/// The server and, where it is there, Node with what came from npm.
pub(crate) fn programs(bin: &Path) {
    std::fs::create_dir(bin).unwrap();
    symlink(Peer::Server.required(), bin.join("nextcloud-mcp-server")).unwrap();
    let Ok(node) = Peer::Node.find() else { return };
    let modules = node.join("node_modules");
    symlink(modules.join(".bin/node"), bin.join("node")).unwrap();
    let npx = bin.join("npx");
    let run = format!(
        "{NPX}exec node '{}'/.bin/\"$name\" \"$@\"\n",
        modules.display()
    );
    std::fs::write(&npx, run).unwrap();
    std::fs::set_permissions(&npx, PermissionsExt::from_mode(0o700)).unwrap();
}
