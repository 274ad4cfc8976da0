//! OAuth mode end to end: the built server as a process, a Nextcloud whose provider has all of its quirks, a browser with
//! a person in front of it, and a client that does what the specification says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod asking;
mod canary;
mod clients;
mod direct;
mod elsewhere;
mod grants;
mod hostile;
mod listener;
mod recorder;
mod replicas;
mod scopes;
mod secrets;
mod sign_in;
mod start;
mod wire;

use nextcloud_mcp_tests::harness::{Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;

/// What a client that wants to work with notes asks for.
const NOTES: &str = "notes.read notes.write offline_access";

/// A Nextcloud with a note of each user, and a server that signs in there.
async fn stage() -> (StandIn, Server) {
    let nextcloud = StandIn::with_two_users().await;
    for user in ["alice", "bob"] {
        let title = format!("Of {user}");
        nextcloud.state().add_note(user, &title, "", "text");
    }
    let server = unhurried(&nextcloud).start().await;
    (nextcloud, server)
}

/// OAuth mode with rates that no test reaches by accident: they all come from one address.
fn unhurried(nextcloud: &StandIn) -> Start {
    Server::oauth(nextcloud)
        .with("NEXTCLOUD_MCP_RATE", "100000")
        .with("NEXTCLOUD_MCP_OAUTH_RATE", "100000")
}

/// The titles of the notes that a token's user has.
async fn titles(server: &Server, token: &str) -> Vec<String> {
    let client = server.client_with(token).await;
    let list = client
        .ok("nc_notes_list_notes", serde_json::json!({}))
        .await;
    let notes = list["notes"].as_array().expect("a list of notes").iter();
    notes
        .map(|note| note["title"].as_str().expect("a title").to_owned())
        .collect()
}
