//! New events and changes of stored ones, as text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use calcard::icalendar::ICalendar;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::{Failure, FailureKind};
use proptest::prelude::*;

use super::*;
use crate::ical::Document;
use crate::recurrence::Series;
use crate::zone::Zones;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn at<'a>(start: &'a str, end: Option<&'a str>) -> Wanted<'a> {
    Wanted {
        start: Some(start),
        end,
        ..Wanted::default()
    }
}

fn composed(
    title: &str,
    details: &Details,
    when: Wanted<'_>,
    rule: Option<&str>,
    rule_end: Option<&str>,
) -> Result<String, Failure> {
    compose(&New {
        uid: "u1",
        title,
        details,
        when,
        rule,
        rule_end,
        reminder: None,
        user: &berlin(),
        now: now(),
    })
}

fn made(when: Wanted<'_>) -> Result<String, Failure> {
    composed("x", &Details::default(), when, None, None)
}

fn ruled(start: &str, rule: &str, rule_end: Option<&str>) -> Result<String, Failure> {
    composed(
        "x",
        &Details::default(),
        at(start, None),
        Some(rule),
        rule_end,
    )
}

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(
        text.split("\r\n").any(|own| own == line),
        "{line} is not in:\n{text}"
    );
}

#[test]
fn a_naive_time_is_the_users_and_is_stored_with_its_zone() {
    let text = made(at("2026-12-03T09:30", None)).unwrap();
    has(&text, "DTSTART;TZID=Europe/Berlin:20261203T093000");
    has(&text, "DTEND;TZID=Europe/Berlin:20261203T103000");
    has(&text, "TZID:Europe/Berlin");
    has(&text, "DTSTAMP:20261121T120000Z");
}

#[test]
fn an_explicit_zone_or_offset_wins() {
    let zoned = made(Wanted {
        timezone: Some("America/New_York"),
        ..at("2026-12-03T09:30", Some("2026-12-03T10:00"))
    })
    .unwrap();
    has(&zoned, "DTSTART;TZID=America/New_York:20261203T093000");
    let written = made(at("2026-12-03T09:30[America/New_York]", None)).unwrap();
    has(&written, "DTSTART;TZID=America/New_York:20261203T093000");
    let offset = made(at("2026-12-03T09:30-05:00", Some("2026-12-03T16:00"))).unwrap();
    has(&offset, "DTSTART;TZID=Europe/Berlin:20261203T153000");
    let utc = made(Wanted {
        timezone: Some("UTC"),
        ..at("2026-12-03T09:30", None)
    })
    .unwrap();
    has(&utc, "DTSTART:20261203T093000Z");
    assert!(!utc.contains("VTIMEZONE"));
}

#[test]
fn an_all_day_event_ends_on_the_day_after_its_last() {
    let three = made(at("2026-12-24", Some("2026-12-27"))).unwrap();
    has(&three, "DTSTART;VALUE=DATE:20261224");
    has(&three, "DTEND;VALUE=DATE:20261227");
    for end in [None, Some("2026-12-24"), Some("2026-12-25")] {
        has(
            &made(at("2026-12-24", end)).unwrap(),
            "DTEND;VALUE=DATE:20261225",
        );
    }
    let midnight = Wanted {
        all_day: Some(true),
        ..at("2026-12-24T00:00:00", None)
    };
    has(&made(midnight).unwrap(), "DTSTART;VALUE=DATE:20261224");
}

#[test]
fn times_that_cannot_be_meant_are_refused() {
    for (when, part) in [
        (at("2026-03-29T02:30", None), "does not exist"),
        (
            at("2026-12-03T10:00", Some("2026-12-03T09:00")),
            "before the start",
        ),
        (
            at("2026-12-03T10:00", Some("2026-12-03T10:00")),
            "before the start",
        ),
        (at("2026-12-03T10:00", Some("2026-12-04")), "no time"),
        (at("2026-12-24", Some("2026-12-23")), "before the start"),
        (
            Wanted {
                all_day: Some(false),
                ..at("2026-12-24", None)
            },
            "no time",
        ),
        (
            Wanted {
                all_day: Some(true),
                ..at("2026-12-24T10:00", None)
            },
            "takes days",
        ),
        (
            Wanted {
                timezone: Some("Mars/Olympus"),
                ..at("2026-12-24T10:00", None)
            },
            "Mars/Olympus",
        ),
        (
            Wanted {
                timezone: Some("Europe/Berlin"),
                ..at("2026-12-24", None)
            },
            "no time zone",
        ),
        (
            Wanted {
                timezone: Some("Asia/Tokyo"),
                ..at("2026-12-24T10:00[Europe/Paris]", None)
            },
            "another zone",
        ),
        // The second 02:30 of that night: a TZID cannot say so.
        (at("2026-10-25T02:30+01:00", None), "UTC"),
        (at("soon", None), "soon"),
        (at("", None), "missing"),
    ] {
        let failure = made(when).unwrap_err();
        assert!(
            failure.kind == FailureKind::Invalid && failure.message.contains(part),
            "{when:?}: {}",
            failure.message
        );
    }
}

