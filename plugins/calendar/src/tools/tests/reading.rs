//! Tools that read.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::nextcloud::Account;

use super::*;

#[test]
fn calendars_are_listed_with_what_may_be_done_in_them() {
    let _nextcloud = start();
    let (text, found) = run("list_calendars", json!({})).unwrap();
    assert_eq!(
        text,
        "2 calendars: personal (own), team_shared_by_bob (shared by bob, read-only)."
    );
    assert_eq!(found["calendars"][0]["writable"], true);
}

#[test]
fn occurrences_are_sorted_filtered_before_the_limit_and_paged() {
    let arguments = json!({"start_date": "2026-10-01", "end_date": "2026-11-30", "limit": 2, "title_contains": "WEEK"});
    let nextcloud = start();
    let other = single("other", "20261001T100000Z", "Other");
    nextcloud
        .on(
            "REPORT",
            PERSONAL,
            objects(PERSONAL, &[("r.ics", WEEKLY), ("o.ics", &other)]),
        )
        .on("REPORT", TEAM, objects(TEAM, &[]));
    let (_, first) = run("list_events", arguments.clone()).unwrap();
    // Berlin leaves daylight saving on the 25th.
    let starts = |page: &Value| {
        page["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["start"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        starts(&first),
        ["2026-10-12T09:00:00+02:00", "2026-10-19T09:00:00+02:00"]
    );
    assert_eq!(first["shown_in"], "Europe/Berlin");
    let sent = nextcloud.sent();
    assert_eq!(sent[1].header("depth"), Some("1"));
    assert!(
        sent[1]
            .text()
            .contains("start=\"20260930T080000Z\" end=\"20261201T130000Z\""),
        "{}",
        sent[1].text()
    );
    drop(nextcloud);

    let nextcloud = start();
    nextcloud
        .on(
            "REPORT",
            PERSONAL,
            objects(PERSONAL, &[("r.ics", WEEKLY), ("o.ics", &other)]),
        )
        .on("REPORT", TEAM, objects(TEAM, &[]));
    let mut next = arguments;
    next["cursor"] = first["next_cursor"].clone();
    let (_, second) = run("list_events", next).unwrap();
    assert_eq!(
        starts(&second),
        ["2026-10-26T09:00:00+01:00", "2026-11-02T09:00:00+01:00"]
    );
    assert_eq!(second["next_cursor"], Value::Null);
}

#[test]
fn every_event_is_on_one_page_of_many() {
    let series = |i| {
        WEEKLY
            .replace("rec1", &format!("u{i}"))
            .replace("T09", &format!("T0{}", i % 4))
    };
    let texts: Vec<String> = (0..9)
        .map(series)
        .chain([single("once", "20261020T050000Z", "Once")])
        .collect();
    let names: Vec<String> = (0..10).map(|i| format!("{i}.ics")).collect();
    let found: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(texts.iter().map(String::as_str))
        .collect();
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let nextcloud = start();
        nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &found));
        let mut arguments = json!({"calendar_name": "personal", "start_date": "2026-10-01", "end_date": "2026-11-30", "limit": 5});
        if cursor != Value::Null {
            arguments["cursor"] = cursor;
        }
        let (_, page) = run("list_events", arguments).unwrap();
        for event in page["events"].as_array().unwrap() {
            seen.push(format!(
                "{} {}",
                event["start"].as_str().unwrap(),
                event["uid"].as_str().unwrap()
            ));
        }
        cursor = page["next_cursor"].clone();
        if cursor == Value::Null {
            break;
        }
    }
    assert_eq!(seen.len(), 37);
    assert!(seen.is_sorted(), "{seen:?}");
    seen.dedup();
    assert_eq!(seen.len(), 37);
}

#[test]
fn calendars_and_events_that_fail_are_named() {
    let nextcloud = start();
    let odd = single("odd", "20261001T100000Z", "Odd")
        .replace("DTSTART:2026", "DTSTART;TZID=Mars/Olympus:2026")
        .replace("100000Z", "100000");
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("odd.ics", &odd)]))
        .on("REPORT", TEAM, Answer::page(502));
    let (text, found) = run("list_events", json!({"start_date": "2026-10-01"})).unwrap();
    assert_eq!(found["failed"][0]["calendar"], "team_shared_by_bob");
    assert!(
        found["unreadable"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("Mars/Olympus")
    );
    assert!(
        text.contains("team_shared_by_bob") && text.contains("not understood"),
        "{text}"
    );
}

