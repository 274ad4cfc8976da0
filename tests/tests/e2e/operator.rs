//! An operator with the binary that they run and a folder of plugins.

use std::path::PathBuf;

use nextcloud_mcp_tests::harness::{Peer, Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::Value;

/// Exit code of a command that did not do what it was told.
pub(crate) const FAILED: i32 = 1;
/// Exit code of a setting that is wrong.
pub(crate) const MISUSE: i32 = 2;

/// An operator with a folder of plugins, empty at first.
pub(crate) struct Operator {
    pub(crate) nextcloud: StandIn,
    pub(crate) folder: tempfile::TempDir,
}

impl Operator {
    pub(crate) async fn new() -> Self {
        Self {
            nextcloud: StandIn::with_two_users().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn server(&self) -> Start {
        let folder = self.folder.path().display().to_string();
        Server::basic(&self.nextcloud, "alice").with("NEXTCLOUD_MCP_PLUGIN_DIR", folder)
    }

    pub(crate) fn plugins(&self, arguments: &[&str]) -> Start {
        let begin = self.server().argument("plugins");
        arguments
            .iter()
            .fold(begin, |start, one| start.argument(one))
    }

    /// Exit code and standard output of a `plugins` command.
    pub(crate) async fn command(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let (status, text) = self.plugins(arguments).output().await;
        (status.code(), text)
    }

    pub(crate) async fn done(&self, arguments: &[&str]) -> String {
        let (code, text) = self.command(arguments).await;
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
        text
    }

    /// Installs the plugin of a folder, without being asked.
    pub(crate) async fn install(&self, folder: &str) {
        self.done(&["install", folder, "--yes"]).await;
    }

    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(arguments).await).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a policy beside the plugins.
    pub(crate) fn policy(&self, text: &str) -> String {
        let path = self.file("policy.toml");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// A plugin as it was built.
pub(crate) fn bundled(name: &str) -> String {
    Peer::Plugins.required().join(name).display().to_string()
}
