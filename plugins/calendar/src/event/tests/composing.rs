//! New events.

use calcard::icalendar::ICalendar;
use nextcloud_mcp_plugin::{Failure, FailureKind};
use proptest::prelude::*;

use super::*;

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
        reminders: Vec::new(),
        people: None,
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
            "before it starts",
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

#[test]
fn blanks_after_a_backslash_are_no_disagreement() {
    let details = Details {
        categories: Some("\\  a".to_owned()),
        ..Details::default()
    };
    has(
        &composed("x", &details, at("2026-12-01", None), None, None).unwrap(),
        "CATEGORIES:\\\\  a",
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

    /// Whatever a model sends, the two readers agree about what was written.
    #[test]
    fn no_text_is_misread(title in any::<String>(), description in any::<String>()) {
        prop_assume!(!title.trim().is_empty());
        let details = Details { description: Some(description), categories: Some(title.clone()), ..Details::default() };
        prop_assert!(composed(&title, &details, at("2026-12-03T09:30", None), Some("FREQ=WEEKLY"), None).is_ok());
    }

    #[test]
    fn emoji_and_invisible_characters_are_written(title in "[👩🏽\u{200d}👧\u{200b}\u{202e}\u{feff}\u{a0}\u{85}\u{2028}a\t ]{1,40}x") {
        prop_assert!(composed(&title, &Details::default(), at("2026-12-03T09:30", None), None, None).is_ok());
    }
}
