//! Tools that write.

use nextcloud_mcp_plugin::FailureKind;

use super::*;
use crate::event::new_uid;
use crate::tools::events::create_event::create_with_uid;

#[test]
fn an_event_is_created_only_where_none_is() {
    let nextcloud = start();
    let path = format!("{PERSONAL}u%2F1.ics");
    nextcloud.on(
        "PUT",
        &path,
        Answer::new(201, "text/html", "").header("etag", "\"e1\""),
    );
    let arguments = json!({"calendar_name": "PERSONAL", "title": "Zahnarzt, 2. Termin", "start_datetime": "2026-12-03T09:30", "reminder_minutes": 60});
    let reply = create_with_uid(&serde_json::from_value(arguments).unwrap(), "u/1").unwrap();
    let put = nextcloud.sent().pop().unwrap();
    assert_eq!(put.header("if-none-match"), Some("*"));
    assert_eq!(
        put.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    assert!(
        put.text().contains("SUMMARY:Zahnarzt\\, 2. Termin\r\n")
            && put.text().contains("TRIGGER:-PT60M\r\n")
    );
    assert_eq!(
        reply.text,
        "Created \"Zahnarzt, 2. Termin\", 2026-12-03T09:30:00+01:00 to 2026-12-03T10:30:00+01:00, in \"personal\"."
    );
    assert_eq!(reply.data.event.etag, "e1");
}

#[test]
fn every_new_event_has_a_uid_of_its_own() {
    let uid = new_uid().unwrap();
    assert_eq!((uid.len(), &uid[14..15]), (36, "4"));
    assert_ne!(uid, new_uid().unwrap());
}

#[test]
fn nothing_is_sent_to_a_calendar_that_is_read_only() {
    let _nextcloud = start();
    let failure = run(
        "create_event",
        json!({"calendar_name": "Team", "title": "x", "start_datetime": "2026-12-03T09:30"}),
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(failure.message.contains("read-only"), "{}", failure.message);
}
#[test]
fn an_update_sends_what_was_read_with_the_change_and_its_etag() {
    let nextcloud = found_weekly();
    let path = format!("{PERSONAL}r.ics");
    nextcloud.on("GET", &path, stored(WEEKLY, "e1")).on(
        "PUT",
        &path,
        Answer::new(204, "text/html", "").header("etag", "\"e2\""),
    );
    let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "all", "title": "Jour fixe", "etag": "\"e1\""});
    let (text, found) = run("update_event", arguments).unwrap();
    let put = nextcloud.sent().pop().unwrap();
    assert_eq!(put.header("if-match"), Some("\"e1\""));
    assert!(
        put.text().contains("SUMMARY:Jour fixe\r\n")
            && put.text().contains("RRULE:FREQ=WEEKLY;COUNT=4\r\n")
    );
    assert!(text.contains("whole series"), "{text}");
    assert_eq!(
        (
            found["event"]["etag"].as_str(),
            found["event"]["title"].as_str()
        ),
        (Some("e2"), Some("Jour fixe"))
    );
}

#[test]
fn what_nextcloud_changed_while_storing_is_read_again() {
    let nextcloud = found_weekly();
    let path = format!("{PERSONAL}r.ics");
    let scheduled = WEEKLY.replace("SUMMARY:Weekly", "SUMMARY:Jour fixe\r\nX-SERVER:1");
    nextcloud
        .on("GET", &path, stored(WEEKLY, "e1"))
        .on("PUT", &path, Answer::new(204, "text/html", ""))
        .on("GET", &path, stored(&scheduled, "e3"));
    let (_, found) = run(
        "update_event",
        json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "all", "title": "Jour fixe"}),
    )
    .unwrap();
    assert_eq!(found["event"]["etag"], "e3");
}

#[test]
fn a_stale_etag_is_a_conflict_with_what_is_there() {
    let path = format!("{PERSONAL}r.ics");
    let now = WEEKLY.replace("Weekly", "Changed by Bob");
    // Known to be stale: nothing is sent. Found out by Nextcloud: nothing is written.
    for (etag, late) in [("old", false), ("e1", true)] {
        let nextcloud = found_weekly();
        nextcloud.on(
            "GET",
            &path,
            stored(
                if late { WEEKLY } else { &now },
                if late { "e1" } else { "e9" },
            ),
        );
        if late {
            nextcloud.on("PUT", &path, Answer::new(412, "application/xml", "<x/>"));
        }
        nextcloud.on("GET", &path, stored(&now, "e9"));
        let failure = run(
            "update_event",
            json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "all", "title": "x", "etag": etag}),
        )
        .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Conflict);
        let there: Value = serde_json::from_str(&failure.structured.unwrap()).unwrap();
        assert_eq!(
            (
                there["event"]["title"].as_str(),
                there["event"]["etag"].as_str()
            ),
            (Some("Changed by Bob"), Some("e9"))
        );
    }
}

#[test]
fn a_login_page_instead_of_a_write_is_no_success() {
    let path = format!("{PERSONAL}r.ics");
    for (tool, method, mut arguments) in [
        ("update_event", "PUT", json!({"title": "x", "scope": "all"})),
        ("delete_event", "DELETE", json!({"scope": "all"})),
    ] {
        let nextcloud = found_weekly();
        if method == "PUT" {
            nextcloud.on("GET", &path, stored(WEEKLY, "e1"));
        }
        nextcloud.on(method, &path, Answer::page(200));
        arguments["event_uid"] = json!("rec1");
        arguments["calendar_name"] = json!("personal");
        let message = run(tool, arguments).unwrap_err().message;
        assert!(
            message.contains("web page") && message.contains("not known"),
            "{tool}: {message}"
        );
    }
}

