//! Starting in OAuth mode: what is said, what is waited for, what is kept.

mod client;
mod disk;
mod lines;
mod provider;

use std::time::Duration;

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::harness::sign_in::get;

/// How long a server may take to notice that Nextcloud is well again; it looks after a second, two, four...
const NOTICES_WITHIN: Duration = Duration::from_secs(40);

/// Exit code of a setting that is wrong.
const MISUSE: i32 = 2;

/// Insists on this text in the log, soon.
async fn says(server: &Server, text: &str) -> String {
    let line = server.logs.wait_for(text, NOTICES_WITHIN).await;
    line.unwrap_or_else(|| panic!("it does not say {text:?}:\n{}", server.logs.text()))
}

/// The status of the readiness page.
async fn readiness(server: &Server) -> u16 {
    get(&format!("{}/health/ready", server.url())).await.status
}
