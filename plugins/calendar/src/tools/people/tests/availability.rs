//! Free times of the user and of others.

use nextcloud_mcp_plugin::FailureKind;
use nextcloud_mcp_plugin::testing::{Answer, Nextcloud, recording, recordings};
use serde_json::{Value, json};

use super::super::super::tests::{PERSONAL, TEAM, calendar, objects, run, start, start_with};
use super::{OUTBOX, PRINCIPAL, addresses, day, invitation, monday};
use crate::dav::{self, Home};

/// Bob's calendar keeps nobody busy.
fn with_a_transparent_calendar() -> Nextcloud {
    let team = calendar("team_shared_by_bob", "Team", "<d:read/>").replace(
        "<c:supported-calendar-component-set>",
        "<c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp><c:supported-calendar-component-set>",
    );
    start_with(&(calendar("personal", "Personal", "<d:write-content/>") + &team))
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
    let nextcloud = with_a_transparent_calendar();
    nextcloud
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
    assert_eq!(failed, ["personal", "team_shared_by_bob"]);
    assert!(text.contains("may be busy"), "{text}");
    assert!(
        nextcloud.sent().iter().all(|sent| sent.method != "POST"),
        "nobody else was asked for"
    );
}

#[test]
fn only_the_calendars_that_are_named_count() {
    let nextcloud = with_a_transparent_calendar();
    nextcloud.on("PROPFIND", PRINCIPAL, addresses()).on(
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
    let nextcloud = Nextcloud::start();
    let home = Home::of_caller().unwrap();
    for _ in 0..2 {
        nextcloud.on("PROPFIND", PRINCIPAL, principal.answer.clone());
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
