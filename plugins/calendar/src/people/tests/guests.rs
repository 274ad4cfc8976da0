//! Who is invited.

use calcard::icalendar::{ICalendar, ICalendarProperty};
use nextcloud_mcp_plugin::{Failure, FailureKind};
use proptest::prelude::*;

use super::*;
use crate::ical::{Draft, Stamp};

/// Bob's, as another program left it: a line folded where this one would not, parameters of its own, an answer.
const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:m\r\nDTSTAMP:20260101T000000Z\r\n\
    DTSTART:20261202T090000Z\r\nORGANIZER;CN=Bob:mailto:Bob@Example.org\r\nATTENDEE;cn=\"Eve\";X-NUM-GUESTS=2;PARTSTAT=ACC\r\n \
    EPTED;SCHEDULE-STATUS=2.0:MAILTO:eve@example.org\r\nSUMMARY:x\r\nATTENDEE;PARTSTAT=DECLINED:mailto:mallory@example.org\r\n\
    SEQUENCE:3\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const EVE: &str = "ATTENDEE;cn=\"Eve\";X-NUM-GUESTS=2;PARTSTAT=ACC\r\n EPTED;SCHEDULE-STATUS=2.0:MAILTO:eve@example.org\r\n";
const MALLORY: &str = "ATTENDEE;PARTSTAT=DECLINED:mailto:mallory@example.org\r\n";

fn with_guests(text: &str, attendees: &str) -> Result<Option<String>, Failure> {
    let document = Document::parse(text).unwrap();
    let mut draft = Draft::new(&document, document.events().next().unwrap());
    change(&mut draft, &Guests::new(attendees, &bob())?)?;
    let stamp = Stamp {
        now: at("2026-11-21T12:00:00Z"),
        counts: true,
    };
    let edited = draft.finish(&document, stamp).unwrap();
    Ok(edited.map(|edited| edited.text))
}

fn emails(text: &str) -> Vec<String> {
    let mailboxes = Mailbox::list(text).unwrap().into_iter();
    mailboxes.map(|mailbox| mailbox.email).collect()
}

#[test]
fn a_new_meeting_names_its_organizer_and_asks_everybody_else() {
    let guests = Guests::new(
        "carol@example.org, \"Doe, Jane\" <jane@example.org>, BOB@example.org",
        &bob(),
    )
    .unwrap();
    let lines: Vec<String> = invited(&guests)
        .iter()
        .map(|line| line.to_folded("\n").replace("\n ", ""))
        .collect();
    assert_eq!(
        lines,
        [
            "ORGANIZER;CN=\"Bob Example\":mailto:bob@example.org\n",
            "ATTENDEE;CN=\"Bob Example\";ROLE=CHAIR;PARTSTAT=ACCEPTED:mailto:bob@example.org\n",
            "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:carol@example.org\n",
            "ATTENDEE;CN=\"Doe, Jane\";ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:jane@example.org\n",
        ]
    );
    assert!(invited(&Guests::new("bob@example.org", &bob()).unwrap()).is_empty());
}

#[test]
fn addresses_are_read_as_people_write_them() {
    assert_eq!(
        emails("a@x.org,  Eve <e@x.org>,\"C, D\" <c@x.org>,, mailto:f@x.org, A@X.ORG"),
        ["a@x.org", "e@x.org", "c@x.org", "f@x.org"]
    );
    assert_eq!(emails(" "), Vec::<String>::new());
    for nonsense in [
        "bob",
        "bob@",
        "@x.org",
        "a b@x.org",
        "Doe, Jane <j@x.org>",
        "a@x.org;b@x.org",
        "a@x.org?cc=b@x.org",
        "a@b@x.org",
        "a@x.org\u{7}",
    ] {
        assert_eq!(
            Mailbox::list(nonsense).unwrap_err().kind,
            FailureKind::Invalid,
            "{nonsense}"
        );
    }
    let many: Vec<String> = (0..101).map(|i| format!("a{i}@x.org")).collect();
    assert!(Mailbox::list(&many.join(",")).is_err());
}

