//! Full flows: each client signs its user in, works, goes on when its token has expired, and when the server was killed
//! and started again.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Server, Start, skip};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn};
use serde_json::json;

use crate::client::{Client, Kind};
use crate::user::User;

/// `expires_in` of access tokens, in seconds. The stand-in honours them for twice as long, as Nextcloud does.
pub(crate) const LIFETIME: u64 = 2;

/// Who gives out the tokens that the client uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The server.
    Broker,
    /// Nextcloud.
    Direct,
}

/// Where the server's own client at Nextcloud comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It registers itself.
    A,
    /// An administrator made it.
    B,
}

macro_rules! flows {
    ($($client:ident: $kind:ident),*) => { $(
        mod $client {
            use super::*;

            #[tokio::test]
            async fn works_with_the_broker_that_registered_itself() {
                flow(Kind::$kind, Way::Broker, Mode::A).await;
            }

            #[tokio::test]
            async fn works_with_the_broker_that_was_given_a_client() {
                flow(Kind::$kind, Way::Broker, Mode::B).await;
            }

            #[tokio::test]
            async fn works_with_tokens_of_nextclouds_where_the_server_registered_itself() {
                flow(Kind::$kind, Way::Direct, Mode::A).await;
            }

            #[tokio::test]
            async fn works_with_tokens_of_nextclouds_where_the_server_was_given_a_client() {
                flow(Kind::$kind, Way::Direct, Mode::B).await;
            }
        }
    )* };
}

flows!(
    python: Python,
    fastmcp: FastMcp,
    typescript_v1: TypeScriptV1,
    typescript_v2: TypeScriptV2,
    inspector: Inspector,
    mcp_remote: McpRemote
);

async fn flow(kind: Kind, way: Way, mode: Mode) {
    let mut client = match Client::start(kind, User::example("alice")) {
        Ok(client) => client,
        Err(missing) => return skip(&format!("{kind:?}, {way:?}, mode {mode:?}"), &missing),
    };
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.token_lifetime(Duration::from_secs(LIFETIME));
    let server = prepared(&nextcloud, way, mode).start().await;
    work(&mut client, server, &nextcloud).await;
    if way == Way::Broker {
        assert_eq!(client.user.sign_ins, 1, "one sign-in is enough");
    }
}

/// What every client must be able to do, whoever gives out the tokens.
pub(crate) async fn work(client: &mut Client<User>, server: Server, nextcloud: &StandIn) {
    client.connect(&server.endpoint()).await;
    let tools = client.tools().await;
    let tool = "nc_notes_create_note";
    assert!(tools.iter().any(|name| name == tool), "{tools:?}");
    let arguments = json!({ "title": "From afar", "content": "- snake" });
    let created = client.call(tool, arguments).await;
    assert_eq!(created["title"], "From afar");
    assert_eq!(nextcloud.state().notes("alice").len(), 1);
    assert_eq!(nextcloud.state().notes("bob").len(), 0);

    tokio::time::sleep(Duration::from_secs(2 * LIFETIME + 1)).await;
    let listed = client.call("nc_notes_list_notes", json!({})).await;
    assert_eq!(listed["notes"][0]["title"], "From afar");

    let _server = server.restart().await;
    let listed = client.call("nc_notes_list_notes", json!({})).await;
    assert_eq!(listed["notes"][0]["title"], "From afar");
}

fn prepared(nextcloud: &StandIn, way: Way, mode: Mode) -> Start {
    let mut start = Server::oauth(nextcloud);
    if way == Way::Direct {
        start = start.with("NEXTCLOUD_MCP_AUTHORIZATION_SERVER", "nextcloud");
    }
    if mode == Mode::B {
        let url = start.server_url();
        let client = NewClient::at(&format!("{url}/oauth/callback"));
        let keys = nextcloud.create_client(client.for_resource(&format!("{url}/mcp")));
        start = start
            .with("NEXTCLOUD_OIDC_CLIENT_ID", keys.id)
            .with("NEXTCLOUD_OIDC_CLIENT_SECRET", keys.secret);
    }
    start
}
