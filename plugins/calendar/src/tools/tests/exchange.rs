//! iCalendar text in and out.

use nextcloud_mcp_plugin::testing::recording;
use nextcloud_mcp_plugin::{Body, Content, FailureKind};

use super::*;

fn text_of(inner: &[&str]) -> String {
    let event = |uid: &&str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:20261124T100000Z\r\nSUMMARY:E {uid}\r\n\
             END:VEVENT\r\n"
        )
    };
    let inner = inner.iter().map(event).collect::<Vec<_>>().concat();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\n{inner}END:VCALENDAR\r\n")
}

fn path(name: &str) -> String {
    format!("{PERSONAL}{name}.ics")
}

fn done() -> Answer {
    Answer::new(201, "text/html", "").header("etag", "\"e\"")
}

/// The text that an export carries, and where it says that the text is.
fn embedded(arguments: &Value) -> (String, String) {
    let output = tools().call("export_ics", &arguments.to_string()).unwrap();
    output
        .content
        .into_iter()
        .find_map(|content| match content {
            Content::Embedded(embedded) => match embedded.body {
                Body::Text(text) => Some((text, embedded.uri)),
                Body::Bytes(_) => None,
            },
            _ => None,
        })
        .unwrap()
}

#[test]
fn each_item_is_stored_where_none_is_and_has_an_outcome() {
    let nextcloud = start();
    nextcloud.on("PUT", &path("a"), done());
    for (uid, name) in [
        ("b", "caldav/026-put-create-again-if-none-match-412.json"),
        ("c", "caldav/052-put-same-uid-other-name.json"),
        ("d", "caldav/144-tb-recreate-1.json"),
    ] {
        let Some(recording) = recording(name) else {
            nextcloud.on("PUT", &path(uid), done());
            continue;
        };
        nextcloud.on("PUT", &path(uid), recording.answer);
    }
    let (text, found) = run(
        "import_ics",
        json!({"calendar_name": "personal", "ics": text_of(&["a", "b", "c", "d"])}),
    )
    .unwrap();
    assert_eq!(found["imported"][0], json!({"uid": "a", "title": "E a"}));
    if found["imported"].as_array().unwrap().len() == 1 {
        assert_eq!(
            text,
            "Imported 1 of 4 items to \"personal\". 2 there already. 1 not taken."
        );
        let why: Vec<&str> = found["skipped"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["why"].as_str().unwrap())
            .collect();
        assert_eq!(why, ["duplicate", "duplicate", "refused"]);
        let reason = found["skipped"][2]["reason"].as_str().unwrap();
        assert!(reason.contains("restore_from_trash"), "{reason}");
    }
    for put in nextcloud.sent().iter().filter(|sent| sent.method == "PUT") {
        assert_eq!(put.header("if-none-match"), Some("*"));
        assert!(!put.text().contains("METHOD") && put.text().matches("BEGIN:VEVENT").count() == 1);
    }
}

#[test]
fn a_dry_run_sends_nothing_that_changes() {
    let nextcloud = start();
    nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &[("r.ics", WEEKLY)]));
    let ics = text_of(&["a", "rec1"]).replace(
        "END:VCALENDAR",
        "BEGIN:VJOURNAL\r\nUID:j\r\nEND:VJOURNAL\r\nEND:VCALENDAR",
    );
    let (text, found) = run(
        "import_ics",
        json!({"calendar_name": "personal", "ics": ics, "dry_run": true}),
    )
    .unwrap();
    assert_eq!(
        text,
        "Would import 1 of 3 items to \"personal\". 1 there already. 1 invalid."
    );
    assert_eq!(found["dry_run"], true);
    assert!(nextcloud.sent().iter().all(|sent| sent.method != "PUT"));
}