#[test]
fn rules_are_completed_and_checked() {
    has(
        &ruled("2026-12-01T09:00", "RRULE:FREQ=WEEKLY;BYDAY=TU", None).unwrap(),
        "RRULE:FREQ=WEEKLY;BYDAY=TU",
    );
    // The last day counts to its end, in the user's zone, and is stored in UTC beside a time.
    has(
        &ruled("2026-12-01T09:00", "FREQ=DAILY", Some("2026-12-31")).unwrap(),
        "RRULE:FREQ=DAILY;UNTIL=20261231T225959Z",
    );
    has(
        &ruled("2026-12-01T09:00", "FREQ=DAILY;UNTIL=20261231", None).unwrap(),
        "RRULE:FREQ=DAILY;UNTIL=20261231T225959Z",
    );
    has(
        &ruled("2026-12-01", "FREQ=DAILY;UNTIL=20261231T080000Z", None).unwrap(),
        "RRULE:FREQ=DAILY;UNTIL=20261231",
    );
    for (start, rule, end, part) in [
        (
            "2026-12-01T09:00",
            "FREQ=WEEKLY;BYDAY=MO",
            None,
            "2026-12-07T09:00:00",
        ),
        ("2026-12-01T09:00", "FREQ=SOMETIMES", None, "SOMETIMES"),
        (
            "2026-12-01T09:00",
            "FREQ=DAILY;COUNT=3",
            Some("2026-12-31"),
            "leave recurrence_end_date out",
        ),
        (
            "2026-12-01T09:00",
            "FREQ=DAILY",
            Some("2026-11-30"),
            "before the event starts",
        ),
        ("2026-12-01", "FREQ=HOURLY", None, "all-day"),
        (
            "2026-12-01T09:00",
            "FREQ=WEEKLY;BYDAY=1TU",
            None,
            "numbered",
        ),
        (
            "2026-12-01T09:00",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            None,
            "does not come round",
        ),
    ] {
        let failure = ruled(start, rule, end).unwrap_err();
        assert!(
            failure.message.contains(part),
            "{rule}: {}",
            failure.message
        );
    }
}

#[test]
fn a_web_address_cannot_carry_another_line() {
    let url = |url: &str| Details {
        url: Some(url.to_owned()),
        ..Details::default()
    };
    assert!(
        composed(
            "x",
            &url("https://example.org/\r\nATTENDEE:mailto:e@example.org"),
            at("2026-12-01", None),
            None,
            None
        )
        .is_err()
    );
    assert!(composed("x", &url("no address"), at("2026-12-01", None), None, None).is_err());
    has(
        &composed(
            "x",
            &url("https://example.org/a,b;c"),
            at("2026-12-01", None),
            None,
            None,
        )
        .unwrap(),
        "URL:https://example.org/a,b;c",
    );
}

proptest! {
    /// calcard is another project's reader: what it reads is what other programs will.
    #[test]
    fn another_reader_finds_the_texts_that_were_written(title in "[^\\p{C}]{1,200}", description in "([^\\p{C}]|\n){0,300}") {
        prop_assume!(!title.trim().is_empty() && !description.trim().is_empty());
        let details = Details { description: Some(description.clone()), location: Some(title.clone()), ..Details::default() };
        let text = composed(&title, &details, at("2026-12-03T09:30", None), Some("FREQ=WEEKLY"), None).unwrap();
        let calendar = ICalendar::parse(&text).unwrap();
        let event = calendar.components.iter().find(|part| part.component_type.as_str() == "VEVENT").unwrap();
        let read = |name: &str| {
            let entry = event.entries.iter().find(|entry| entry.name.as_str() == name).unwrap();
            entry.values[0].as_text().unwrap().to_owned()
        };
        prop_assert_eq!(read("SUMMARY"), title.clone());
        prop_assert_eq!(read("LOCATION"), title);
        prop_assert_eq!(read("DESCRIPTION"), description);
    }
}

