//! Events moved to another calendar.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::recording;

use super::*;

/// `rec1` in `personal`, and a second calendar to move it to.
fn two_calendars() -> Nextcloud {
    let nextcloud = Nextcloud::start();
    let home = calendar("personal", "Personal", "<d:write/>")
        + &calendar("work", "Work", "<d:write/>")
        + &calendar("team_shared_by_bob", "Team", "<d:read/>");
    nextcloud.on("PROPFIND", HOME, multistatus(&home)).on(
        "REPORT",
        PERSONAL,
        objects(PERSONAL, &[("r.ics", WEEKLY)]),
    );
    nextcloud
}

const MOVE: &str = "/remote.php/dav/calendars/alice/personal/r.ics";
const MOVED: &str = "/remote.php/dav/calendars/alice/work/r.ics";

fn move_to_work() -> Value {
    json!({"event_uid": "rec1", "calendar_name": "personal", "target_calendar": "Work"})
}

#[test]
fn a_move_sends_no_text_and_overwrites_nothing() {
    let nextcloud = two_calendars();
    nextcloud
        .on(
            "MOVE",
            MOVE,
            Answer::new(201, "text/html; charset=UTF-8", ""),
        )
        .on("GET", MOVED, stored(WEEKLY, "e-r.ics"));
    let (text, found) = run("move_event", move_to_work()).unwrap();
    assert_eq!(
        text,
        "Moved the whole series \"Weekly\" from \"personal\" to \"work\"."
    );
    assert_eq!(
        (found["calendar"].as_str(), found["etag"].as_str()),
        (Some("work"), Some("e-r.ics"))
    );
    let sent = nextcloud.sent();
    assert_eq!(sent.len(), 4);
    assert_eq!(sent[2].header("destination"), Some(MOVED));
    assert_eq!(sent[2].header("overwrite"), Some("F"));
    assert_eq!(sent[2].header("if-match"), Some("\"e-r.ics\""));
    assert!(sent[2].body.is_empty());
}

#[test]
fn what_stands_in_the_way_of_a_move_is_explained() {
    let exists = Answer::new(
        412,
        "application/xml",
        "<d:error xmlns:d=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\"><s:message>The destination node already exists, and the \
         overwrite header is set to false</s:message><s:header>Overwrite</s:header></d:error>",
    );
    // RFC 4791, 5.3.2.1, as Radicale says it.
    let taken = Answer::new(
        409,
        "text/xml",
        "<error xmlns=\"DAV:\"><C:no-uid-conflict xmlns:C=\"urn:ietf:params:xml:ns:caldav\"/></error>",
    );
    let mut refusals = vec![
        (exists, "has this item already"),
        (taken, "has this item already"),
    ];
    for (name, words) in [
        ("caldav/117-copy-object.json", "has this item already"),
        ("caldav/144-tb-recreate-1.json", "restore_from_trash"),
        (
            "caldav/105-bob-put-into-readonly-shared-404.json",
            "reading only",
        ),
        ("caldav/120-delete-object-again-404.json", "any more"),
    ] {
        refusals.extend(recording(name).map(|recording| (recording.answer, words)));
    }
    for (answer, words) in refusals {
        let nextcloud = two_calendars();
        nextcloud.on("MOVE", MOVE, answer);
        let failure = run("move_event", move_to_work()).unwrap_err();
        assert!(failure.message.contains(words), "{}", failure.message);
    }
}

#[test]
fn what_changed_since_it_was_read_is_not_moved() {
    let nextcloud = two_calendars();
    nextcloud.on(
        "GET",
        MOVE,
        stored(&WEEKLY.replace("Weekly", "Theirs"), "e9"),
    );
    let mut arguments = move_to_work();
    arguments["etag"] = json!("old");
    let failure = run("move_event", arguments).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(failure.structured.unwrap().contains("Theirs"));
    drop(nextcloud);

    let Some(recording) = recording("caldav/118-delete-if-match-stale-412.json") else {
        return;
    };
    let nextcloud = two_calendars();
    nextcloud
        .on("MOVE", MOVE, recording.answer)
        .on("GET", MOVE, stored(WEEKLY, "e9"));
    let failure = run("move_event", move_to_work()).unwrap_err();
    assert!(failure.structured.unwrap().contains("\"etag\":\"e9\""));
}

#[test]
fn a_move_that_cannot_be_is_refused_before_it_is_sent() {
    for (target, word) in [("team_shared_by_bob", "read-only"), ("personal", "already")] {
        let nextcloud = two_calendars();
        let mut arguments = move_to_work();
        arguments["target_calendar"] = json!(target);
        let failure = run("move_event", arguments).unwrap_err();
        assert!(failure.message.contains(word), "{}", failure.message);
        assert!(nextcloud.sent().iter().all(|sent| sent.method != "MOVE"));
    }
}

#[test]
fn a_private_event_does_not_vanish_into_the_calendar_of_somebody_else() {
    let nextcloud = Nextcloud::start();
    let private = WEEKLY.replace("SUMMARY:Weekly", "CLASS:PRIVATE\r\nSUMMARY:Weekly");
    let home = calendar("personal", "Personal", "<d:write/>")
        + &calendar("team_shared_by_bob", "Team", "<d:write/>");
    nextcloud.on("PROPFIND", HOME, multistatus(&home)).on(
        "REPORT",
        PERSONAL,
        objects(PERSONAL, &[("r.ics", &private)]),
    );
    let failure = run(
        "move_event",
        json!({"event_uid": "rec1", "calendar_name": "personal", "target_calendar": "Team"}),
    )
    .unwrap_err();
    assert!(
        failure.message.contains("would not see it"),
        "{}",
        failure.message
    );
}
