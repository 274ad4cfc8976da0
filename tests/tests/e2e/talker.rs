//! The stage for what a plugin says while it works: a server with `tests/guests/talker`, and clients of both eras.

use std::path::Path;
use std::time::Duration;

pub(crate) use nextcloud_mcp_tests::harness::request;
use nextcloud_mcp_tests::harness::{Attended, Era, Peer, Server, Somebody, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::Value;

/// Longer than anything here takes.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A folder with one plugin in it, which a test may change.
pub(crate) fn plugins() -> tempfile::TempDir {
    let plugins = tempfile::tempdir().unwrap();
    copy_folder(
        &Peer::Guests.required().join("talker"),
        &plugins.path().join("talker"),
    );
    plugins
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// A server that is about to be started for alice, with the talker alone.
pub(crate) fn start(nextcloud: &StandIn) -> Start {
    let plugins = Peer::Guests.required();
    Server::basic(nextcloud, "alice")
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", plugins.display().to_string())
        .with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "talker")
}

/// A running server and its Nextcloud.
pub(crate) struct Stage {
    pub(crate) nextcloud: StandIn,
    pub(crate) server: Server,
}

pub(crate) async fn begin(change: impl FnOnce(Start) -> Start) -> Stage {
    let nextcloud = StandIn::with_two_users().await;
    let server = change(start(&nextcloud)).start().await;
    Stage { nextcloud, server }
}

impl Stage {
    pub(crate) async fn client(&self, somebody: Somebody) -> Attended {
        somebody.http(&self.server.endpoint(), Era::Discover).await
    }
}

/// The answer to a [`request`].
pub(crate) async fn send(endpoint: &str, method: &str, params: Value) -> Value {
    let response = request(endpoint, method, params).send().await.unwrap();
    response.json().await.unwrap()
}
