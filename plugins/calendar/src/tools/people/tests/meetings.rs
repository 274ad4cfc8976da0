//! Guests of meetings and of stored events.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recordings};
use serde_json::json;

use super::super::super::tests::{PERSONAL, objects, run, start, stored};
use super::super::create_meeting::create_with_uid;
use super::super::{guests, may_invite};
use super::invitation;
use crate::dav::{Calendar, Home};

#[test]
fn a_meeting_is_created_with_its_guests_and_says_whom_nextcloud_told() {
    let Some([put, get]) = recordings([
        "caldav/099-put-with-attendee.json",
        "caldav/100-get-after-scheduling.json",
    ]) else {
        return;
    };
    let nextcloud = start();
    let path = format!("{PERSONAL}u.ics");
    nextcloud
        .on("PUT", &path, put.answer)
        .on("GET", &path, get.answer);
    let arguments = json!({"title": "Invite", "date": "2026-10-25", "time": "02:30", "duration_minutes": 90,
        "attendees": "Bob <bob@example.org>", "location": "Room 1"});
    let reply = create_with_uid(&serde_json::from_value(arguments).unwrap(), "u").unwrap();
    let mut sent = nextcloud.sent().into_iter();
    let sent = sent.find(|sent| sent.method == "PUT").unwrap();
    assert_eq!(sent.header("if-none-match"), Some("*"));
    let text = sent.text().replace("\r\n ", "");
    // Half past two comes twice that night: the first is meant, and ninety minutes later it is three.
    for line in [
        "DTSTART;TZID=Europe/Berlin:20261025T023000",
        "DTEND;TZID=Europe/Berlin:20261025T030000",
        "ORGANIZER;CN=\"Alice Example\":mailto:alice@example.org",
        "ATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org",
        "LOCATION:Room 1",
        "TRIGGER:-PT15M",
    ] {
        assert!(
            text.contains(&format!("{line}\r\n")),
            "{line} is not in {text}"
        );
    }
    assert!(
        reply.text.ends_with("Nextcloud told bob@example.org."),
        "{}",
        reply.text
    );
}

#[test]
fn nonsense_about_a_meeting_is_refused_before_anything_is_asked() {
    for (field, value) in [
        ("date", "2026-12-03T10:00"),
        ("date", "tomorrow"),
        ("time", "2 pm"),
        ("time", "14:00+01:00"),
        ("time", "14:00[Europe/Paris]"),
        ("timezone", "Mars/Olympus"),
        ("attendees", "bob"),
        ("title", " "),
    ] {
        let _nextcloud = Nextcloud::start();
        let mut arguments = json!({"title": "x", "date": "2026-12-03", "time": "14:00"});
        arguments[field] = json!(value);
        let failure = run("create_meeting", arguments).unwrap_err();
        assert_eq!(
            failure.kind,
            FailureKind::Invalid,
            "{field} {value}: {}",
            failure.message
        );
    }
}

#[test]
fn guests_are_invited_only_from_the_users_own_calendars() {
    let _nextcloud = Nextcloud::start();
    let home = Home::of_caller().unwrap();
    let theirs = Calendar {
        name: "team_shared_by_bob".to_owned(),
        display_name: "Team".to_owned(),
        writable: true,
        components: vec!["VEVENT".to_owned()],
        description: None,
        color: None,
        shared_by: Some("Bob".to_owned()),
        owner: Some("bob".to_owned()),
        subscribed_from: None,
        may_share: false,
        order: None,
        hidden: false,
        transparent: false,
        time_zone: None,
    };
    let some = guests(Some("eve@example.org"), &home).unwrap();
    let failure = may_invite(&theirs, some.as_ref()).unwrap_err();
    assert!(failure.message.contains("Bob's"), "{}", failure.message);
    may_invite(
        &theirs,
        guests(Some("alice@example.org"), &home).unwrap().as_ref(),
    )
    .unwrap();
    may_invite(&theirs, None).unwrap();
}

#[test]
fn guests_of_a_stored_event_are_changed_with_its_etag() {
    let nextcloud = start();
    let path = format!("{PERSONAL}i.ics");
    let text = invitation("ACCEPTED")
        .replace("ORGANIZER;CN=Bob:mailto:bob", "ORGANIZER:mailto:alice")
        .replace(
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob",
            "ATTENDEE;PARTSTAT=ACCEPTED:mailto:eve",
        );
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]))
        .on("GET", &path, stored(&text, "e1"))
        .on(
            "PUT",
            &path,
            Answer::new(204, "text/html", "").header("etag", "\"e2\""),
        );
    let arguments = json!({"event_uid": "inv1", "calendar_name": "personal", "attendees": "eve@example.org,carol@example.org"});
    let (said, _) = run("update_event", arguments).unwrap();
    let put = nextcloud.sent().pop().unwrap();
    assert_eq!(put.header("if-match"), Some("\"e1\""));
    let sent = put.text().replace("\r\n ", "");
    assert!(
        sent.contains("ATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@example.org\r\n")
            && sent.contains("mailto:carol@example.org\r\n")
    );
    assert!(
        !sent.contains("A.Example") && sent.contains("SEQUENCE:3\r\n"),
        "{sent}"
    );
    assert!(
        said.contains("does not say whether it told eve@example.org, carol@example.org"),
        "{said}"
    );
}