#[test]
fn a_series_is_deleted_only_when_the_call_says_so() {
    let nextcloud = found_weekly();
    let failure = run(
        "delete_event",
        json!({"event_uid": "rec1", "calendar_name": "personal"}),
    )
    .unwrap_err();
    assert!(
        failure.message.contains("scope \"all\""),
        "{}",
        failure.message
    );
    assert!(nextcloud.sent().iter().all(|sent| sent.method != "DELETE"));
    drop(nextcloud);

    let nextcloud = found_weekly();
    nextcloud.on(
        "DELETE",
        &format!("{PERSONAL}r.ics"),
        Answer::new(204, "text/html", ""),
    );
    let (_, deleted) = run(
        "delete_event",
        json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "all"}),
    )
    .unwrap();
    assert_eq!(deleted["whole_series"], true);
    assert_eq!(
        nextcloud.sent().pop().unwrap().header("if-match"),
        Some("\"e-r.ics\"")
    );
}
#[test]
fn an_event_in_two_calendars_is_not_guessed_at() {
    let nextcloud = start();
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("r.ics", WEEKLY)]))
        .on("REPORT", TEAM, objects(TEAM, &[("r.ics", WEEKLY)]));
    let failure = run("delete_event", json!({"event_uid": "rec1", "scope": "all"})).unwrap_err();
    assert!(
        failure.message.contains("personal, team_shared_by_bob"),
        "{}",
        failure.message
    );
}

#[test]
fn a_uid_in_the_trash_bin_is_explained() {
    let Some(recording) =
        nextcloud_mcp_plugin::testing::recording("caldav/122-recreate-after-delete.json")
    else {
        return;
    };
    let nextcloud = found_weekly();
    let path = format!("{PERSONAL}r.ics");
    nextcloud
        .on("GET", &path, stored(WEEKLY, "e1"))
        .on("PUT", &path, recording.answer);
    let failure = run(
        "update_event",
        json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "all", "title": "x"}),
    )
    .unwrap_err();
    assert!(failure.message.contains("trash bin"), "{}", failure.message);
}

#[test]
fn a_write_that_a_share_refuses_is_explained() {
    let Some(recording) = nextcloud_mcp_plugin::testing::recording(
        "caldav/105-bob-put-into-readonly-shared-404.json",
    ) else {
        return;
    };
    let nextcloud = found_weekly();
    let path = format!("{PERSONAL}r.ics");
    nextcloud
        .on("GET", &path, stored(WEEKLY, "e1"))
        .on("PUT", &path, recording.answer);
    let failure = run(
        "update_event",
        json!({"event_uid": "rec1", "calendar_name": "personal", "scope": "all", "title": "x"}),
    )
    .unwrap_err();
    assert!(
        failure.kind == FailureKind::Denied && failure.message.contains("reading only"),
        "{}",
        failure.message
    );
}

#[test]
fn an_event_repeats_and_reminds_as_plain_words_say() {
    let nextcloud = start();
    let path = format!("{PERSONAL}u1.ics");
    nextcloud.on(
        "PUT",
        &path,
        Answer::new(201, "text/html", "").header("etag", "\"e1\""),
    );
    let arguments = json!({"calendar_name": "personal", "title": "Run", "start_datetime": "2026-12-01T07:00",
        "repeat": {"every": "week", "interval": 2, "on": ["TU", "TH"], "until": "2026-12-31"},
        "reminders": [{"minutes_before": 10}, {"minutes_before": 1440, "email": true}]});
    create_with_uid(&serde_json::from_value(arguments).unwrap(), "u1").unwrap();
    let text = nextcloud.sent().pop().unwrap().text();
    for part in [
        "RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z;INTERVAL=2;BYDAY=TU,TH\r\n",
        "TRIGGER:-PT10M\r\n",
        "TRIGGER:-PT1440M\r\n",
        "ATTENDEE:mailto:alice@example.org\r\n",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn what_is_said_in_two_ways_is_refused() {
    let week = json!({"every": "week"});
    for more in [
        json!({"repeat": week, "recurrence_rule": "FREQ=DAILY"}),
        json!({"repeat": week, "recurring": false}),
        json!({"recurring": true}),
        json!({"repeat": {"every": "week", "count": 2, "until": "2026-12-31"}}),
        json!({"repeat": {"every": "week", "until": "2026-12-31"}, "recurrence_end_date": "2026-12-31"}),
        json!({"repeat": {"every": "week", "on": ["Monday"]}}),
        json!({"reminder_minutes": 5, "reminders": []}),
        json!({"reminder_email": true}),
    ] {
        let _nextcloud = Nextcloud::start();
        let mut arguments = json!({"calendar_name": "personal", "title": "x", "start_datetime": "2026-12-01T07:00"});
        arguments
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let arguments = serde_json::from_value(arguments).unwrap();
        let failure = create_with_uid(&arguments, "u1").unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{more}");
    }
}