#[test]
fn nobody_is_invited_by_a_user_without_an_address() {
    let nobody = Account {
        email: None,
        ..bob()
    };
    let failure = Guests::new("eve@example.org", &nobody).unwrap_err();
    assert!(
        failure.message.contains("Personal info"),
        "{}",
        failure.message
    );
}

#[test]
fn those_who_stay_keep_their_line_byte_for_byte() {
    let text = with_guests(MEETING, "EVE@example.org, carol@example.org")
        .unwrap()
        .unwrap();
    assert!(text.contains(EVE), "{text}");
    assert!(!text.contains("mallory"), "{text}");
    let flat = text.replace("\r\n ", "");
    assert!(
        flat.contains("PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:carol@example.org\r\n"),
        "{text}"
    );
    assert!(flat.contains("ROLE=CHAIR"), "{text}");
    assert!(
        text.contains("SEQUENCE:4\r\n")
            && text.contains("ORGANIZER;CN=Bob:mailto:Bob@Example.org\r\n")
    );
}

#[test]
fn the_same_guests_in_another_order_are_no_change() {
    let text = MEETING.replace(
        "SEQUENCE",
        "ATTENDEE;ROLE=CHAIR:mailto:bob@example.org\r\nSEQUENCE",
    );
    assert_eq!(
        with_guests(&text, "mallory@example.org, eve@example.org").unwrap(),
        None
    );
}

#[test]
fn an_empty_list_takes_everybody_out() {
    let text = with_guests(MEETING, "").unwrap().unwrap();
    assert!(
        !text.contains("ATTENDEE") && !text.contains("ORGANIZER"),
        "{text}"
    );
    assert!(text.contains("SUMMARY:x\r\n") && !text.contains(MALLORY));
}

#[test]
fn only_the_organizer_changes_who_is_invited() {
    let theirs = MEETING.replace("Bob@Example.org", "eve@example.org");
    let failure = with_guests(&theirs, "carol@example.org").unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(
        failure.message.contains("eve@example.org"),
        "{}",
        failure.message
    );
}

#[test]
fn what_nextcloud_noted_about_its_messages_is_read() {
    let text = MEETING
        .replace("PARTSTAT=DECLINED", "SCHEDULE-STATUS=\"5.1,3.7\"")
        .replace(
            "SEQUENCE",
            "ATTENDEE:mailto:carol@example.org\r\nATTENDEE:mailto:bob@example.org\r\nSEQUENCE",
        );
    let document = Document::parse(&text).unwrap();
    assert_eq!(
        Delivery::of(document.events().next().unwrap()),
        Delivery {
            told: vec!["eve@example.org"],
            failed: vec!["mallory@example.org"],
            unknown: vec!["carol@example.org"]
        }
    );
}

proptest! {
    #[test]
    fn whatever_a_guest_is_called_is_one_guest(name in "[^<\"]{0,40}", local in "[a-z0-9.+!$&'*/=^_`{|}~-]{1,20}") {
        let guests = Guests {
            organizer: Mailbox::of_user(&bob()).unwrap(),
            invited: vec![Mailbox { name: Some(name.clone()), email: format!("{local}@example.org") }],
        };
        let lines: String = invited(&guests).iter().map(|line| line.to_folded("\r\n")).collect();
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n");
        let read = ICalendar::parse(&text).unwrap();
        let event = &read.components[1];
        prop_assert_eq!(event.properties(&ICalendarProperty::Attendee).count(), 2);
        prop_assert_eq!(event.entries.len(), 4);
        let document = Document::parse(&text).unwrap();
        let guest = document.events().next().unwrap().all("ATTENDEE").last().unwrap();
        prop_assert_eq!(guest.value.clone(), format!("mailto:{local}@example.org"));
    }
}