/// As another program left it: unknown properties, folded lines, alarms, attendees with parameters.
const STORED: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nX-WR-CALNAME:w\r\nBEGIN:VEVENT\r\nUID:u1\r\n\
    DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20261202T090000\r\nDTEND;TZID=Europe/Berlin:20261202T100000\r\n\
    SUMMARY;LANGUAGE=de;ALTREP=\"cid:1\":Alt\r\nDESCRIPTION:one\\, two\r\n  three\r\nX-APPLE-TRAVEL;X-A=\"b;c\":x\\;y\r\n\
    ATTENDEE;CN=\"Doe, J\";PARTSTAT=TENTATIVE;X-NUM-GUESTS=0:mailto:j@example.org\r\nSEQUENCE:4\r\nBEGIN:VALARM\r\n\
    ACTION:DISPLAY\r\nTRIGGER:-PT30M\r\nX-MOZ:1\r\nDESCRIPTION:Alt\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn change<'a>(details: &'a Details, user: &'a TimeZone) -> Change<'a> {
    Change {
        title: None,
        details,
        when: Wanted::default(),
        rule: None,
        rule_end: None,
        reminder: ReminderChange::Keep,
        user,
        own_address: Some("alice@example.org"),
        now: now(),
    }
}

fn changed<'a>(
    text: &str,
    adjust: impl FnOnce(&mut Change<'a>),
) -> Result<Option<String>, Failure> {
    let document = Document::parse(text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let mut change: Change<'a> = change(Box::leak(Box::default()), Box::leak(Box::new(berlin())));
    adjust(&mut change);
    apply(&document, &series, &change).map(|edited| edited.map(|edited| edited.text))
}

/// `STORED` with these replacements, and the stamps of an edit.
fn expected(replacements: &[(&str, &str)]) -> String {
    let stamps = [
        ("DTSTAMP:20260101T000000Z", "DTSTAMP:20261121T120000Z"),
        (
            "SEQUENCE:4\r\n",
            "SEQUENCE:5\r\nLAST-MODIFIED:20261121T120000Z\r\n",
        ),
    ];
    replacements
        .iter()
        .chain(&stamps)
        .fold(STORED.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        })
}

#[test]
fn a_new_title_changes_its_line_and_the_stamps_only() {
    let text = changed(STORED, |change| change.title = Some("Neu"))
        .unwrap()
        .unwrap();
    assert_eq!(
        text,
        expected(&[(
            "SUMMARY;LANGUAGE=de;ALTREP=\"cid:1\":Alt",
            "SUMMARY;LANGUAGE=de:Neu"
        )])
    );
}

#[test]
fn an_empty_text_takes_the_property_out() {
    let details = Details {
        description: Some(String::new()),
        ..Details::default()
    };
    let (document, user) = (Document::parse(STORED).unwrap(), berlin());
    let series = Series::read(&document, Zones::of(&document, user.clone())).unwrap();
    let text = apply(&document, &series, &change(&details, &user))
        .unwrap()
        .unwrap()
        .text;
    assert_eq!(
        text,
        expected(&[("DESCRIPTION:one\\, two\r\n  three\r\n", "")])
    );
}

#[test]
fn a_change_to_what_is_there_already_is_none() {
    assert_eq!(changed(STORED, |_| ()).unwrap(), None);
    assert_eq!(
        changed(STORED, |change| change.when =
            at("2026-12-02T09:00", Some("2026-12-02T10:00")))
        .unwrap(),
        None
    );
}

#[test]
fn a_new_start_keeps_the_length_and_the_zone() {
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n";
    let text = changed(STORED, |change| change.when = at("2026-12-03T08:00Z", None))
        .unwrap()
        .unwrap();
    has(&text, "DTSTART;TZID=Europe/Berlin:20261203T090000");
    has(&text, "DTEND;TZID=Europe/Berlin:20261203T100000");
    // The zone that the stored text failed to describe comes along.
    assert_eq!(text.matches(zone).count(), 1, "{text}");
    let again = changed(&text, |change| change.when = at("2026-12-04T09:00", None))
        .unwrap()
        .unwrap();
    assert_eq!(again.matches(zone).count(), 1, "{again}");
}

