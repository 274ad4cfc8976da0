//! A Nextcloud below a sub-path, as many hosters install it, and addresses as people write them.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::{Options, StandIn};
use serde_json::json;

#[tokio::test]
async fn a_nextcloud_below_a_sub_path_works_and_its_links_lead_there() {
    let nextcloud = StandIn::start(Options::with_two_users().at("/nextcloud"))
        .await
        .unwrap();
    for address in [nextcloud.url(), format!("{}/", nextcloud.url())] {
        let server = Server::basic(&nextcloud, "alice")
            .with("NEXTCLOUD_HOST", address)
            .start()
            .await;
        let client = server.client().await;
        let created = client
            .ok(
                "nc_notes_create_note",
                json!({"title": "Here", "content": "x"}),
            )
            .await;
        let link = created["url"].as_str().unwrap();
        assert!(link.starts_with(&format!("{}/", nextcloud.url())), "{link}");
        let event = json!({"calendar_name": "personal", "title": "Here", "start_datetime": "2026-12-01T10:00"});
        client.ok("nc_calendar_create_event", event).await;
        let listed = client
            .ok(
                "nc_calendar_list_events",
                json!({"start_date": "2026-12-01", "end_date": "2026-12-01"}),
            )
            .await;
        assert!(!listed["events"].as_array().unwrap().is_empty());
        assert!(
            nextcloud
                .requests()
                .iter()
                .all(|entry| entry.target.starts_with("/nextcloud/"))
        );
    }
}

#[tokio::test]
async fn a_public_address_is_what_links_show_and_nothing_is_sent_to() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_PUBLIC_URL", "https://cloud.example.com/nc")
        .start()
        .await;
    let created = server
        .client()
        .await
        .ok(
            "nc_notes_create_note",
            json!({"title": "Here", "content": "x"}),
        )
        .await;
    let link = created["url"].as_str().unwrap();
    assert!(link.starts_with("https://cloud.example.com/nc/"), "{link}");
}