#[test]
fn a_page_instead_of_data_is_said_to_be_one_by_each_kind_of_request() {
    let nextcloud = start();
    nextcloud.on("REPORT", PERSONAL, Answer::page(200));
    nextcloud.on("REPORT", TEAM, Answer::page(200));
    let (_, found) = run("list_events", json!({"start_date": "2026-10-01"})).unwrap();
    let failed = found["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 2);
    for failed in failed {
        let reason = failed["reason"].as_str().unwrap();
        assert!(
            reason.contains("web page") && !reason.contains("html"),
            "{reason}"
        );
    }
    nextcloud.on("PROPFIND", HOME, Answer::page(200));
    let failure = run("list_calendars", json!({})).unwrap_err();
    assert!(failure.message.contains("web page"), "{}", failure.message);
}

#[test]
fn an_unknown_zone_of_the_user_is_said() {
    let nextcloud = start();
    nextcloud.account(Account {
        time_zone: None,
        ..nextcloud_mcp_plugin::nextcloud::whoami().unwrap()
    });
    nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &[]));
    let (text, found) = run(
        "list_events",
        json!({"calendar_name": "personal", "start_date": "2026-10-01"}),
    )
    .unwrap();
    assert!(text.contains("does not say the user's time zone"), "{text}");
    assert_eq!(found["shown_in"], "UTC");
}

#[test]
fn nonsense_is_refused_before_anything_is_asked() {
    for arguments in [
        json!({"start_date": "soon"}),
        json!({"start_date": "2026-12-02", "end_date": "2026-12-01"}),
        json!({"cursor": "x"}),
        json!({"start_date": "9999-12-31"}),
    ] {
        let _nextcloud = Nextcloud::start();
        assert_eq!(
            run("list_events", arguments.clone()).unwrap_err().kind,
            FailureKind::Invalid,
            "{arguments}"
        );
    }
}
#[test]
fn an_event_is_found_by_its_whole_uid_and_shown_in_full() {
    let nextcloud = found_weekly();
    let moved = WEEKLY.replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:rec1\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261019T090000\r\nDTSTART;TZID=Europe/Berlin:20261019T140000\r\n\
         DURATION:PT30M\r\nSUMMARY:Moved\r\nEND:VEVENT\r\nEND:VCALENDAR",
    );
    nextcloud.on("REPORT", TEAM, objects(TEAM, &[]));
    let (text, found) = run("get_event", json!({"event_uid": "rec1"})).unwrap();
    assert!(
        text.contains("repeating") && text.contains("\"personal\""),
        "{text}"
    );
    assert_eq!(found["event"]["uid"], "rec1");
    assert!(
        found["link"]
            .as_str()
            .unwrap()
            .starts_with("https://cloud.example/cloud/index.php/apps/calendar/edit/")
    );
    drop(nextcloud);

    let nextcloud = start();
    nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &[("r.ics", &moved)]));
    let (_, found) = run(
        "get_event",
        json!({"event_uid": "rec1", "calendar_name": "personal"}),
    )
    .unwrap();
    assert_eq!(
        found["exceptions"][0]["recurrence_id"],
        "2026-10-19T09:00:00+02:00"
    );
    assert_eq!(found["exceptions"][0]["start"], "2026-10-19T14:00:00+02:00");
}

#[test]
fn one_occurrence_is_read_alone() {
    let nextcloud = start();
    let moved = WEEKLY.replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:rec1\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261019T090000\r\nDTSTART;TZID=Europe/Berlin:20261019T140000\r\n\
         DURATION:PT30M\r\nSUMMARY:Moved\r\nEND:VEVENT\r\nEND:VCALENDAR",
    );
    for (id, start_of, title) in [
        (
            "2026-10-19T09:00:00+02:00",
            "2026-10-19T14:00:00+02:00",
            "Moved",
        ),
        ("2026-10-26", "2026-10-26T09:00:00+01:00", "Weekly"),
    ] {
        nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &[("r.ics", &moved)]));
        let (_, found) = run(
            "get_event",
            json!({"event_uid": "rec1", "calendar_name": "personal", "recurrence_id": id}),
        )
        .unwrap();
        assert_eq!(
            (
                found["event"]["start"].as_str(),
                found["event"]["title"].as_str()
            ),
            (Some(start_of), Some(title))
        );
        assert!(found.get("next").is_none() && found.get("exceptions").is_none());
        nextcloud.on(
            "PROPFIND",
            HOME,
            multistatus(&(calendar("personal", "Personal", "<d:write-content/>"))),
        );
    }
    let failure = {
        nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &[("r.ics", &moved)]));
        run(
            "get_event",
            json!({"event_uid": "rec1", "calendar_name": "personal", "recurrence_id": "2026-10-20"}),
        )
        .unwrap_err()
    };
    assert!(
        failure.message.contains("2026-10-19T09:00:00+02:00"),
        "{}",
        failure.message
    );
}
