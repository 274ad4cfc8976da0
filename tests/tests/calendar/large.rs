//! Calendars that are larger than what one answer may hold.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::{Fault, Trouble};
use serde_json::{Value, json};

use crate::bulk::{event, put, with_work};
use crate::place::ANSWER_MIB;

#[tokio::test]
async fn a_calendar_larger_than_one_answer_is_read_whole() {
    let (nextcloud, _server, _client) = with_work(stage!());
    // Twenty eighths of what one answer may hold.
    let large = "x".repeat(ANSWER_MIB << 17);
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_CALL_ANSWER_MIB", ANSWER_MIB.to_string())
        .start()
        .await;
    let client = server.client().await;
    for i in 0..20 {
        let uid = format!("u{i}");
        let text = event(&uid, "20261201T100000Z", &format!("Event {i}"));
        let text = text.replace("X-KEPT:", &format!("X-LARGE:{large}\r\nX-KEPT:"));
        put(&nextcloud, "work", &uid, &text);
    }
    let range =
        json!({"calendar_name": "work", "start_date": "2026-12-01", "end_date": "2026-12-01"});
    let listed = client.ok("nc_calendar_list_events", range).await;
    assert_eq!(listed["events"].as_array().unwrap().len(), 20);
    assert_eq!(listed["failed"], Value::Null);
}

#[tokio::test]
async fn what_of_a_large_calendar_could_not_be_read_is_said() {
    let (nextcloud, _server, client) = with_work(stage!());
    for i in 0..16 {
        let uid = format!("u{i}");
        let text = event(&uid, "20261201T100000Z", &format!("Event {i}"));
        put(&nextcloud, "work", &uid, &text);
    }
    let mine = event("mine", "20261201T100000Z", "Mine");
    put(&nextcloud, "personal", "mine", &mine);
    // The whole is too large; of the pieces that are asked for then, one does not come.
    let report = |trouble| Fault::at("/work/", trouble).on("REPORT").times(1);
    nextcloud.inject(report(Trouble::Huge(9 << 20)));
    nextcloud.inject(report(Trouble::Status(502)).after(2));
    let range = json!({"start_date": "2026-12-01", "end_date": "2026-12-01", "limit": 100});
    let outcome = client.call("nc_calendar_list_events", range).await;
    assert!(!outcome.is_error, "{}", outcome.text);
    let found = outcome.structured["events"].as_array().unwrap();
    assert_eq!(found.len(), 15);
    assert!(found.iter().any(|event| event["title"] == "Mine"));
    let failed = &outcome.structured["failed"][0];
    assert_eq!(failed["calendar"], "work");
    assert!(
        failed["reason"]
            .as_str()
            .unwrap()
            .starts_with("2 of its 16"),
        "{failed}"
    );
    assert!(
        outcome.text.contains("missing here: work"),
        "{}",
        outcome.text
    );
}
