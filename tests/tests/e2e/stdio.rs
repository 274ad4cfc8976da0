//! The server as a child process of its client.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

#[tokio::test]
async fn a_client_that_starts_the_server_can_use_every_tool() {
    let nextcloud = StandIn::with_two_users().await;
    let (client, logs) = Server::basic(&nextcloud, "alice").stdio().await;
    let names = client.tool_names().await;
    assert!(
        names.iter().any(|name| name == "nc_notes_create_note"),
        "{names:?}"
    );
    let created = client
        .ok(
            "nc_notes_create_note",
            json!({"title": "By pipe", "content": "x"}),
        )
        .await;
    assert_eq!(
        nextcloud.state().notes("alice")[0].id,
        created["id"].as_i64().unwrap()
    );
    client.ok("nc_calendar_list_calendars", json!({})).await;
    // Standard output is the protocol's alone: had anything else been written there, nothing above would have worked.
    assert!(logs.text().contains("MCP server ready"), "{}", logs.text());
    client.close().await;
}

#[tokio::test]
async fn a_failed_start_tells_the_client_why_on_standard_error() {
    let nextcloud = StandIn::with_two_users().await;
    let (status, log) = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_TRANSPORT", "stdio")
        .with("NEXTCLOUD_MCP_PLUGIN_DIR", "/nowhere")
        .run()
        .await;
    assert!(!status.success());
    assert!(log.contains("/nowhere"), "{log}");
}
