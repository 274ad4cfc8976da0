//! Zones that are written agree with the database, zones that are read agree with what they say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use jiff::civil::datetime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::ical::ContentLine;

fn calendar_with(lines: &[ContentLine]) -> Document {
    let zone: String = lines.iter().map(|line| line.to_folded("\r\n")).collect();
    Document::parse(&format!("BEGIN:VCALENDAR\r\n{zone}END:VCALENDAR\r\n")).unwrap()
}

/// Where a written zone and the database differ, looked at every few hours and right at each change.
fn difference(
    zone: &TimeZone,
    document: &Document,
    years: std::ops::RangeInclusive<i16>,
) -> Option<Timestamp> {
    let observances = Observances::read(&document.calendar.children[0]).unwrap();
    let begin = datetime(*years.start(), 1, 1, 0, 0, 0, 0)
        .to_zoned(TimeZone::UTC)
        .unwrap()
        .timestamp();
    let end = datetime(*years.end() + 1, 1, 1, 0, 0, 0, 0)
        .to_zoned(TimeZone::UTC)
        .unwrap()
        .timestamp();
    let mut samples: Vec<Timestamp> = Vec::new();
    for transition in zone
        .following(begin)
        .take_while(|transition| transition.timestamp() < end)
    {
        let at = transition.timestamp();
        samples.extend([at - SignedDuration::from_secs(1), at]);
    }
    let mut at = begin;
    while at < end {
        samples.push(at);
        at += SignedDuration::from_hours(24 * 11);
    }
    samples
        .into_iter()
        .find(|at| observances.offset(*at) != zone.to_offset(*at))
}

#[test]
fn every_zone_is_written_right_around_an_event() {
    for name in jiff::tz::db().available() {
        let zone = TimeZone::get(name.as_str()).unwrap();
        let document = calendar_with(&vtimezone(&zone, name.as_str(), 2026..=2027, false));
        assert_eq!(
            difference(&zone, &document, 2026..=2027),
            None,
            "{name}: {}",
            document.text
        );
        assert!(
            document.text.len() < 1500,
            "{name} takes {} bytes",
            document.text.len()
        );
    }
}

#[test]
fn every_zone_is_written_right_for_years_of_a_series_without_end() {
    for name in [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "America/Santiago",
        "Asia/Jerusalem",
        "Asia/Kolkata",
        "Europe/Dublin",
        "Pacific/Apia",
        "Africa/Cairo",
    ] {
        let zone = TimeZone::get(name).unwrap();
        let document = calendar_with(&vtimezone(&zone, name, 2026..=2026, true));
        // Two whose changes no rule of RFC 5545 describes well: Ramadan, and a Thursday at 24:00 that ends in November.
        let last = if ["Africa/Casablanca", "Africa/Cairo"].contains(&name) {
            2031
        } else {
            2050
        };
        assert_eq!(
            difference(&zone, &document, 2026..=last),
            None,
            "{name}: {}",
            document.text
        );
    }
}

#[test]
fn zones_of_the_past_are_written_right_too() {
    for (name, year) in [
        ("Europe/Moscow", 2014),
        ("Europe/Istanbul", 2016),
        ("Pacific/Apia", 2011),
        ("America/Caracas", 2007),
        ("Europe/Berlin", 1980),
        ("Asia/Pyongyang", 2018),
    ] {
        let zone = TimeZone::get(name).unwrap();
        let document = calendar_with(&vtimezone(&zone, name, year..=year, false));
        assert_eq!(
            difference(&zone, &document, year..=year),
            None,
            "{name}: {}",
            document.text
        );
    }
}

