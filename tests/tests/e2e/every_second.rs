//! An event and a task that repeat every second, as anybody can send one: the other events are as near as ever.

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

/// Far below what a call may take (30 s), far above what it takes, also unoptimised on a busy machine.
const SOON: Duration = Duration::from_secs(10);

fn stored(component: &str, uid: &str, lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:{component}\r\nUID:{uid}\r\nDTSTAMP:20200101T000000Z\r\n\
         {lines}END:{component}\r\nEND:VCALENDAR\r\n"
    )
}

fn titles(found: &Value) -> Vec<&str> {
    let events = found["events"].as_array().unwrap().iter();
    events
        .map(|event| event["title"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn what_repeats_every_second_costs_no_call_and_hides_nothing() {
    let nextcloud = StandIn::with_two_users().await;
    {
        let mut state = nextcloud.state();
        state.user("alice").timezone = "Europe/Berlin".into();
        let tick =
            "DTSTART:20261122T230000Z\r\nDURATION:PT1S\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:Tick\r\n";
        let lunch = "DTSTART:20261123T110000Z\r\nDURATION:PT1H\r\nSUMMARY:Lunch\r\n";
        let chore = "DTSTART:20200101T000000Z\r\nDUE:20200101T000001Z\r\nRRULE:FREQ=SECONDLY\r\nSUMMARY:Chore\r\n";
        state.put_object(
            "alice",
            "personal",
            "t.ics",
            &stored("VEVENT", "tick", tick),
        );
        state.put_object(
            "alice",
            "personal",
            "l.ics",
            &stored("VEVENT", "lunch", lunch),
        );
        state.add_calendar("alice", "tasks", "To do");
        state.put_object("alice", "tasks", "c.ics", &stored("VTODO", "chore", chore));
    }
    let server = Server::basic(&nextcloud, "alice").start().await;
    let client = server.client().await;
    let day = json!({"start_date": "2026-11-23", "end_date": "2026-11-23", "limit": 5});
    let began = Instant::now();

    let page = client.ok("nc_calendar_list_events", day.clone()).await;
    assert_eq!(titles(&page), ["Tick"; 5]);
    assert!(
        page["next_cursor"].is_string(),
        "there are more, and it says so"
    );
    let mut other = day.clone();
    other["title_contains"] = "lunch".into();
    let page = client.ok("nc_calendar_list_events", other).await;
    assert_eq!(titles(&page), ["Lunch"]);
    let event = client
        .ok("nc_calendar_get_event", json!({"event_uid": "tick"}))
        .await;
    assert_eq!(event["next"].as_array().unwrap().len(), 5);
    client
        .ok("nc_calendar_get_upcoming_events", json!({"limit": 3}))
        .await;

    let free = json!({"duration_minutes": 30, "date_range_start": "2026-11-23", "date_range_end": "2026-11-23"});
    let free = client.ok("nc_calendar_find_availability", free).await;
    assert!(
        free.to_string().contains("personal/t.ics") || free.to_string().contains("occurrences"),
        "what was left out is named: {free}"
    );
    let dry = json!({"operation": "delete", "calendar_name": "personal", "start_date": "2026-11-23", "end_date": "2026-11-23",
        "title_contains": "lunch"});
    let dry = client.ok("nc_calendar_bulk_operations", dry).await;
    assert!(dry.to_string().contains("lunch"), "{dry}");
    let todos = client.ok("nc_calendar_list_todos", json!({})).await;
    let shown = todos.to_string();
    assert!(
        shown.contains("chore") || shown.contains("c.ics"),
        "{shown}"
    );

    assert!(
        began.elapsed() < SOON,
        "{:?} for eight calls",
        began.elapsed()
    );
}
