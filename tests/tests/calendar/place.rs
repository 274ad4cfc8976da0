//! Where the calendars of a test are: here in the stand-in, which behaves like the recorded Nextcloud.

use nextcloud_mcp_tests::nextcloud::StandIn;

use crate::stage::{Stage, serve};

/// Largest answer of a calendar in a test of what is larger: what the server takes by default.
pub(crate) const ANSWER_MIB: usize = 8;

/// Sets it up; nothing where the test cannot run, which was said then.
#[allow(
    clippy::unused_async,
    reason = "the same form as in tests/tests/radicale"
)]
pub(crate) async fn begin(_test: &str) -> Option<Stage> {
    Some(serve(StandIn::with_two_users().await).await)
}
