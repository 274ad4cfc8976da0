//! The tools against a scripted Nextcloud: which requests they send, what they make of the answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use nextcloud_mcp_plugin::nextcloud::{Account, Server};
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, call, problems};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

use super::create_event::{create_with_uid, new_uid};
use crate::tools;

const HOME: &str = "/remote.php/dav/calendars/alice/";
const PERSONAL: &str = "/remote.php/dav/calendars/alice/personal/";
const TEAM: &str = "/remote.php/dav/calendars/alice/team_shared_by_bob/";
const WEEKLY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:rec1\r\nDTSTAMP:20261121T000000Z\r\n\
    DTSTART;TZID=Europe/Berlin:20261012T090000\r\nDTEND;TZID=Europe/Berlin:20261012T093000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\n\
    SUMMARY:Weekly\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn single(uid: &str, start: &str, title: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:{start}\r\nDURATION:PT1H\r\n\
         SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn calendar(name: &str, display_name: &str, rights: &str) -> String {
    format!(
        "<d:response><d:href>/cloud{HOME}{name}/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/>\
         </d:resourcetype><d:displayname>{display_name}</d:displayname><c:supported-calendar-component-set>\
         <c:comp name=\"VEVENT\"/></c:supported-calendar-component-set><d:current-user-privilege-set><d:privilege>{rights}\
         </d:privilege></d:current-user-privilege-set></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

fn multistatus(responses: &str) -> Answer {
    let body = format!(
        "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">{responses}</d:multistatus>"
    );
    Answer::new(207, "application/xml; charset=utf-8", body)
}

fn objects(calendar: &str, found: &[(&str, &str)]) -> Answer {
    let response = |(name, text): &(&str, &str)| {
        format!(
            "<d:response><d:href>/cloud{calendar}{name}</d:href><d:propstat><d:prop><d:getetag>&quot;e-{name}&quot;</d:getetag>\
             <c:calendar-data>{text}</c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&found.iter().map(response).collect::<String>())
}

fn stored(text: &str, etag: &str) -> Answer {
    Answer::new(200, "text/calendar; charset=utf-8", text).header("etag", &format!("\"{etag}\""))
}

/// Alice in Berlin with a calendar of her own and one of Bob's that she may read, below `/cloud`.
fn start() -> Nextcloud {
    let nextcloud = Nextcloud::start();
    let url = "https://cloud.example/cloud".to_owned();
    nextcloud.server(Server {
        url,
        web_root: "/cloud".to_owned(),
        version: "33.0.3".to_owned(),
    });
    let calendars = calendar("personal", "Personal", "<d:write-content/>")
        + &calendar("team_shared_by_bob", "Team", "<d:read/>");
    nextcloud.on("PROPFIND", HOME, multistatus(&calendars));
    nextcloud
}

fn run(name: &str, arguments: Value) -> Result<(String, Value), Failure> {
    call(&tools(), name, arguments)
}

#[test]
fn the_tools_are_described_well() {
    assert_eq!(problems(&tools()), Vec::<String>::new());
    let bytes: usize = tools()
        .describe()
        .iter()
        .map(|tool| tool.input_schema.len() + tool.description.len())
        .sum();
    assert!(
        bytes < 12_000,
        "{bytes} bytes of input schemas and descriptions"
    );
}

#[test]
fn calendars_are_listed_with_what_may_be_done_in_them() {
    let _nextcloud = start();
    let (text, found) = run("list_calendars", json!({})).unwrap();
    assert_eq!(
        text,
        "2 calendars: personal, team_shared_by_bob (read-only)."
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

fn found_weekly() -> Nextcloud {
    let nextcloud = start();
    nextcloud.on(
        "REPORT",
        PERSONAL,
        objects(
            PERSONAL,
            &[
                ("r.ics", WEEKLY),
                ("longer.ics", &WEEKLY.replace("rec1", "rec12")),
            ],
        ),
    );
    nextcloud
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
    let arguments = json!({"event_uid": "rec1", "calendar_name": "personal", "title": "Jour fixe", "etag": "\"e1\""});
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
        json!({"event_uid": "rec1", "calendar_name": "personal", "title": "Jour fixe"}),
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
            json!({"event_uid": "rec1", "calendar_name": "personal", "title": "x", "etag": etag}),
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
fn a_login_page_instead_of_a_write_is_no_success() {
    let path = format!("{PERSONAL}r.ics");
    for (tool, method, mut arguments) in [
        ("update_event", "PUT", json!({"title": "x"})),
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
        json!({"event_uid": "rec1", "calendar_name": "personal", "title": "x"}),
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
        json!({"event_uid": "rec1", "calendar_name": "personal", "title": "x"}),
    )
    .unwrap_err();
    assert!(
        failure.kind == FailureKind::Denied && failure.message.contains("reading only"),
        "{}",
        failure.message
    );
}
