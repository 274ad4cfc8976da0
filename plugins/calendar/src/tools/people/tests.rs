//! The tools for other people against a scripted Nextcloud.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recording, recordings};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use serde_json::{Value, json};

use super::super::tests::{HOME, PERSONAL, TEAM, multistatus, objects, run, start, stored};
use super::create_meeting::create_with_uid;
use super::{guests, may_invite};
use crate::dav::{self, Calendar, Home};

const PRINCIPAL: &str = "/remote.php/dav/principals/users/alice/";
const INBOX: &str = "/remote.php/dav/calendars/alice/inbox/";
const OUTBOX: &str = "/remote.php/dav/calendars/alice/outbox/";

/// The first Monday at least a month ahead: the tools look at nothing that is over.
fn monday() -> Date {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let later = today.checked_add(Span::new().days(30)).unwrap();
    later.nth_weekday(1, Weekday::Monday).unwrap()
}

/// `20261207`
fn day() -> String {
    monday().strftime("%Y%m%d").to_string()
}

fn addresses() -> Answer {
    multistatus(&format!(
        "<d:response><d:href>/cloud{PRINCIPAL}</d:href><d:propstat><d:prop><c:calendar-user-address-set>\
         <d:href>mailto:alice@example.org</d:href><d:href>mailto:a.example@example.org</d:href></c:calendar-user-address-set>\
         </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    ))
}

/// Bob asks alice, under her other address, to a meeting on that Monday.
fn invitation(answer: &str) -> String {
    let day = day();
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:inv1\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:{day}T100000Z\r\n\
         DTEND:{day}T110000Z\r\nSUMMARY:Plan\r\nSEQUENCE:2\r\nORGANIZER;CN=Bob:mailto:bob@example.org\r\n\
         ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.org\r\nATTENDEE;X-A=1;PARTSTAT={answer}:mailto:A.Example@example.org\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

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

#[test]
fn invitations_that_wait_are_listed_those_in_the_inbox_alone_included() {
    let nextcloud = start();
    let message = |uid: &str| {
        invitation("NEEDS-ACTION")
            .replace("UID:inv1", &format!("UID:{uid}"))
            .replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST")
    };
    nextcloud
        .on("PROPFIND", PRINCIPAL, addresses())
        .on(
            "REPORT",
            INBOX,
            objects(
                INBOX,
                &[("1.ics", &message("inv1")), ("2.ics", &message("inv2"))],
            ),
        )
        .on(
            "REPORT",
            PERSONAL,
            objects(
                PERSONAL,
                &[
                    ("i.ics", &invitation("NEEDS-ACTION")),
                    ("j.ics", &invitation("ACCEPTED").replace("inv1", "inv3")),
                    ("k.ics", "BEGIN:VCALENDAR\r\n"),
                ],
            ),
        );
    let (text, found) = run("list_invitations", json!({})).unwrap();
    let list = found["invitations"].as_array().unwrap();
    assert_eq!(list.len(), 2, "{found}");
    assert_eq!(
        (
            &list[0]["event_uid"],
            &list[0]["calendar"],
            &list[0]["organizer"]["email"]
        ),
        (
            &json!("inv1"),
            &json!("personal"),
            &json!("bob@example.org")
        )
    );
    assert_eq!(
        (&list[1]["event_uid"], &list[1]["inbox_only"]),
        (&json!("inv2"), &json!(true))
    );
    assert_eq!(list[0]["inbox_only"], Value::Null);
    assert_eq!(found["failed"][0]["object"], "k.ics");
    assert!(
        text.starts_with("2 invitations wait") && text.contains("personal"),
        "{text}"
    );
    // Never asked: a calendar that is somebody else's, where only its owner can answer.
    assert!(nextcloud.sent().iter().all(|sent| sent.path != TEAM));
}

#[test]
fn a_server_without_inbox_or_principals_still_lists_invitations() {
    let nextcloud = start();
    let text = invitation("NEEDS-ACTION").replace("A.Example", "alice");
    nextcloud
        .on("PROPFIND", PRINCIPAL, Answer::new(404, "text/plain", ""))
        .on("REPORT", INBOX, Answer::new(404, "text/plain", ""))
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]));
    let (_, found) = run("list_invitations", json!({"days_ahead": 400})).unwrap();
    assert_eq!(found["invitations"].as_array().unwrap().len(), 1);
    assert_eq!(found["failed"], Value::Null);
}

