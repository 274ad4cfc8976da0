//! The server that the suite is pointed to.

use nextcloud_mcp_tests::harness::{Names, Peer, Person, Proxy, Server, SignIn, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;

/// What the suite calls, and what the plugin contract has a plugin call it: an address is on a shelf of the plugin's own, an
/// argument is written in small letters, a tool's name has at most 40 characters.
const NAMES: Names = &[
    ("test://", "nc://test/"),
    ("\"resourceUri\"", "\"resource_uri\""),
    ("\"user_name\"", "\"question\""),
    (
        "test_input_required_result_tampered_state",
        "test_input_required_result_tampered",
    ),
];

/// How the suite reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Basic mode, no sign-in, nothing in between.
    Direct,
    /// OAuth mode. The suite has no token, so a proxy adds one, and there the names are made to fit as well.
    Token,
}

/// A server and what it needs to live.
pub(crate) struct Stage {
    /// The MCP endpoint for the suite.
    pub(crate) endpoint: String,
    _proxy: Option<Proxy>,
    _server: Server,
    _nextcloud: StandIn,
}

impl Stage {
    pub(crate) async fn begin(way: Way) -> Self {
        let nextcloud = StandIn::with_two_users().await;
        match way {
            Way::Direct => {
                let server = with_plugin(Server::basic(&nextcloud, "alice"))
                    .start()
                    .await;
                Self {
                    endpoint: server.endpoint(),
                    _proxy: None,
                    _server: server,
                    _nextcloud: nextcloud,
                }
            }
            Way::Token => {
                let server = with_plugin(Server::oauth(&nextcloud)).start().await;
                let endpoint = server.endpoint();
                let alice = Person::example("alice");
                let (_, tokens) = SignIn::whole(&endpoint, &alice, "conformance.read").await;
                let target = endpoint.trim_end_matches("/mcp");
                let proxy = Proxy::start(target, &tokens.access, NAMES).await;
                Self {
                    endpoint: format!("{}/mcp", proxy.url),
                    _proxy: Some(proxy),
                    _server: server,
                    _nextcloud: nextcloud,
                }
            }
        }
    }
}

/// The suite's names are the tools' own.
fn with_plugin(start: Start) -> Start {
    let guests = Peer::Guests.required().display().to_string();
    start
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", guests)
        .with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "conformance")
        .with("NEXTCLOUD_MCP_PLUGIN_PREFIX", "conformance=")
}
