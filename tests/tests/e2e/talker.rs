//! The stage for what a plugin says while it works: a server with `tests/guests/talker`, and clients of both eras.

use std::path::Path;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Attended, Era, Peer, Server, Somebody, Start, http};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

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

/// A request of 2026-07-28, from a client that can be asked, as it stands on the wire.
pub(crate) async fn send(endpoint: &str, method: &str, params: Value) -> Value {
    let response = request(endpoint, method, params).send().await.unwrap();
    response.json().await.unwrap()
}

pub(crate) fn request(endpoint: &str, method: &str, mut params: Value) -> reqwest::RequestBuilder {
    let meta = params
        .as_object_mut()
        .unwrap()
        .entry("_meta")
        .or_insert_with(|| json!({}));
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    let mut request = http()
        .post(endpoint)
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2026-07-28")
        .header("Mcp-Method", method);
    if let Some(name) = params["name"].as_str().or_else(|| params["uri"].as_str()) {
        request = request.header("Mcp-Name", name);
    }
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    request.json(&message)
}