fn invited() -> Nextcloud {
    let nextcloud = start();
    let text = invitation("NEEDS-ACTION");
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on("GET", &format!("{PERSONAL}i.ics"), stored(&text, "e1"));
    nextcloud
}

fn accept() -> Result<(String, Value), Failure> {
    run(
        "respond_to_invitation",
        json!({"event_uid": "inv1", "calendar_name": "personal", "response": "accepted"}),
    )
}

#[test]
fn an_answer_is_stored_if_nothing_changed_and_confirmed_by_reading_it_back() {
    let path = format!("{PERSONAL}i.ics");
    let after = invitation("ACCEPTED").replace("ORGANIZER;", "ORGANIZER;SCHEDULE-STATUS=1.2;");
    let nextcloud = invited();
    nextcloud
        .on("PUT", &path, Answer::new(204, "text/html", ""))
        .on("GET", &path, stored(&after, "e2"));
    let (text, found) = accept().unwrap();
    let put = nextcloud
        .sent()
        .into_iter()
        .find(|sent| sent.method == "PUT")
        .unwrap();
    assert_eq!(put.header("if-match"), Some("\"e1\""));
    assert!(
        put.text()
            .contains("ATTENDEE;X-A=1;PARTSTAT=ACCEPTED:mailto:A.Example@example.org\r\n")
    );
    assert!(put.text().contains("SEQUENCE:2\r\n"));
    assert!(
        text.starts_with("Accepted: \"Plan\"") && text.ends_with("Nextcloud told the organizer."),
        "{text}"
    );
    assert_eq!(found["etag"], "e2");
    assert_eq!(
        (&found["response"], &found["organizer_told"]),
        (&json!("accepted"), &json!(true))
    );
    drop(nextcloud);

    let nextcloud = invited();
    nextcloud
        .on("PUT", &path, Answer::new(204, "text/html", ""))
        .on("GET", &path, stored(&invitation("NEEDS-ACTION"), "e2"));
    let failure = accept().unwrap_err();
    assert!(
        failure.message.contains("not the answer"),
        "{}",
        failure.message
    );
}

#[test]
fn an_invitation_that_changed_meanwhile_comes_back_as_it_is_now() {
    let path = format!("{PERSONAL}i.ics");
    let nextcloud = invited();
    nextcloud
        .on("PUT", &path, Answer::new(412, "application/xml", ""))
        .on(
            "GET",
            &path,
            stored(&invitation("NEEDS-ACTION").replace("Plan", "Plan B"), "e2"),
        );
    let failure = accept().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(failure.structured.unwrap().contains("Plan B"));
}

#[test]
fn an_answer_that_is_there_already_is_not_sent_again() {
    let nextcloud = start();
    let text = invitation("ACCEPTED");
    nextcloud
        .on("REPORT", PERSONAL, objects(PERSONAL, &[("i.ics", &text)]))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on("GET", &format!("{PERSONAL}i.ics"), stored(&text, "e1"));
    assert!(accept().unwrap().0.contains("already"));
}