#[test]
fn meetings_are_held_back_until_the_user_wants_messages_sent() {
    let meeting = text_of(&["a"]).replace(
        "END:VEVENT",
        "ORGANIZER:mailto:alice@example.org\r\nATTENDEE:mailto:bob@example.org\r\nEND:VEVENT",
    );
    let mut arguments = json!({"calendar_name": "personal", "ics": meeting});
    let nextcloud = start();
    let (_, found) = run("import_ics", arguments.clone()).unwrap();
    assert_eq!(found["skipped"][0]["why"], "meeting");
    assert_eq!(nextcloud.sent().len(), 1);
    drop(nextcloud);
    let nextcloud = start();
    nextcloud.on("PUT", &path("a"), Answer::new(201, "text/html", ""));
    arguments["send_invitations"] = json!(true);
    let (_, found) = run("import_ics", arguments).unwrap();
    assert_eq!(found["imported"][0]["uid"], "a");
}

#[test]
fn what_a_calendar_does_not_take_is_not_sent() {
    let task = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
    let nextcloud = start();
    let (_, found) = run(
        "import_ics",
        json!({"calendar_name": "personal", "ics": task}),
    )
    .unwrap();
    assert_eq!(found["skipped"][0]["why"], "refused");
    drop(nextcloud);
    let nextcloud = start();
    let failure = run(
        "import_ics",
        json!({"calendar_name": "Team", "ics": text_of(&["a"])}),
    )
    .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert_eq!(nextcloud.sent().len(), 1);
}

#[test]
fn what_is_nothing_to_import_is_refused_before_anything_is_asked() {
    let many: Vec<String> = (0..401).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (ics, kind) in [
        ("hello".to_owned(), FailureKind::Invalid),
        (text_of(&[]), FailureKind::Invalid),
        (text_of(&many), FailureKind::Limited),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = run(
            "import_ics",
            json!({"calendar_name": "personal", "ics": ics}),
        )
        .unwrap_err();
        assert_eq!(failure.kind, kind, "{}", failure.message);
    }
}

#[test]
fn one_item_is_exported_as_it_is_stored() {
    let nextcloud = found_weekly();
    nextcloud.on("GET", &path("r"), stored(WEEKLY, "e1"));
    let (text, uri) = embedded(&json!({"event_uid": "rec1", "calendar_name": "personal"}));
    assert_eq!(text, WEEKLY);
    assert_eq!(
        uri,
        "https://cloud.example/cloud/remote.php/dav/calendars/alice/personal/r.ics"
    );
}

#[test]
fn a_calendar_is_exported_as_one_text() {
    let nextcloud = found_weekly();
    let (text, uri) = embedded(&json!({"calendar_name": "personal"}));
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
    assert_eq!(text.matches("BEGIN:VCALENDAR").count(), 1);
    // Neither text defines the zone that it names.
    assert_eq!(text.matches("BEGIN:VTIMEZONE").count(), 1);
    assert_eq!(
        uri,
        "https://cloud.example/cloud/remote.php/dav/calendars/alice/personal/?export"
    );
    drop(nextcloud);
    let nextcloud = found_weekly();
    let arguments =
        json!({"calendar_name": "personal", "start_date": "2026-12-01", "end_date": "2026-12-01"});
    run("export_ics", arguments).unwrap();
    let sent = nextcloud.sent().pop().unwrap().text();
    assert!(
        sent.contains("start=\"20261130T090000Z\" end=\"20261202T130000Z\""),
        "{sent}"
    );
}

#[test]
fn a_text_that_is_too_large_is_refused_with_where_a_person_finds_it() {
    let nextcloud = start();
    let large = WEEKLY.replace(
        "SUMMARY:Weekly",
        &format!("SUMMARY:{}", "x".repeat(1 << 20)),
    );
    nextcloud.on("REPORT", PERSONAL, objects(PERSONAL, &[("r.ics", &large)]));
    let failure = run("export_ics", json!({"calendar_name": "personal"})).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Limited);
    assert!(failure.message.contains("/?export"), "{}", failure.message);
}

#[test]
fn an_export_of_nothing_in_particular_is_refused() {
    for arguments in [
        json!({}),
        json!({"calendar_name": "personal", "start_date": "2026-12-01"}),
        json!({"event_uid": "x", "start_date": "2026-12-01", "end_date": "2026-12-01"}),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = run("export_ics", arguments.clone()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{arguments}");
    }
}
