//! The calendar tools, from the client's call to what Nextcloud stores.

use serde_json::{Value, json};

/// A meeting every Monday at nine in Berlin, over the end of summer time: one is called off, one is moved.
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:weekly\r\n\
     DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261012T090000\r\nDTEND;TZID=Europe/Berlin:20261012T093000\r\n\
     RRULE:FREQ=WEEKLY;COUNT=5\r\nEXDATE;TZID=Europe/Berlin:20261102T090000\r\nSUMMARY:Weekly\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\n\
     UID:weekly\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261109T090000\r\n\
     DTSTART;TZID=Europe/Berlin:20261109T140000\r\nDTEND;TZID=Europe/Berlin:20261109T143000\r\nSUMMARY:Weekly moved\r\n\
     END:VEVENT\r\nEND:VCALENDAR\r\n";

fn starts(events: &Value) -> Vec<&str> {
    let events = events["events"]
        .as_array()
        .unwrap_or_else(|| panic!("no events in {events}"));
    events
        .iter()
        .map(|event| event["start"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_calendars_are_listed_without_what_is_none() {
    let (nextcloud, _server, client) = stage!();
    nextcloud.state().add_calendar("bob", "team", "Team");
    nextcloud
        .state()
        .share_calendar("bob", "team", "alice", false);
    let listed = client.ok("nc_calendar_list_calendars", json!({})).await;
    let calendars = listed["calendars"].as_array().unwrap();
    let names: Vec<&str> = calendars
        .iter()
        .map(|calendar| calendar["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"personal") && names.contains(&"team_shared_by_bob"),
        "{names:?}"
    );
    for none in ["inbox", "outbox", "trashbin"] {
        assert!(!names.contains(&none), "{names:?}");
    }
    let shared = calendars
        .iter()
        .find(|calendar| calendar["name"] == "team_shared_by_bob")
        .unwrap();
    assert_eq!(shared["writable"], false);
}

#[tokio::test]
async fn an_event_is_created_listed_changed_and_deleted() {
    let (nextcloud, _server, client) = stage!();
    let created = client
        .ok(
            "nc_calendar_create_event",
            json!({"calendar_name": "personal", "title": "Dentist", "start_datetime": "2026-12-01T10:00", "location": "Main St 1"}),
        )
        .await;
    let uid = created["event"]["uid"].as_str().unwrap().to_owned();
    let stored = nextcloud.state().objects("alice", "personal");
    assert_eq!(stored.len(), 1);
    assert!(
        stored[0].data.contains("SUMMARY:Dentist"),
        "{}",
        stored[0].data
    );

    let range = json!({"start_date": "2026-12-01", "end_date": "2026-12-01"});
    let listed = client.ok("nc_calendar_list_events", range.clone()).await;
    assert_eq!(starts(&listed), ["2026-12-01T10:00:00+01:00"]);

    let etag = listed["events"][0]["etag"].clone();
    client
        .ok(
            "nc_calendar_update_event",
            json!({"event_uid": uid, "etag": etag, "start_datetime": "2026-12-01T11:00"}),
        )
        .await;
    let listed = client.ok("nc_calendar_list_events", range.clone()).await;
    assert_eq!(starts(&listed), ["2026-12-01T11:00:00+01:00"]);
    assert_eq!(listed["events"][0]["location"], "Main St 1");

    client
        .ok("nc_calendar_delete_event", json!({"event_uid": uid}))
        .await;
    assert_eq!(
        starts(&client.ok("nc_calendar_list_events", range).await),
        Vec::<&str>::new()
    );
    // The name and UID of what lies in the trash bin cannot be used again (caldav/122); a new event gets new ones.
    client
        .ok("nc_calendar_create_event", json!({"calendar_name": "personal", "title": "Dentist", "start_datetime": "2026-12-01T10:00"}))
        .await;
}

#[tokio::test]
async fn a_series_keeps_its_local_time_when_summer_time_ends() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "weekly.ics", WEEKLY);
    let listed = client
        .ok(
            "nc_calendar_list_events",
            json!({"start_date": "2026-10-01", "end_date": "2026-11-30"}),
        )
        .await;
    let expected = [
        "2026-10-12T09:00:00+02:00",
        "2026-10-19T09:00:00+02:00",
        "2026-10-26T09:00:00+01:00",
        "2026-11-09T14:00:00+01:00",
    ];
    assert_eq!(starts(&listed), expected);
    assert_eq!(listed["events"][3]["title"], "Weekly moved");
}

#[tokio::test]
async fn parts_of_a_series_are_changed_and_deleted() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "weekly.ics", WEEKLY);
    let range = json!({"start_date": "2026-10-01", "end_date": "2026-11-30"});
    let one = json!({"event_uid": "weekly", "scope": "this", "recurrence_id": "2026-10-19T09:00:00+02:00", "start_datetime": "2026-10-19T11:00"});
    client.ok("nc_calendar_update_event", one).await;
    let later = json!({"event_uid": "weekly", "scope": "following", "recurrence_id": "2026-10-26T09:00:00+01:00", "start_datetime": "2026-10-26T10:00"});
    let later = client.ok("nc_calendar_update_event", later).await;
    let listed = client.ok("nc_calendar_list_events", range.clone()).await;
    // The one that was moved by itself stays where it was moved to.
    let expected = [
        "2026-10-12T09:00:00+02:00",
        "2026-10-19T11:00:00+02:00",
        "2026-10-26T10:00:00+01:00",
        "2026-11-09T14:00:00+01:00",
    ];
    assert_eq!(starts(&listed), expected);
    assert_eq!(listed["events"][3]["uid"], later["event"]["uid"]);
    for (uid, id) in [
        (&json!("weekly"), "2026-10-12"),
        (&later["event"]["uid"], "2026-10-26"),
    ] {
        let one = json!({"event_uid": uid, "scope": "this", "recurrence_id": id});
        client.ok("nc_calendar_delete_event", one).await;
    }
    let listed = client.ok("nc_calendar_list_events", range).await;
    assert_eq!(starts(&listed), [expected[1], expected[3]]);
}