fn transparency(calendars: &[&str]) -> Answer {
    let response = |name: &&str| {
        format!(
            "<d:response><d:href>/cloud{HOME}{name}/</d:href><d:propstat><d:prop><c:schedule-calendar-transp><c:transparent/>\
             </c:schedule-calendar-transp></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&calendars.iter().map(response).collect::<String>())
}

/// What the outbox says: bob is busy, carol tentatively, nobody is unknown (in the form of recording `caldav/097`).
fn outbox() -> Answer {
    let day = day();
    let known = |who: &str, busy: &str| {
        format!(
            "<cal:response><cal:recipient><d:href>mailto:{who}@example.org</d:href></cal:recipient>\
             <cal:request-status>2.0;Success</cal:request-status><cal:calendar-data>BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\n{busy}\n\
             END:VFREEBUSY\nEND:VCALENDAR\n</cal:calendar-data></cal:response>"
        )
    };
    let bob = known(
        "BOB",
        &format!("FREEBUSY:{day}T080000Z/{day}T100000Z\nFREEBUSY:{day}T150000Z/{day}T090000Z"),
    );
    let carol = known(
        "carol",
        &format!("FREEBUSY;FBTYPE=BUSY-TENTATIVE:{day}T120000Z/{day}T130000Z"),
    );
    let body = format!(
        "<cal:schedule-response xmlns:d=\"DAV:\" xmlns:cal=\"urn:ietf:params:xml:ns:caldav\">{bob}{carol}<cal:response>\
         <cal:recipient><d:href>mailto:nobody@example.org</d:href></cal:recipient><cal:request-status>3.7;Could not find principal\
         </cal:request-status></cal:response></cal:schedule-response>"
    );
    Answer::new(200, "application/xml", body)
}

fn asks(more: &Value) -> Value {
    let monday = monday().to_string();
    let mut arguments = json!({"duration_minutes": 60, "date_range_start": monday, "date_range_end": monday, "timezone": "UTC"});
    for (name, value) in more.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    arguments
}

#[test]
fn slots_are_free_for_everybody_who_is_known_and_best_first() {
    let nextcloud = start();
    nextcloud
        .on("PROPFIND", HOME, transparency(&["team_shared_by_bob"]))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on("POST", OUTBOX, outbox())
        .on(
            "REPORT",
            PERSONAL,
            objects(PERSONAL, &[("i.ics", &invitation("ACCEPTED"))]),
        );
    let arguments = asks(
        &json!({"attendees": "bob@example.org, carol@example.org, nobody@example.org, alice@example.org",
        "preferred_times": "9-12:00", "limit": 20}),
    );
    let (text, found) = run("find_availability", arguments).unwrap();
    let slot = |slot: &Value| {
        format!(
            "{} {}",
            &slot["start"].as_str().unwrap()[11..16],
            slot["quality"].as_str().unwrap()
        )
    };
    let slots: Vec<String> = found["available_slots"]
        .as_array()
        .unwrap()
        .iter()
        .map(slot)
        .collect();
    // Bob is busy until ten, alice until eleven, carol perhaps from noon to one; the working day ends at five.
    assert_eq!(
        slots,
        [
            "11:00 good",
            "13:00 fair",
            "16:00 fair",
            "14:00 fair",
            "15:00 fair",
            "12:00 tentative"
        ]
    );
    assert_eq!(
        found["available_slots"][5]["tentative"],
        json!(["carol@example.org"])
    );
    assert!(
        text.contains("Not known, so not counted: nobody@example.org."),
        "{text}"
    );
    let people = found["people"].as_array().unwrap();
    assert_eq!(people.len(), 4);
    assert_eq!(
        (
            &people[0]["who"],
            people[0]["busy"].as_array().unwrap().len()
        ),
        (&json!("you"), 1)
    );
    assert_eq!(
        people[1]["busy"].as_array().unwrap().len(),
        1,
        "what ends before it starts takes no time"
    );
    assert_eq!(people[2]["busy"][0]["tentative"], true);
    assert_eq!(
        people[3]["not_known"],
        "Nobody on this Nextcloud has this address."
    );
    assert!(!found.to_string().contains("Plan"), "no titles: {found}");
    let post = nextcloud
        .sent()
        .into_iter()
        .find(|sent| sent.method == "POST")
        .unwrap();
    assert!(
        post.text()
            .contains("ORGANIZER:mailto:alice@example.org\r\nATTENDEE:mailto:bob@example.org\r\n")
    );
    assert_eq!(post.text().matches("ATTENDEE").count(), 3);
}

#[test]
fn calendars_that_could_not_be_read_are_named_never_left_out_silently() {
    let nextcloud = start();
    nextcloud
        .on("PROPFIND", HOME, Answer::page(502))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on(
            "REPORT",
            PERSONAL,
            objects(PERSONAL, &[("odd.ics", "BEGIN:VCALENDAR\r\n")]),
        )
        .on("REPORT", TEAM, Answer::page(502));
    let (text, found) = run("find_availability", asks(&json!({}))).unwrap();
    let failed: Vec<&str> = found["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        failed,
        ["which calendars count", "personal", "team_shared_by_bob"]
    );
    assert!(text.contains("may be busy"), "{text}");
    assert!(
        nextcloud.sent().iter().all(|sent| sent.method != "POST"),
        "nobody else was asked for"
    );
}

#[test]
fn only_the_calendars_that_are_named_count() {
    let nextcloud = start();
    nextcloud
        .on("PROPFIND", HOME, transparency(&["team_shared_by_bob"]))
        .on("PROPFIND", PRINCIPAL, addresses())
        .on(
            "REPORT",
            TEAM,
            objects(TEAM, &[("i.ics", &invitation("ACCEPTED"))]),
        );
    let arguments = asks(&json!({"calendar_names": "Team", "working_hours": "10:00-12:00"}));
    let (_, found) = run("find_availability", arguments).unwrap();
    assert_eq!(found["available_slots"].as_array().unwrap().len(), 1);
    assert_eq!(found["people"][0]["busy"].as_array().unwrap().len(), 1);
}

#[test]
fn nonsense_about_free_times_is_refused_before_anything_is_asked() {
    for more in [
        json!({"working_hours": "nine to five"}),
        json!({"working_hours": "9-17:00", "business_hours_only": false}),
        json!({"working_days": ["SA"], "exclude_weekends": true}),
        json!({"working_days": []}),
        json!({"preferred_times": "morning"}),
        json!({"date_range_start": "2020-01-01", "date_range_end": "2020-01-02"}),
        json!({"date_range_end": "2999-01-01"}),
        json!({"timezone": "Mars/Olympus"}),
        json!({"attendees": "bob"}),
    ] {
        let _nextcloud = Nextcloud::start();
        let failure = run("find_availability", asks(&more)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{more}");
    }
}

#[test]
fn recorded_answers_of_the_outbox_are_understood() {
    let Some([answer, refusal]) = recordings([
        "caldav/097-free-busy-outbox-post.json",
        "caldav/098-free-busy-outbox-wrong-organizer.json",
    ]) else {
        return;
    };
    let principal = recording("caldav/005-propfind-principal.json").unwrap();
    let transparency = recording("caldav/007-propfind-home-depth1-mcp-props.json").unwrap();
    let nextcloud = Nextcloud::start();
    let home = Home::of_caller().unwrap();
    for _ in 0..2 {
        nextcloud
            .on("PROPFIND", PRINCIPAL, principal.answer.clone())
            .on("PROPFIND", HOME, transparency.answer.clone());
    }
    nextcloud
        .on("POST", OUTBOX, answer.answer)
        .on("POST", OUTBOX, refusal.answer);
    let asked = dav::ask(&home, Some("question"));
    assert_eq!(
        asked.addresses.unwrap(),
        [
            "mailto:alice@example.org",
            "/remote.php/dav/principals/users/alice/"
        ]
    );
    assert!(asked.transparent.unwrap().is_empty());
    let people = asked.people.unwrap();
    assert!(people[0].answer.as_ref().unwrap().contains("METHOD:REPLY"));
    assert_eq!(people[2].address, "mailto:nobody@example.org");
    assert_eq!(
        people[2].answer,
        Err("3.7;Could not find principal".to_owned())
    );
    let refused = dav::ask(&home, Some("question")).people.unwrap_err();
    assert!(
        refused.message.contains("e-mail address"),
        "{}",
        refused.message
    );
}
