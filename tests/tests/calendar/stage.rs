//! What every calendar test begins with, wherever its calendars are; `place` says where that is.

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;

/// A Nextcloud, a server that alice uses, and her client.
pub(crate) type Stage = (StandIn, Server, Client);

/// Starts the server and connects alice, who lives in Berlin.
pub(crate) async fn serve(nextcloud: StandIn) -> Stage {
    nextcloud.state().user("alice").timezone = "Europe/Berlin".into();
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    (nextcloud, server, client)
}

/// The stage of the test that says so, by its name; the test ends here where it cannot run.
macro_rules! stage {
    () => {
        match $crate::place::begin(std::any::type_name_of_val(&|| ())).await {
            Some(stage) => stage,
            None => return,
        }
    };
}
