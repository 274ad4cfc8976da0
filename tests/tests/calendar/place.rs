//! Where the calendars of a test are: here in the stand-in, which behaves like the recorded Nextcloud.

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;

/// Largest answer of a calendar in a test of what is larger: what the server takes by default.
pub(crate) const ANSWER_MIB: usize = 8;

/// A Nextcloud, a server that alice uses, and her client.
pub(crate) type Stage = (StandIn, Server, Client);

/// Sets it up; nothing where the test cannot run, which was said then.
#[allow(
    clippy::unused_async,
    reason = "the same form as in tests/tests/radicale"
)]
pub(crate) async fn begin(_test: &str) -> Option<Stage> {
    Some(serve(StandIn::with_two_users().await).await)
}

/// What every test begins with, wherever the calendars are: alice lives in Berlin.
pub(crate) async fn serve(nextcloud: StandIn) -> Stage {
    nextcloud.state().user("alice").timezone = "Europe/Berlin".into();
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    (nextcloud, server, client)
}

/// [`begin`], with the name of the test that says so.
macro_rules! stage {
    () => {
        match $crate::place::begin(std::any::type_name_of_val(&|| ())).await {
            Some(stage) => stage,
            None => return,
        }
    };
}