#[tokio::test]
async fn an_event_that_someone_else_changed_is_not_overwritten() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "weekly.ics", WEEKLY);
    let read = client
        .ok("nc_calendar_get_event", json!({"event_uid": "weekly"}))
        .await;
    let etag = read["event"]["etag"].clone();
    let theirs = WEEKLY.replace("SUMMARY:Weekly\r\n", "SUMMARY:Theirs\r\n");
    nextcloud
        .state()
        .put_object("alice", "personal", "weekly.ics", &theirs);
    client
        .fail(
            "nc_calendar_update_event",
            json!({"event_uid": "weekly", "etag": etag, "scope": "all", "title": "Mine"}),
        )
        .await;
    client
        .fail(
            "nc_calendar_delete_event",
            json!({"event_uid": "weekly", "etag": etag, "scope": "all"}),
        )
        .await;
    assert_eq!(
        nextcloud.state().objects("alice", "personal")[0].data,
        theirs
    );
}

#[tokio::test]
async fn a_change_leaves_every_other_byte_of_an_event_as_it_was() {
    let (nextcloud, _server, client) = stage!();
    nextcloud
        .state()
        .put_object("alice", "personal", "weekly.ics", WEEKLY);
    client
        .ok(
            "nc_calendar_update_event",
            json!({"event_uid": "weekly", "scope": "all", "title": "Jour fixe"}),
        )
        .await;
    let stored = nextcloud.state().objects("alice", "personal")[0]
        .data
        .clone();
    for line in WEEKLY
        .lines()
        .filter(|line| !line.starts_with("SUMMARY:Weekly") && !line.starts_with("DTSTAMP"))
    {
        assert!(stored.contains(line), "{line} is lost:\n{stored}");
    }
    assert!(stored.contains("SUMMARY:Jour fixe"), "{stored}");
}

