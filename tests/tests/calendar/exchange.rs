//! iCalendar text out of a calendar and into one.

use std::collections::BTreeSet;

use serde_json::json;

use crate::collections::{EVENT, simple};

/// The event of a text that has one.
fn component(text: &str) -> &str {
    let end = "END:VEVENT\r\n";
    let from = text.find("BEGIN:VEVENT").unwrap();
    &text[from..text.find(end).unwrap() + end.len()]
}

#[tokio::test]
async fn a_calendar_goes_out_and_comes_in_again_unchanged() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "a.ics", &simple("a"));
    nextcloud
        .state()
        .put_object("alice", "personal", "ev.ics", EVENT);
    let outcome = client
        .call(
            "nc_calendar_export_ics",
            json!({"calendar_name": "personal"}),
        )
        .await;
    assert_eq!(outcome.structured["items"], 2);
    let file = &outcome.content.as_array().unwrap().last().unwrap()["resource"];
    assert_eq!(file["mimeType"], "text/calendar");
    let export = file["text"].as_str().unwrap();

    nextcloud.state().add_calendar("alice", "copy", "Copy");
    let mut import = json!({"calendar_name": "copy", "ics": export, "dry_run": true});
    let dry = client.ok("nc_calendar_import_ics", import.clone()).await;
    assert_eq!(dry["imported"].as_array().unwrap().len(), 1);
    assert_eq!(dry["skipped"][0]["why"], "meeting");
    assert!(nextcloud.state().objects("alice", "copy").is_empty());

    import["dry_run"] = json!(false);
    client.ok("nc_calendar_import_ics", import.clone()).await;
    assert_eq!(nextcloud.state().objects("alice", "copy").len(), 1);
    // To the byte what came out; the server that it came out of may have had the lines in an order of its own.
    let requests = nextcloud.requests();
    let sent = requests.iter().find(|entry| entry.method == "PUT").unwrap();
    let sent = component(std::str::from_utf8(&sent.body).unwrap());
    assert!(export.contains(sent), "{sent} in {export}");
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(sent), sorted(component(&simple("a"))));

    // Once more: everything is there already.
    let again = client.ok("nc_calendar_import_ics", import).await;
    assert_eq!(again["imported"], json!([]));
    assert_eq!(
        again["skipped"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["why"] == "duplicate")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_calendar_that_can_only_be_read_takes_no_import_and_no_request_is_made() {
    let (nextcloud, _server, client) = stage!();
    nextcloud.state().add_calendar("bob", "team", "Team");
    nextcloud
        .state()
        .share_calendar("bob", "team", "alice", false);
    let refused = client
        .fail(
            "nc_calendar_import_ics",
            json!({"calendar_name": "team_shared_by_bob", "ics": simple("a")}),
        )
        .await;
    assert!(refused.contains("read-only"), "{refused}");
    assert!(
        nextcloud
            .requests()
            .iter()
            .all(|entry| entry.method != "PUT")
    );
}
