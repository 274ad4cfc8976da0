//! Starting and ending: what is said, what is refused, which exit code.

use nextcloud_mcp_tests::harness::{Peer, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

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
async fn oauth_is_for_http_and_for_a_named_nextcloud() {
    let nextcloud = StandIn::with_two_users().await;
    for (host, transport, said) in [
        (nextcloud.url(), "stdio", "NEXTCLOUD_MCP_TRANSPORT is stdio"),
        (
            String::new(),
            "streamable-http",
            "OAuth mode requires NEXTCLOUD_HOST",
        ),
    ] {
        let (status, log) = Server::bare()
            .with("NEXTCLOUD_HOST", host)
            .argument("--oauth")
            .argument("--transport")
            .argument(transport)
            .run()
            .await;
        assert_eq!(status.code(), Some(MISUSE), "{log}");
        assert!(log.contains(said), "{log}");
    }
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

#[tokio::test]
async fn a_secret_can_come_from_a_file_and_settings_from_dot_env() {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::basic(&nextcloud, "alice").with("NEXTCLOUD_PASSWORD", "");
    let secret = start.folder().join("secret").display().to_string();
    let server = start
        .with("NEXTCLOUD_PASSWORD_FILE", secret)
        .with("NEXTCLOUD_USERNAME", "")
        .file("secret", "alice-pass-12345\n")
        .file(".env", "NEXTCLOUD_USERNAME=alice\n")
        .start()
        .await;
    let user = server
        .client()
        .await
        .ok("nc_capabilities_get_user", json!({}))
        .await;
    assert_eq!(user["id"], "alice");
}

#[cfg(unix)]
#[tokio::test]
async fn a_dot_env_with_a_secret_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt as _;
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_PASSWORD", "")
        .file(".env", "NEXTCLOUD_PASSWORD=alice-pass-12345\n");
    let file = start.folder().join(".env");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let server = start.start().await;
    let log = server.logs.text();
    assert!(log.contains(".env") && log.contains("600"), "{log}");
}

#[tokio::test]
async fn every_line_of_a_json_log_is_json() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .argument("--log-format")
        .argument("json")
        .start()
        .await;
    server
        .client()
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
    for line in server.logs.all() {
        assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
    }
}

#[tokio::test]
async fn the_operator_sees_what_a_plugin_asks_for_before_it_runs() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, list) = Server::basic(&nextcloud, "alice")
        .argument("plugins")
        .argument("list")
        .output()
        .await;
    assert!(
        status.success() && list.contains("notes") && list.contains("calendar"),
        "{list}"
    );
    let inspect = || {
        Server::basic(&nextcloud, "alice")
            .argument("plugins")
            .argument("inspect")
    };
    let (status, told) = inspect().argument("notes").output().await;
    assert!(status.success(), "{told}");
    for what in ["/apps/notes/api/v1/notes", "nc_notes_delete_note", "DELETE"] {
        assert!(told.contains(what), "{what} is not told: {told}");
    }
    let digest = told.split_whitespace().find(|word| {
        word.len() >= 64
            && word
                .chars()
                .all(|letter| letter.is_ascii_hexdigit() || letter == ':')
    });
    assert!(
        digest.is_some() || told.contains("sha256"),
        "no digest: {told}"
    );
    let component = Peer::Plugins
        .required()
        .join("notes/notes.wasm")
        .display()
        .to_string();
    let (status, told) = inspect()
        .argument(&component)
        .argument("--json")
        .output()
        .await;
    assert!(status.success(), "{told}");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(told.to_string().contains("nc_notes_get_note"), "{told}");
    assert!(
        nextcloud.requests().is_empty(),
        "looking at plugins asks Nextcloud nothing"
    );
}
