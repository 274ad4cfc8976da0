//! Starting and ending: what is said, what is refused, which exit code.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

/// Exit code of a setting that is wrong.
const MISUSE: i32 = 2;

#[tokio::test]
async fn basic_mode_says_that_it_is_legacy() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let log = server.logs.text();
    assert!(log.contains("Basic") && log.contains("legacy"), "{log}");
    assert!(
        server.url().starts_with("http://127.0.0.1:"),
        "{}",
        server.url()
    );
}

#[tokio::test]
async fn a_name_without_a_password_is_an_error_that_says_what_is_missing() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, log) = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_PASSWORD", "")
        .run()
        .await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("NEXTCLOUD_PASSWORD"), "{log}");
}

#[tokio::test]
async fn an_address_is_not_guessed() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, log) = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_HOST", "")
        .run()
        .await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("NEXTCLOUD_HOST"), "{log}");
}

#[tokio::test]
async fn a_password_does_not_travel_in_the_clear_unless_it_is_asked_to() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, log) = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_HOST", "http://cloud.example.com")
        .run()
        .await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP"), "{log}");
}

#[tokio::test]
async fn others_on_the_network_are_kept_out_without_a_token() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, log) = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_HOST", "0.0.0.0")
        .run()
        .await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("NEXTCLOUD_MCP_STATIC_TOKEN"), "{log}");
}

#[tokio::test]
async fn oauth_says_that_it_is_not_there_yet() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, log) = Server::bare()
        .with("NEXTCLOUD_HOST", nextcloud.url())
        .argument("--oauth")
        .run()
        .await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("OAuth"), "{log}");
}

#[tokio::test]
async fn a_term_signal_ends_it_in_order() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    client.close().await;
    let status = server.terminate().await;
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn it_starts_while_nextcloud_is_away() {
    let mut nextcloud = StandIn::with_two_users().await;
    let start = Server::basic(&nextcloud, "alice");
    nextcloud.stop().await;
    let server = start.start().await;
    let text = server
        .client()
        .await
        .fail("nc_notes_list_notes", json!({}))
        .await;
    assert!(
        text.to_lowercase().contains("reach") || text.contains("connect"),
        "{text}"
    );
}
