//! What goes wrong between the server and Nextcloud: each ends in an error that helps, and nothing is lost.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::json;

/// Paths of the Notes app.
const NOTES: &str = "/apps/notes/";
/// Paths of calendars.
const CALENDARS: &str = "/remote.php/dav/";

async fn begin() -> (StandIn, Server, Client) {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    // Who the user is and what there is are known from here on.
    client.ok("nc_notes_list_notes", json!({})).await;
    client.ok("nc_calendar_list_calendars", json!({})).await;
    (nextcloud, server, client)
}

#[tokio::test]
async fn every_status_becomes_an_error_that_says_something_and_is_over_with_its_cause() {
    let (nextcloud, _server, client) = begin().await;
    for status in [403, 404, 412, 423, 429, 500, 502, 503, 507] {
        nextcloud.inject(Fault::at(NOTES, Trouble::Status(status)));
        nextcloud.inject(Fault::at(CALENDARS, Trouble::Status(status)));
        for (tool, arguments) in [
            ("nc_notes_list_notes", json!({})),
            (
                "nc_notes_create_note",
                json!({"title": "x", "content": "y"}),
            ),
            (
                "nc_calendar_list_events",
                json!({"start_date": "2026-12-01"}),
            ),
        ] {
            let text = client.fail(tool, arguments).await;
            assert!(text.len() > 20, "{tool} at {status}: {text}");
            assert!(!text.contains("alice-pass"), "{tool} at {status}: {text}");
            for broken in ["no the", "calendars is"] {
                assert!(!text.contains(broken), "{tool} at {status}: {text}");
            }
            if status == 507 {
                assert!(text.contains("free some space"), "{tool}: {text}");
                assert!(!text.contains("wait"), "a full storage stays full: {text}");
            }
        }
        nextcloud.heal();
        client.ok("nc_notes_list_notes", json!({})).await;
    }
    assert!(nextcloud.state().notes("alice").is_empty());
}

#[tokio::test]
async fn a_refused_password_is_named_and_not_tried_until_the_account_is_locked() {
    let (nextcloud, _server, client) = begin().await;
    nextcloud.state().user("alice").password = "another".into();
    nextcloud.state().end_all_sessions();
    nextcloud.set(|settings| settings.brute_force_protection = true);
    nextcloud.forget_requests();
    for _ in 0..12 {
        let text = client
            .fail("nc_notes_list_notes", json!({}))
            .await
            .to_lowercase();
        assert!(
            text.contains("sign") || text.contains("password") || text.contains("credential"),
            "{text}"
        );
    }
    let refused = nextcloud
        .requests()
        .iter()
        .filter(|entry| entry.status == 401)
        .count();
    assert!(refused < 5, "the wrong password was sent {refused} times");
}

#[tokio::test]
async fn a_page_for_people_and_broken_json_are_told_apart_from_data() {
    let (nextcloud, _server, client) = begin().await;
    for trouble in [Trouble::Html, Trouble::BrokenJson] {
        nextcloud.inject(Fault::everywhere(trouble.clone()));
        for (tool, arguments) in [
            ("nc_notes_list_notes", json!({})),
            ("nc_calendar_list_calendars", json!({})),
            ("nc_capabilities_get_capabilities", json!({})),
        ] {
            let text = client.fail(tool, arguments).await;
            assert!(text.len() > 20, "{tool} at {trouble:?}: {text}");
            let page = matches!(trouble, Trouble::Html);
            assert_eq!(text.contains("web page"), page, "{tool}: {text}");
        }
        nextcloud.heal();
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_and_the_server_lives_on() {
    let (nextcloud, _server, client) = begin().await;
    nextcloud.inject(Fault::at(NOTES, Trouble::Huge(20 << 20)));
    let text = client.fail("nc_notes_list_notes", json!({})).await;
    assert!(
        text.contains("large") || text.contains("byte") || text.contains("big"),
        "{text}"
    );
    assert!(
        text.contains("Ask for less") && !text.contains("wait"),
        "{text}"
    );
    nextcloud.heal();
    client.ok("nc_notes_list_notes", json!({})).await;
}

#[tokio::test]
async fn a_connection_cut_before_the_answer_is_not_sent_again() {
    let (nextcloud, _server, client) = begin().await;
    nextcloud.inject(Fault::at(NOTES, Trouble::DropAfter).on("POST"));
    nextcloud.forget_requests();
    let text = client
        .fail(
            "nc_notes_create_note",
            json!({"title": "Once", "content": "x"}),
        )
        .await;
    let sent = nextcloud
        .requests()
        .iter()
        .filter(|entry| entry.method == "POST")
        .count();
    assert_eq!(
        sent, 1,
        "a request that may have been carried out is never sent again"
    );
    assert_eq!(nextcloud.state().notes("alice").len(), 1);
    // The note is there, and so the answer must not say that it is not.
    let text = text.to_lowercase();
    assert!(
        ["may", "might", "check", "not known", "unknown", "whether"]
            .iter()
            .any(|word| text.contains(word)),
        "{text}"
    );
}

#[tokio::test]
async fn a_nextcloud_that_is_gone_is_named_and_served_again_when_it_is_back() {
    let (mut nextcloud, _server, client) = begin().await;
    nextcloud.stop().await;
    let text = client
        .fail("nc_notes_list_notes", json!({}))
        .await
        .to_lowercase();
    assert!(text.contains("reach") || text.contains("connect"), "{text}");
}

#[tokio::test]
async fn a_slow_nextcloud_ends_in_time_and_holds_nobody_else() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_CALL_SECONDS", "3")
        .start()
        .await;
    let client = server.client().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    nextcloud.inject(Fault::at(NOTES, Trouble::Slow(Duration::from_secs(30))));
    let slow = client.call("nc_notes_list_notes", json!({}));
    let (other, quick) = (server.client().await, async {
        tokio::time::sleep(Duration::from_millis(200)).await;
    });
    let both = tokio::join!(slow, async {
        quick.await;
        other.ok("nc_capabilities_get_status", json!({})).await
    });
    assert!(both.0.is_error);
    assert!(both.0.text.contains("longer than 3 s"), "{}", both.0.text);
}

#[tokio::test]
async fn a_redirect_elsewhere_takes_no_credential_along() {
    let (nextcloud, _server, client) = begin().await;
    let elsewhere = StandIn::with_two_users().await;
    nextcloud.inject(Fault::at(
        NOTES,
        Trouble::Redirect(302, format!("{}/stolen", elsewhere.url())),
    ));
    client.fail("nc_notes_list_notes", json!({})).await;
    assert!(
        elsewhere.requests().is_empty(),
        "{:?}",
        elsewhere.requests()
    );
}