// D11: guests' programs go by SEQUENCE, and nothing is written or deleted blindly.
#[tokio::test]
async fn a_change_counts_and_every_write_says_what_it_is_based_on() {
    let (nextcloud, _server, client) = stage!();
    let create = json!({"calendar_name": "personal", "title": "Dentist", "start_datetime": "2026-12-01T10:00"});
    let created = client.ok("nc_calendar_create_event", create).await;
    let uid = &created["event"]["uid"];
    let update = json!({"event_uid": uid, "start_datetime": "2026-12-01T11:00"});
    client.ok("nc_calendar_update_event", update).await;
    let stored = nextcloud.state().objects("alice", "personal");
    let stored = &stored[0].data;
    assert!(stored.contains("SEQUENCE:1\r\n"), "{stored}");
    client
        .ok("nc_calendar_delete_event", json!({"event_uid": uid}))
        .await;
    let requests = nextcloud.requests();
    let writes: Vec<_> = requests
        .iter()
        .filter(|entry| ["PUT", "DELETE"].contains(&entry.method.as_str()))
        .collect();
    assert_eq!(writes.len(), 3);
    assert_eq!(writes[0].header("if-none-match"), Some("*"));
    for write in &writes[1..] {
        let etag = write.header("if-match").unwrap_or_default();
        assert!(etag.len() > 2 && etag.starts_with('"'), "{}", write.line());
    }
}

#[tokio::test]
async fn a_calendar_that_can_only_be_read_stays_as_it_is() {
    let (nextcloud, _server, client) = stage!();
    {
        let mut state = nextcloud.state();
        state.add_calendar("bob", "team", "Team");
        state.put_object("bob", "team", "weekly.ics", WEEKLY);
        state.share_calendar("bob", "team", "alice", false);
    }
    let calendar = "team_shared_by_bob";
    let create =
        json!({"calendar_name": calendar, "title": "x", "start_datetime": "2026-12-01T10:00"});
    let text = client.fail("nc_calendar_create_event", create).await;
    assert!(text.contains("read"), "{text}");
    client
        .fail(
            "nc_calendar_update_event",
            json!({"event_uid": "weekly", "calendar_name": calendar, "title": "x"}),
        )
        .await;
    client
        .fail(
            "nc_calendar_delete_event",
            json!({"event_uid": "weekly", "calendar_name": calendar, "scope": "all"}),
        )
        .await;
    let stored = nextcloud.state().objects("bob", "team");
    assert_eq!((stored.len(), stored[0].data.as_str()), (1, WEEKLY));
}

#[tokio::test]
async fn an_all_day_event_is_days_in_every_zone() {
    let (_nextcloud, _server, client) = stage!();
    let create = json!({"calendar_name": "personal", "title": "Holiday", "start_datetime": "2026-12-24", "end_datetime": "2026-12-27"});
    client.ok("nc_calendar_create_event", create).await;
    let listed = client
        .ok(
            "nc_calendar_list_events",
            json!({"start_date": "2026-12-26", "end_date": "2026-12-26"}),
        )
        .await;
    assert_eq!(listed["events"][0]["start"], "2026-12-24");
    assert_eq!(listed["events"][0]["all_day"], true);
    let after = client
        .ok(
            "nc_calendar_list_events",
            json!({"start_date": "2026-12-27", "end_date": "2026-12-28"}),
        )
        .await;
    assert_eq!(after["events"], json!([]));
}

#[tokio::test]
async fn nonsense_times_and_rules_are_refused_before_nextcloud_sees_them() {
    let (nextcloud, _server, client) = stage!();
    for arguments in [
        json!({"calendar_name": "personal", "title": "x", "start_datetime": "tomorrow"}),
        json!({"calendar_name": "personal", "title": "x", "start_datetime": "2026-12-01T10:00", "recurrence_rule": "FREQ=SOMETIMES"}),
        json!({"calendar_name": "personal", "title": "x", "start_datetime": "2026-12-01T10:00", "timezone": "Mars/Olympus"}),
        json!({"calendar_name": "personal", "title": "x", "start_datetime": "2026-12-01T10:00", "end_datetime": "2026-12-01T09:00"}),
    ] {
        client.fail("nc_calendar_create_event", arguments).await;
    }
    assert!(nextcloud.state().objects("alice", "personal").is_empty());
    assert!(
        nextcloud
            .requests()
            .iter()
            .all(|entry| entry.method != "PUT")
    );
}