#[test]
fn a_usual_zone_takes_two_rules() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let text = calendar_with(&vtimezone(&zone, "Europe/Berlin", 2026..=2026, false)).text;
    assert!(
        text.contains("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
        "{text}"
    );
    assert!(
        text.contains("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
        "{text}"
    );
    assert_eq!(text.matches("TZOFFSETFROM").count(), 2, "{text}");
    let zone = TimeZone::get("Asia/Kolkata").unwrap();
    let text = calendar_with(&vtimezone(&zone, "Asia/Kolkata", 2026..=2026, true)).text;
    assert_eq!(text.matches("TZOFFSETFROM").count(), 1, "{text}");
}

#[test]
fn a_zone_that_changes_without_rule_takes_few_dates() {
    let zone = TimeZone::get("Africa/Casablanca").unwrap();
    let text = calendar_with(&vtimezone(&zone, "Africa/Casablanca", 2026..=2026, true)).text;
    assert!(text.len() < 1500, "{} bytes", text.len());
}

/// As Outlook writes it.
const OUTLOOK: &str = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16011028T030000\n\
    RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
    DTSTART:16010325T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\n\
    END:VTIMEZONE\nEND:VCALENDAR\n";

#[test]
fn a_zone_that_only_the_text_knows_is_read_from_it() {
    let document = Document::parse(OUTLOOK).unwrap();
    let zones = Zones::of(&document, TimeZone::UTC);
    let zone = zones.zone("Customized Time Zone").unwrap();
    let berlin = Zone::Iana(TimeZone::get("Europe/Berlin").unwrap());
    // Winter, summer, in the gap, in the fold, right after each.
    for local in [
        datetime(2026, 1, 1, 9, 0, 0, 0),
        datetime(2026, 7, 1, 9, 0, 0, 0),
        datetime(2026, 3, 29, 2, 30, 0, 0),
        datetime(2026, 3, 29, 3, 0, 0, 0),
        datetime(2026, 10, 25, 2, 30, 0, 0),
        datetime(2026, 10, 25, 3, 0, 0, 0),
        datetime(2026, 3, 29, 1, 59, 59, 0),
        datetime(2026, 10, 25, 1, 59, 59, 0),
    ] {
        assert_eq!(zone.instant(local), berlin.instant(local), "{local}");
        let at = zone.instant(local).unwrap();
        assert_eq!(zone.local(at), berlin.local(at), "{local}");
    }
}

#[test]
fn a_rule_that_ended_leaves_its_last_offset() {
    let text = OUTLOOK
        .replace("BYMONTH=10", "BYMONTH=10;UNTIL=20101031T010000Z")
        .replace("BYMONTH=3", "BYMONTH=3;UNTIL=20100328T010000Z");
    let document = Document::parse(&text).unwrap();
    let zone = Zones::of(&document, TimeZone::UTC)
        .zone("Customized Time Zone")
        .unwrap();
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    assert_eq!(zone.offset(at("2010-07-01T00:00:00Z")), jiff::tz::offset(2));
    assert_eq!(zone.offset(at("2026-07-01T00:00:00Z")), jiff::tz::offset(1));
}

#[test]
fn names_of_other_programs_are_understood() {
    let document = Document::parse("BEGIN:VCALENDAR\nEND:VCALENDAR\n").unwrap();
    let zones = Zones::of(&document, TimeZone::UTC);
    for (tzid, name) in [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        (
            "/freeassociation.sourceforge.net/Tzfile/America/Argentina/Salta",
            "America/Argentina/Salta",
        ),
    ] {
        assert_eq!(zones.zone(tzid).unwrap().name(), name, "{tzid}");
    }
    assert_eq!(
        zones.zone("Mars/Olympus").unwrap_err(),
        UnknownZone("Mars/Olympus".to_owned())
    );
}

#[test]
fn a_zone_is_checked_before_it_is_trusted() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let summer: Timestamp = "2026-07-01T00:00:00Z".parse().unwrap();
    let right = calendar_with(&vtimezone(&berlin, "Europe/Berlin", 2026..=2026, false));
    assert!(covers(&right.calendar.children[0], &berlin, &[summer]));
    let wrong = calendar_with(&vtimezone(
        &TimeZone::get("Asia/Kolkata").unwrap(),
        "Europe/Berlin",
        2026..=2026,
        false,
    ));
    assert!(!covers(&wrong.calendar.children[0], &berlin, &[summer]));
}

#[test]
fn times_of_arguments_say_what_they_mean() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let instant = |text: &str| match Argument::parse(text)? {
        Argument::Time {
            local,
            offset,
            zone,
        } => timestamp_in(local, offset, zone.as_ref().unwrap_or(&berlin)).map(|at| at.to_string()),
        Argument::Day(date) => Ok(date.to_string()),
    };
    for (text, meaning) in [
        ("2026-12-24", "2026-12-24"),
        ("2026-12-24T09:00", "2026-12-24T08:00:00Z"),
        ("2026-12-24 09:00:30", "2026-12-24T08:00:30Z"),
        ("2026-12-24T09:00Z", "2026-12-24T09:00:00Z"),
        ("2026-12-24T09:00:00-05:00", "2026-12-24T14:00:00Z"),
        ("2026-12-24T09:00[America/New_York]", "2026-12-24T14:00:00Z"),
        ("2026-12-24T09:00+01:00[+01:00]", "2026-12-24T08:00:00Z"),
        // Twice that night: the first is meant, unless the offset says otherwise.
        ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30:00Z"),
    ] {
        assert_eq!(instant(text).as_deref(), Ok(meaning), "{text}");
    }
    for text in [
        "",
        "tomorrow",
        "2026-02-30",
        "24.12.2026",
        "2026-03-29T02:30",
        "2026-12-24T25:00",
        "2026-12-24T09:00[Mars/Olympus]",
        "2026-12-24T09:00+05:00[Europe/Berlin]",
        "2026-12-24[Europe/Berlin]",
    ] {
        assert!(instant(text).is_err(), "{text}: {:?}", instant(text));
    }
}
