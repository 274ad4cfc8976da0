//! A server with the named examples, and nothing else, as alice.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use nextcloud_mcp_tests::harness::{Client, Peer, Server, Start, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;

pub(crate) struct Stage {
    pub(crate) nextcloud: StandIn,
    pub(crate) server: Server,
    pub(crate) client: Client,
    _plugins: tempfile::TempDir,
}

/// Starts a server with these plugins; says that the test is skipped, and why, where one could not be built here.
pub(crate) async fn begin(test: &str, names: &[&str]) -> Option<Stage> {
    begin_with(test, names, |start| start).await
}

/// The same, with settings.
pub(crate) async fn begin_with(
    test: &str,
    names: &[&str],
    settings: impl FnOnce(Start) -> Start,
) -> Option<Stage> {
    let mut folders = Vec::new();
    for name in names {
        match built(name) {
            Ok(folder) => folders.push(folder),
            Err(missing) => {
                skip(test, &missing);
                return None;
            }
        }
    }
    let plugins = tempfile::tempdir().unwrap();
    for (folder, name) in folders.iter().zip(names) {
        copy_folder(folder, &plugins.path().join(name));
    }
    let nextcloud = StandIn::with_two_users().await;
    let start = serving(&nextcloud, plugins.path());
    warm_up(&start, plugins.path());
    let server = settings(start).start().await;
    let client = server.client().await;
    Some(Stage {
        nextcloud,
        server,
        client,
        _plugins: plugins,
    })
}

/// A server that is about to start with the plugins of a folder.
pub(crate) fn serving(nextcloud: &StandIn, plugins: &Path) -> Start {
    Server::basic(nextcloud, "alice")
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", plugins.display().to_string())
}

/// Compiles the plugins into the cache that all tests share, one test at a time: an interpreter of 20 MB takes a busy machine
/// longer than a test waits for a server.
pub(crate) fn warm_up(start: &Start, plugins: &Path) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let data = start.setting("NEXTCLOUD_MCP_DATA_DIR").unwrap_or_default();
    let output = Command::new(Peer::Server.required())
        .env_clear()
        .env("NEXTCLOUD_MCP_PLUGIN_DIR", plugins)
        .env("NEXTCLOUD_MCP_DATA_DIR", data)
        .current_dir(plugins)
        .args(["plugins", "list"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Where a plugin was built: an example, or a guest that only tests load.
fn built(name: &str) -> Result<PathBuf, String> {
    let here = Peer::Examples.find().map(|folder| folder.join(name));
    let guest = Peer::Guests.find().map(|folder| folder.join(name));
    let places = [here.clone(), guest];
    let found = places
        .into_iter()
        .flatten()
        .find(|folder| folder.join("plugin.toml").is_file());
    found.ok_or_else(|| match here {
        Ok(folder) => format!(
            "{name} was not built at {}: its toolchain is missing",
            folder.display()
        ),
        Err(missing) => missing,
    })
}