#[test]
fn an_event_in_another_zone_stays_there() {
    let text = STORED.replace("Europe/Berlin", "America/New_York");
    let moved = changed(&text, |change| change.when = at("2026-12-02T16:00", None))
        .unwrap()
        .unwrap();
    has(&moved, "DTSTART;TZID=America/New_York:20261202T100000");
    let rezoned = changed(&text, |change| {
        change.when = Wanted {
            timezone: Some("Asia/Tokyo"),
            ..at("2026-12-02T16:00", None)
        }
    });
    has(
        &rezoned.unwrap().unwrap(),
        "DTSTART;TZID=Asia/Tokyo:20261202T160000",
    );
}

#[test]
fn a_new_end_leaves_the_start_and_an_early_one_is_refused() {
    let text = changed(STORED, |change| change.when.end = Some("2026-12-02T11:15"))
        .unwrap()
        .unwrap();
    has(&text, "DTSTART;TZID=Europe/Berlin:20261202T090000");
    has(&text, "DTEND;TZID=Europe/Berlin:20261202T111500");
    assert!(changed(STORED, |change| change.when.end = Some("2026-12-02T08:00")).is_err());
}

#[test]
fn a_length_stored_as_duration_moves_along() {
    let text = STORED.replace("DTEND;TZID=Europe/Berlin:20261202T100000", "DURATION:PT1H");
    let moved = changed(&text, |change| change.when = at("2026-12-05T09:00", None))
        .unwrap()
        .unwrap();
    has(&moved, "DURATION:PT1H");
    assert!(!moved.contains("DTEND"));
    let longer = changed(&text, |change| change.when.end = Some("2026-12-02T12:00"))
        .unwrap()
        .unwrap();
    has(&longer, "DTEND;TZID=Europe/Berlin:20261202T120000");
    assert!(!longer.contains("DURATION"));
}

#[test]
fn a_timed_event_becomes_all_day_only_with_its_day() {
    assert!(changed(STORED, |change| change.when.all_day = Some(true)).is_err());
    assert!(changed(STORED, |change| change.when.timezone = Some("Asia/Tokyo")).is_err());
    let text = changed(STORED, |change| change.when = at("2026-12-05", None))
        .unwrap()
        .unwrap();
    has(&text, "DTSTART;VALUE=DATE:20261205");
    has(&text, "DTEND;VALUE=DATE:20261206");
}

#[test]
fn one_reminder_changes_its_trigger_only_and_several_are_not_guessed_at() {
    let remind = |minutes| ReminderChange::Set(NewReminder::new(minutes, false, None).unwrap());
    let text = changed(STORED, |change| change.reminder = remind(5))
        .unwrap()
        .unwrap();
    assert_eq!(text, expected(&[("TRIGGER:-PT30M", "TRIGGER:-PT5M")]));
    let alarm = &STORED[STORED.find("BEGIN:VALARM").unwrap()..STORED.find("END:VEVENT").unwrap()];
    let none = changed(STORED, |change| change.reminder = ReminderChange::RemoveAll)
        .unwrap()
        .unwrap();
    assert_eq!(none, expected(&[(alarm, "")]));
    let two = STORED.replace(alarm, &alarm.repeat(2));
    assert!(changed(&two, |change| change.reminder = remind(5)).is_err());
    let first = changed(&none, |change| change.reminder = remind(0))
        .unwrap()
        .unwrap();
    has(&first, "TRIGGER:PT0S");
}

#[test]
fn a_guest_does_not_count_revisions() {
    let text = STORED.replace(
        "SEQUENCE:4",
        "ORGANIZER:mailto:boss@example.org\r\nSEQUENCE:4",
    );
    has(
        &changed(&text, |change| change.title = Some("x"))
            .unwrap()
            .unwrap(),
        "SEQUENCE:4",
    );
    let own = text.replace("boss@", "ALICE@");
    has(
        &changed(&own, |change| change.title = Some("x"))
            .unwrap()
            .unwrap(),
        "SEQUENCE:5",
    );
}

const SERIES: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u1\r\nDTSTART;TZID=Europe/Berlin:20261202T090000\r\n\
    DTEND;TZID=Europe/Berlin:20261202T100000\r\nRRULE:FREQ=WEEKLY;UNTIL=20261223T080000Z;BYDAY=WE\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_series_that_moves_in_the_day_keeps_its_last_occurrence() {
    let text = changed(SERIES, |change| change.when = at("2026-12-02T15:00", None))
        .unwrap()
        .unwrap();
    has(&text, "RRULE:FREQ=WEEKLY;UNTIL=20261223T225959Z;BYDAY=WE");
}

