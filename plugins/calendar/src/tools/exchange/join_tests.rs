//! One text out of many: nothing is lost, zones are written once and are right for every item.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::super::split::split;
use super::*;

fn stored(name: &str, inner: &str) -> Object {
    Object {
        calendar: "work".to_owned(),
        name: name.to_owned(),
        etag: "e".to_owned(),
        // As a REPORT gives it.
        text: format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//a//b\n{inner}END:VCALENDAR\n"),
    }
}

fn zone(tzid: &str, offset: &str) -> String {
    format!(
        "BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\n\
         END:STANDARD\nEND:VTIMEZONE\n"
    )
}

fn event(uid: &str, tzid: &str, year: i16) -> String {
    format!(
        "BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20261121T000000Z\nDTSTART;TZID={tzid}:{year}0701T100000\nX-KEPT;A=\"b:c\":long\n  line\\, \
         as it is\nEND:VEVENT\n"
    )
}

#[test]
fn a_zone_that_several_items_have_is_written_once() {
    let berlin = zone("Europe/Berlin", "+0100");
    let objects = [
        stored(
            "a.ics",
            &(berlin.clone() + &event("a", "Europe/Berlin", 2026)),
        ),
        stored(
            "b.ics",
            &(berlin.clone() + &event("b", "Europe/Berlin", 2026)),
        ),
    ];
    let joined = join(&objects, "Work, \"2\"");
    assert_eq!((joined.items, joined.left_out.len()), (2, 0));
    assert_eq!(joined.text.matches("BEGIN:VTIMEZONE").count(), 1);
    assert!(joined.text.contains("X-WR-CALNAME:Work\\, \"2\"\r\n"));
    assert!(joined.text.contains(&berlin.replace('\n', "\r\n")));
    assert!(!joined.text.replace("\r\n", "").contains('\n'));
}

#[test]
fn definitions_that_differ_become_one_that_is_right_for_all() {
    let objects = [
        stored(
            "a.ics",
            &(zone("Europe/Berlin", "+0100") + &event("a", "Europe/Berlin", 2019)),
        ),
        stored(
            "b.ics",
            &(zone("Europe/Berlin", "+0200") + &event("b", "Europe/Berlin", 2030)),
        ),
    ];
    let joined = join(&objects, "Work");
    let document = Document::parse(&joined.text).unwrap();
    let zones: Vec<_> = document.calendar.children("VTIMEZONE").collect();
    assert_eq!((zones.len(), joined.items), (1, 2));
    let berlin = named_zone("Europe/Berlin").unwrap();
    let instants = [
        "2019-01-01T00:00:00Z",
        "2019-07-01T08:00:00Z",
        "2030-07-01T08:00:00Z",
    ]
    .map(|at| at.parse().unwrap());
    assert!(crate::zone::covers(zones[0], &berlin, &instants));
}

#[test]
fn a_zone_that_nobody_knows_twice_is_not_guessed_at() {
    let objects = [
        stored(
            "a.ics",
            &(zone("Office", "+0100") + &event("a", "Office", 2026)),
        ),
        stored(
            "b.ics",
            &(zone("Office", "+0300") + &event("b", "Office", 2026)),
        ),
        stored("c.ics", "BEGIN:VEVENT\n"),
    ];
    let joined = join(&objects, "Work");
    assert_eq!(joined.items, 1);
    assert_eq!(joined.left_out[0].0, "b");
    assert!(
        joined.left_out[0].1.contains("Office"),
        "{:?}",
        joined.left_out
    );
    assert_eq!(joined.left_out[1].0, "c.ics");
}

#[test]
fn what_was_joined_comes_apart_again() {
    let objects = [
        stored(
            "a.ics",
            &(zone("Europe/Berlin", "+0100") + &event("a", "Europe/Berlin", 2026)),
        ),
        stored("b.ics", &event("b", "Asia/Tokyo", 2026)),
    ];
    let (parts, invalid) = split(&join(&objects, "Work").text).unwrap();
    assert!(invalid.is_empty());
    for (part, (uid, tzid)) in parts
        .iter()
        .zip([("a", "Europe/Berlin"), ("b", "Asia/Tokyo")])
    {
        assert_eq!(part.uid, uid);
        assert!(
            part.text
                .contains(&event(uid, tzid, 2026).replace('\n', "\r\n"))
        );
        assert_eq!(part.text.matches("BEGIN:VTIMEZONE").count(), 1);
    }
}
