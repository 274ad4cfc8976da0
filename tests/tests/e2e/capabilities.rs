//! The capabilities tools.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::{Value, json};

#[tokio::test]
async fn the_server_its_status_and_the_user_are_told() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    let about = client
        .ok("nc_capabilities_get_capabilities", json!({}))
        .await;
    assert_eq!(about["version"], "33.0.3");
    let apps = about["apps"].as_array().unwrap();
    let notes = apps.iter().find(|app| app["key"] == "notes").unwrap();
    assert!(
        notes["url"].as_str().unwrap().ends_with("/apps/notes/"),
        "{notes}"
    );
    let again = client
        .ok(
            "nc_capabilities_get_capabilities",
            json!({"etag": about["etag"]}),
        )
        .await;
    assert_eq!(again["unchanged"], true);
    let whole = client
        .ok("nc_capabilities_get_capabilities", json!({"raw": true}))
        .await;
    assert!(whole["capabilities"].as_object().unwrap().len() > 10);
    let notes = client
        .ok("nc_capabilities_get_capabilities", json!({"app": "notes"}))
        .await;
    assert_eq!(
        notes["capabilities"]["notes"]["api_version"],
        json!(["0.2", "1.3", "1.4"])
    );
    let status = client.ok("nc_capabilities_get_status", json!({})).await;
    assert_eq!(status["maintenance"], false);
    let user = client.ok("nc_capabilities_get_user", json!({})).await;
    assert_eq!(
        (user["id"].as_str(), user["display_name"].as_str()),
        (Some("alice"), Some("Alice Example"))
    );
}

// D20
#[tokio::test]
async fn the_same_is_there_by_address_and_trouble_is_told_with_its_cause() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    let text = client.read("nc://capabilities").await;
    let about: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(about["version"], "33.0.3");
    assert!(!text.contains("\n "), "indented: {text}");
    nextcloud.inject(Fault::at(
        "/ocs/v2.php/cloud/capabilities",
        Trouble::Status(503),
    ));
    let told = client.no_read("nc://capabilities").await;
    assert!(told.contains("503") || told.contains("wait"), "{told}");
}

#[tokio::test]
async fn maintenance_is_told_by_status_and_named_by_every_other_tool() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    nextcloud.set(|settings| settings.maintenance = true);
    let status = client.ok("nc_capabilities_get_status", json!({})).await;
    assert_eq!(status["maintenance"], true);
    for (tool, arguments) in [
        ("nc_notes_list_notes", json!({})),
        ("nc_calendar_list_calendars", json!({})),
        ("nc_capabilities_get_user", json!({})),
    ] {
        let text = client.fail(tool, arguments).await.to_lowercase();
        assert!(
            text.contains("maintenance")
                || text.contains("503")
                || text.contains("later")
                || text.contains("again"),
            "{tool}: {text}"
        );
    }
}

#[tokio::test]
async fn an_app_that_is_not_there_is_named_with_those_that_are() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let text = server
        .client()
        .await
        .fail(
            "nc_capabilities_get_capabilities",
            json!({"app": "nosuchapp"}),
        )
        .await;
    assert!(
        text.contains("nosuchapp") && text.contains("notes"),
        "{text}"
    );
}

#[tokio::test]
async fn a_tool_without_requirements_does_not_wait_for_the_capabilities() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    nextcloud.forget_requests();
    client.ok("nc_capabilities_get_user", json!({})).await;
    let asked = |path: &str| {
        let requests = nextcloud.requests();
        requests.iter().any(|request| request.target.contains(path))
    };
    assert!(asked("/cloud/user"));
    assert!(!asked("/cloud/capabilities"));
    client.ok("nc_notes_list_notes", json!({})).await;
    assert!(asked("/cloud/capabilities"), "a tool with some does");
}
