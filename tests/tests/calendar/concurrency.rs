//! Two clients at one event: whoever comes second sees it and repeats the change on what is there. No edit is lost.

use nextcloud_mcp_tests::harness::Client;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Edits of each client.
const EDITS: usize = 150;
const EVENT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:shared\r\n\
     DTSTAMP:20260101T000000Z\r\nDTSTART:20261201T100000Z\r\nDURATION:PT1H\r\nSEQUENCE:0\r\nSUMMARY:a\r\nX-KEPT:as it was\r\n\
     END:VEVENT\r\nEND:VCALENDAR\r\n";

/// With an event that both clients know.
fn with_event(stage: Stage) -> Stage {
    stage
        .0
        .state()
        .put_object("alice", "personal", "shared.ics", EVENT);
    stage
}

fn stored(nextcloud: &StandIn) -> String {
    nextcloud.state().objects("alice", "personal")[0]
        .data
        .clone()
}

/// What stands behind `NAME:` in the stored text.
fn value(text: &str, name: &str) -> String {
    let line = text
        .replace("\r\n ", "")
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}:")).map(str::to_owned));
    line.unwrap_or_default()
}

async fn read(client: &Client) -> Value {
    client
        .ok(
            "nc_calendar_get_event",
            json!({"event_uid": "shared", "calendar_name": "personal"}),
        )
        .await
}

/// Whether the change went through; anything but a conflict is a failure of the test.
async fn goes_through(client: &Client, change: &Value) -> bool {
    let outcome = client
        .call("nc_calendar_update_event", change.clone())
        .await;
    assert!(
        !outcome.is_error || outcome.text.contains("changed since"),
        "{}",
        outcome.text
    );
    !outcome.is_error
}

/// Sets one property again and again, without looking; gives the number of conflicts.
async fn set(client: &Client, property: &str) -> usize {
    let mut conflicts = 0;
    for i in 0..EDITS {
        let change = json!({"event_uid": "shared", "calendar_name": "personal", property: format!("{property} {i}")});
        while !goes_through(client, &change).await {
            conflicts += 1;
        }
    }
    conflicts
}

/// Adds to what the description says, again and again, on the etag that it was read with.
async fn add(client: &Client, who: &str) -> usize {
    let mut conflicts = 0;
    for i in 0..EDITS {
        loop {
            let event = read(client).await["event"].clone();
            let so_far = event["description"].as_str().unwrap_or_default();
            let change = json!({"event_uid": "shared", "calendar_name": "personal", "etag": event["etag"],
                "description": format!("{so_far} {who}{i}")});
            if goes_through(client, &change).await {
                break;
            }
            conflicts += 1;
        }
    }
    conflicts
}

#[tokio::test]
async fn two_clients_that_set_different_properties_hundreds_of_times_lose_no_edit() {
    let (nextcloud, server, _) = with_event(stage!());
    let (one, other) = (server.client().await, server.client().await);
    let (first, second) = tokio::join!(set(&one, "title"), set(&other, "location"));
    let text = stored(&nextcloud);
    let last = EDITS - 1;
    assert_eq!(value(&text, "SUMMARY"), format!("title {last}"));
    assert_eq!(value(&text, "LOCATION"), format!("location {last}"));
    // Each edit counts one revision: a lost one would be missing here.
    assert_eq!(value(&text, "SEQUENCE"), (2 * EDITS).to_string());
    assert_eq!(value(&text, "X-KEPT"), "as it was");
    assert!(first + second > 0, "they never met");
}

#[tokio::test]
async fn two_clients_that_add_to_one_text_hundreds_of_times_lose_no_word() {
    let (nextcloud, server, _) = with_event(stage!());
    let (one, other) = (server.client().await, server.client().await);
    let (first, second) = tokio::join!(add(&one, "a"), add(&other, "b"));
    let description = value(&stored(&nextcloud), "DESCRIPTION");
    let words: Vec<&str> = description.split_whitespace().collect();
    assert_eq!(words.len(), 2 * EDITS);
    for who in ["a", "b"] {
        let own: Vec<&&str> = words.iter().filter(|word| word.starts_with(who)).collect();
        let expected: Vec<String> = (0..EDITS).map(|i| format!("{who}{i}")).collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>());
    }
    assert!(first + second > 0, "they never met");
}

#[tokio::test]
async fn a_bulk_operation_is_refused_if_an_event_changed_since_its_dry_run() {
    let (nextcloud, server, _) = with_event(stage!());
    let (one, other) = (server.client().await, server.client().await);
    let bulk = "nc_calendar_bulk_operations";
    for operation in [
        json!({"operation": "delete", "text": "title"}),
        json!({"operation": "update", "text": "title", "new_location": "elsewhere"}),
    ] {
        set_title(&other, "title before").await;
        let mut confirmed = operation.clone();
        confirmed["confirm"] = one.ok(bulk, operation).await["confirm"].clone();
        set_title(&other, "title after").await;
        let text = one.fail(bulk, confirmed).await;
        assert!(
            text.contains("changed") && text.contains("title after"),
            "{text}"
        );
        assert_eq!(value(&stored(&nextcloud), "SUMMARY"), "title after");
        assert_eq!(value(&stored(&nextcloud), "LOCATION"), "");
    }
}

async fn set_title(client: &Client, title: &str) {
    let change = json!({"event_uid": "shared", "calendar_name": "personal", "title": title});
    client.ok("nc_calendar_update_event", change).await;
}

#[tokio::test]
async fn a_bulk_update_beside_another_client_overwrites_nothing() {
    let (nextcloud, server, _) = with_event(stage!());
    let (one, other) = (server.client().await, server.client().await);
    let bulk = "nc_calendar_bulk_operations";
    let many = async {
        let mut done = 0;
        for i in 0..EDITS {
            let mut arguments = json!({"operation": "update", "calendar_name": "personal", "title_contains": "t", "new_location": format!("room {i}")});
            let handle = one.ok(bulk, arguments.clone()).await["confirm"].clone();
            arguments["confirm"] = handle;
            done += usize::from(!one.call(bulk, arguments).await.is_error);
        }
        done
    };
    set_title(&other, "title").await;
    let (done, _) = tokio::join!(many, set(&other, "title"));
    let text = stored(&nextcloud);
    assert_eq!(value(&text, "SUMMARY"), format!("title {}", EDITS - 1));
    assert_eq!(value(&text, "SEQUENCE"), (1 + EDITS + done).to_string());
    assert!(done < EDITS, "they never met");
}
