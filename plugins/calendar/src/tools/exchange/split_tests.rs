//! Nothing of a text is lost or changed when it is taken apart.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

const BERLIN: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
     TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
const OTHER: &str = "BEGIN:VTIMEZONE\r\nTZID:Unused\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n\
     TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

fn event(uid: &str, more: &str) -> String {
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20261121T000000Z\r\nDTSTART:20261124T100000Z\r\nSUMMARY:{uid}\r\n{more}END:VEVENT\r\n"
    )
}

fn calendar(inner: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Theirs\r\n{inner}END:VCALENDAR\r\n"
    )
}

fn reason(inner: &str) -> String {
    let (parts, invalid) = split(&calendar(inner)).unwrap();
    assert!(parts.is_empty(), "{inner}");
    assert_eq!(invalid.len(), 1, "{inner}");
    invalid[0].reason.clone()
}

#[test]
fn each_uid_gets_a_text_of_its_own_with_its_exceptions_and_zones() {
    let in_berlin = "ATTENDEE;X-P=\"a;b\":mailto:a@example.org\r\nX-ODD;V=1:kept\\, as\r\n  it is\r\nEXDATE;TZID=Europe/Berlin:20261126T100000\r\n";
    let exception = "RECURRENCE-ID:20261125T100000Z\r\n";
    let text = calendar(
        &[
            BERLIN,
            OTHER,
            &event("a", in_berlin),
            &event("b", ""),
            &event("a", exception),
        ]
        .concat(),
    );
    let (parts, invalid) = split(&text).unwrap();
    assert!(invalid.is_empty());
    let head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n";
    assert_eq!(
        parts[0].text,
        [
            head,
            BERLIN,
            &event("a", in_berlin),
            &event("a", exception),
            "END:VCALENDAR\r\n"
        ]
        .concat()
    );
    assert_eq!(
        parts[1].text,
        [head, &event("b", ""), "END:VCALENDAR\r\n"].concat()
    );
    assert_eq!((parts[0].uid.as_str(), parts[1].uid.as_str()), ("a", "b"));
}

#[test]
fn what_is_wrong_is_said_of_each() {
    assert!(reason("BEGIN:VJOURNAL\r\nUID:j\r\nEND:VJOURNAL\r\n").contains("VJOURNAL"));
    assert!(reason("BEGIN:VEVENT\r\nDTSTART:20261124T100000Z\r\nEND:VEVENT\r\n").contains("UID"));
    assert!(reason("BEGIN:VEVENT\r\nUID:a\r\nEND:VEVENT\r\n").contains("DTSTART"));
    assert!(reason(&event("a", "DTEND:tomorrow\r\n")).contains("DTEND"));
    assert!(reason(&event("a", "RRULE:FREQ=SOMETIMES\r\n")).contains("RRULE"));
    assert!(reason(&(event("a", "") + &event("a", ""))).contains("RECURRENCE-ID"));
    assert!(reason(&(event("a", "") + "BEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\n")).contains("task"));
}

#[test]
fn one_bad_item_keeps_no_other_from_its_place() {
    let text = calendar(
        &[
            event("a", ""),
            event("b", "RRULE:FREQ=NO\r\n"),
            event("c", ""),
        ]
        .concat(),
    );
    let (parts, invalid) = split(&text).unwrap();
    let uids: Vec<&str> = parts.iter().map(|part| part.uid.as_str()).collect();
    assert_eq!(
        (uids, invalid[0].uid.as_deref()),
        (vec!["a", "c"], Some("b"))
    );
}

#[test]
fn messages_and_other_texts_are_no_import() {
    let cancel = calendar(&event("a", "")).replace("METHOD:PUBLISH", "METHOD:CANCEL");
    assert!(split(&cancel).unwrap_err().message.contains("CANCEL"));
    let scale = calendar("CALSCALE:ETHIOPIC\r\n");
    assert!(split(&scale).unwrap_err().message.contains("ETHIOPIC"));
    for text in [
        "",
        "hello",
        "BEGIN:VCARD\r\nEND:VCARD\r\n",
        &calendar("").repeat(2),
    ] {
        assert!(split(text).is_err(), "{text}");
    }
}

#[test]
fn meetings_are_known() {
    let meeting = "ORGANIZER:mailto:a@example.org\r\nATTENDEE:mailto:b@example.org\r\n";
    let (parts, _) = split(&calendar(&(event("a", meeting) + &event("b", "")))).unwrap();
    assert!(parts[0].is_meeting && !parts[1].is_meeting);
}

proptest! {
    /// Whatever lines components have and however they end, all of them are in one part, as they were.
    #[test]
    fn every_line_of_every_item_is_kept(
        items in prop::collection::vec(("[a-e]", prop::collection::vec("[A-Z-]{1,8}(;[A-Z]{1,3}=[a-z0-9]{0,5})?:[ -~äß\\t]{0,90}", 0..5)), 1..8),
        crlf in any::<bool>(),
    ) {
        let eol = if crlf { "\r\n" } else { "\n" };
        let mut seen = std::collections::BTreeMap::<&str, usize>::new();
        let mut inner = String::new();
        let mut written = Vec::new();
        for (uid, lines) in &items {
            let number = seen.entry(uid).or_default();
            let more: String = lines
                .iter()
                .filter(|line| !["BEGIN", "END", "UID", "DTSTART", "DTEND", "DUE", "RRULE", "RECURRENCE-ID"]
                    .iter().any(|name| line.starts_with(&format!("{name}:")) || line.starts_with(&format!("{name};"))))
                .fold(String::new(), |text, line| text + line + "\r\n");
            let exception = if *number > 0 { format!("RECURRENCE-ID:202611{number:02}T100000Z\r\n") } else { String::new() };
            *number += 1;
            let text = event(uid, &(exception + &more)).replace("\r\n", eol);
            inner.push_str(&text);
            written.push((uid.clone(), text));
        }
        let (parts, invalid) = split(&calendar(&inner).replace("\r\n", eol)).unwrap();
        prop_assert!(invalid.is_empty());
        prop_assert_eq!(parts.len(), seen.len());
        for part in parts {
            let own: String = written.iter().filter(|(uid, _)| *uid == part.uid).map(|(_, text)| text.as_str()).collect();
            let whole = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n{own}END:VCALENDAR\r\n");
            prop_assert_eq!(part.text, whole.replace("\r\n", eol).replace("\r\r", "\r"));
        }
    }
}