#[test]
fn a_series_that_moves_off_its_rule_is_refused() {
    let failure = changed(SERIES, |change| change.when = at("2026-12-03T09:00", None)).unwrap_err();
    assert!(
        failure.message.contains("2026-12-09T09:00:00"),
        "{}",
        failure.message
    );
    let both = changed(SERIES, |change| {
        change.when = at("2026-12-03T09:00", None);
        change.rule = Some("FREQ=WEEKLY;BYDAY=TH;COUNT=4");
    });
    has(
        &both.unwrap().unwrap(),
        "RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TH",
    );
}

#[test]
fn exceptions_are_not_left_behind() {
    let text = SERIES.replace(
        "RRULE",
        "EXDATE;TZID=Europe/Berlin:20261209T090000\r\nRRULE",
    );
    for adjust in [
        (|change: &mut Change<'static>| change.when = at("2026-12-02T15:00", None))
            as fn(&mut Change<'static>),
        |change| change.rule = Some("FREQ=DAILY"),
        |change| change.rule = Some(""),
    ] {
        assert_eq!(
            changed(&text, adjust).unwrap_err().kind,
            FailureKind::Unsupported
        );
    }
    // What has no times in it changes nevertheless.
    has(
        &changed(&text, |change| change.title = Some("x"))
            .unwrap()
            .unwrap(),
        "SUMMARY:x",
    );
    has(
        &changed(&text, |change| change.when.end = Some("2026-12-02T11:00"))
            .unwrap()
            .unwrap(),
        "DTEND;TZID=Europe/Berlin:20261202T110000",
    );
}

#[test]
fn a_series_ends_or_stops_repeating() {
    has(
        &changed(SERIES, |change| change.rule_end = Some("2026-12-16"))
            .unwrap()
            .unwrap(),
        "RRULE:FREQ=WEEKLY;UNTIL=20261216T225959Z;BYDAY=WE",
    );
    assert!(
        !changed(SERIES, |change| change.rule = Some(""))
            .unwrap()
            .unwrap()
            .contains("RRULE")
    );
    assert!(changed(STORED, |change| change.rule_end = Some("2026-12-16")).is_err());
}

#[test]
fn a_wrong_zone_in_the_text_is_replaced_when_times_are_written_in_it() {
    let wrong = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0500\r\n\
        TZOFFSETTO:+0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    let text = STORED.replace("BEGIN:VEVENT", &format!("{wrong}BEGIN:VEVENT"));
    let moved = changed(&text, |change| change.when = at("2026-12-05T09:00", None))
        .unwrap()
        .unwrap();
    assert!(
        !moved.contains("+0500") && moved.contains("BYDAY=-1SU"),
        "{moved}"
    );
}

proptest! {
    /// Whatever else is in an event, another reader finds it unchanged after an edit.
    #[test]
    fn another_reader_finds_nothing_else_changed(value in "[^\\p{C}]{0,120}", title in "[^\\p{C}]{1,120}") {
        prop_assume!(!title.trim().is_empty());
        let odd = format!("X-ODD;X-P=\"{}\":{value}\r\nCOMMENT:{value}\r\n", value.replace('"', ""));
        let text = STORED.replace("SEQUENCE:4", &format!("{odd}SEQUENCE:4"));
        let text = changed(&text, |change| change.title = Some(&title)).unwrap().unwrap();
        let before = ICalendar::parse(STORED.replace("SEQUENCE:4", &format!("{odd}SEQUENCE:4"))).unwrap();
        let after = ICalendar::parse(&text).unwrap();
        prop_assert_eq!(before.components.len(), after.components.len());
        for (old, new) in before.components.iter().zip(&after.components) {
            let kept = |name: &str| !["SUMMARY", "DTSTAMP", "SEQUENCE", "LAST-MODIFIED"].contains(&name);
            let old: Vec<_> = old.entries.iter().filter(|entry| kept(entry.name.as_str())).collect();
            let new: Vec<_> = new.entries.iter().filter(|entry| kept(entry.name.as_str())).collect();
            prop_assert_eq!(old, new);
        }
    }
}
