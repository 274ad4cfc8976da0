//! Series with exceptions, across changes of offset, in windows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::ical::Document;
use crate::zone::{Moment, Zones};

const FROM: &str = "2026-01-01T00:00:00Z";
const TO: &str = "2027-01-01T00:00:00Z";

fn calendar(events: &[&str]) -> Document {
    let events = events.join(
        "
END:VEVENT
BEGIN:VEVENT
UID:1
",
    );
    Document::parse(&format!(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{events}\nEND:VEVENT\nEND:VCALENDAR\n"
    ))
    .unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        starting: Timestamp::MIN,
    }
}

/// Start and end of each occurrence, in Berlin, and its title.
fn shown(document: &Document, window: Window, most: usize) -> Result<Vec<String>, Unreadable> {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let series = Series::read(document, Zones::of(document, berlin.clone()))?;
    let found = series.occurrences(window, most, &mut Budget::new(1_000_000), &|_, _| true)?;
    let text = |moment: &Moment| match moment {
        Moment::Day(date) => date.to_string(),
        Moment::At { instant, .. } => berlin
            .to_datetime(*instant)
            .strftime("%m-%d %H:%M")
            .to_string(),
    };
    let title = |one: &Occurrence<'_>| {
        one.component
            .get("SUMMARY")
            .map(|line| format!(" {}", line.value))
            .unwrap_or_default()
    };
    Ok(found
        .iter()
        .map(|one| format!("{} - {}{}", text(&one.start), text(&one.end), title(one)))
        .collect())
}

fn all(events: &[&str]) -> Vec<String> {
    shown(&calendar(events), window(FROM, TO), 100).unwrap()
}

#[test]
fn the_wall_clock_stays_across_a_change_of_offset() {
    let found = all(&[
        "DTSTART;TZID=America/New_York:20260306T090000\nDTEND;TZID=America/New_York:20260306T100000\nRRULE:FREQ=DAILY;COUNT=3",
    ]);
    // New York changes on the 8th, Berlin does not.
    assert_eq!(
        found,
        [
            "03-06 15:00 - 03-06 16:00",
            "03-07 15:00 - 03-07 16:00",
            "03-08 14:00 - 03-08 15:00"
        ]
    );
}

#[test]
fn skipped_wall_clocks_move_and_repeated_ones_are_the_first() {
    let found = all(&[
        "DTSTART;TZID=Europe/Berlin:20260328T023000\nDTEND;TZID=Europe/Berlin:20260328T024500\nRRULE:FREQ=DAILY;COUNT=3",
    ]);
    assert_eq!(
        found,
        [
            "03-28 02:30 - 03-28 02:45",
            "03-29 03:30 - 03-29 03:45",
            "03-30 02:30 - 03-30 02:45"
        ]
    );
    // Hourly wall clocks: 02:30 does not exist and is 03:30, which comes once.
    let found = all(&["DTSTART;TZID=Europe/Berlin:20260329T013000\nRRULE:FREQ=HOURLY;COUNT=4"]);
    assert_eq!(
        found,
        [
            "03-29 01:30 - 03-29 01:30",
            "03-29 03:30 - 03-29 03:30",
            "03-29 04:30 - 03-29 04:30"
        ]
    );
}

#[test]
fn an_end_is_an_exact_length_and_a_duration_in_days_is_not() {
    let end = all(&[
        "DTSTART;TZID=Europe/Berlin:20260327T120000\nDTEND;TZID=Europe/Berlin:20260328T120000\nRRULE:FREQ=DAILY;COUNT=2",
    ]);
    assert_eq!(
        end,
        ["03-27 12:00 - 03-28 12:00", "03-28 12:00 - 03-29 13:00"]
    );
    let duration = all(&[
        "DTSTART;TZID=Europe/Berlin:20260327T120000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2",
    ]);
    assert_eq!(
        duration,
        ["03-27 12:00 - 03-28 12:00", "03-28 12:00 - 03-29 12:00"]
    );
}

#[test]
fn floating_times_are_the_readers() {
    assert_eq!(
        all(&["DTSTART:20260701T090000\nDTEND:20260701T100000"]),
        ["07-01 09:00 - 07-01 10:00"]
    );
}

const WEEKLY: &str = "DTSTART;TZID=Europe/Berlin:20261102T090000\nDTEND;TZID=Europe/Berlin:20261102T093000\nRRULE:FREQ=WEEKLY;COUNT=6\n\
    EXDATE;TZID=Europe/Berlin:20261116T090000\nSUMMARY:plain";
const MOVED: &str = "RECURRENCE-ID;TZID=Europe/Berlin:20261123T090000\nDTSTART;TZID=Europe/Berlin:20261201T140000\n\
    DTEND;TZID=Europe/Berlin:20261201T143000\nSUMMARY:moved";

#[test]
fn a_moved_occurrence_counts_where_it_is_now() {
    let document = calendar(&[WEEKLY, MOVED]);
    let november = shown(
        &document,
        window("2026-11-15T00:00:00Z", "2026-11-30T00:00:00Z"),
        100,
    )
    .unwrap();
    assert_eq!(november, Vec::<String>::new());
    let december = shown(
        &document,
        window("2026-11-30T00:00:00Z", "2026-12-06T00:00:00Z"),
        100,
    )
    .unwrap();
    assert_eq!(
        december,
        [
            "11-30 09:00 - 11-30 09:30 plain",
            "12-01 14:00 - 12-01 14:30 moved"
        ]
    );
}

#[test]
fn this_and_future_shifts_the_rest_by_the_wall_clock() {
    let onwards = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261019T090000\nDTSTART;TZID=Europe/Berlin:20261020T110000\n\
        DTEND;TZID=Europe/Berlin:20261020T120000\nSUMMARY:later";
    let found = all(&[
        "DTSTART;TZID=Europe/Berlin:20261012T090000\nDTEND;TZID=Europe/Berlin:20261012T093000\nRRULE:FREQ=WEEKLY;COUNT=4\nSUMMARY:first",
        onwards,
    ]);
    // The change of offset lies between the 20th and the 27th.
    assert_eq!(
        found,
        [
            "10-12 09:00 - 10-12 09:30 first",
            "10-20 11:00 - 10-20 12:00 later",
            "10-27 11:00 - 10-27 12:00 later",
            "11-03 11:00 - 11-03 12:00 later",
        ]
    );
}

#[test]
fn occurrences_that_a_shift_moves_into_the_window_are_found() {
    let onwards = "RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T090000Z\nDTSTART:20260115T090000Z\nDTEND:20260115T100000Z";
    let document = calendar(&[
        "DTSTART:20260101T090000Z\nDTEND:20260101T100000Z\nRRULE:FREQ=DAILY",
        onwards,
    ]);
    let found = shown(
        &document,
        window("2026-03-20T00:00:00Z", "2026-03-21T00:00:00Z"),
        100,
    )
    .unwrap();
    assert_eq!(found, ["03-20 10:00 - 03-20 11:00"]);
}

#[test]
fn added_dates_and_periods_count_once() {
    let found = all(&[
        "DTSTART:20260201T090000Z\nDTEND:20260201T100000Z\nRRULE:FREQ=DAILY;COUNT=2\nRDATE:20260202T090000Z,20260210T090000Z\n\
        RDATE;VALUE=PERIOD:20260211T090000Z/PT3H,20260212T090000Z/20260212T093000Z",
    ]);
    assert_eq!(
        found,
        [
            "02-01 10:00 - 02-01 11:00",
            "02-02 10:00 - 02-02 11:00",
            "02-10 10:00 - 02-10 11:00",
            "02-11 10:00 - 02-11 13:00",
            "02-12 10:00 - 02-12 10:30",
        ]
    );
}

#[test]
fn days_are_days_in_every_zone() {
    let found = all(&[
        "DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330\nRRULE:FREQ=WEEKLY;UNTIL=20260411\nEXDATE;VALUE=DATE:20260404",
    ]);
    assert_eq!(
        found,
        ["2026-03-28 - 2026-03-30", "2026-04-11 - 2026-04-13"]
    );
    // One day, however its end is written.
    assert_eq!(
        all(&["DTSTART;VALUE=DATE:20260328"]),
        ["2026-03-28 - 2026-03-29"]
    );
    assert_eq!(
        all(&["DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260328"]),
        ["2026-03-28 - 2026-03-29"]
    );
}

#[test]
fn an_excluded_day_excludes_what_starts_on_it() {
    let found =
        all(&["DTSTART:20260201T090000Z\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;VALUE=DATE:20260202"]);
    assert_eq!(found, ["02-01 10:00 - 02-01 10:00"]);
}

#[test]
fn until_is_inclusive_and_an_instant() {
    let event = |until: &str| {
        format!("DTSTART;TZID=Europe/Berlin:20260201T090000\nRRULE:FREQ=DAILY;UNTIL={until}")
    };
    assert_eq!(all(&[&event("20260202T080000Z")]).len(), 2);
    assert_eq!(all(&[&event("20260202T075959Z")]).len(), 1);
    assert_eq!(all(&[&event("20260202T090000")]).len(), 2);
    assert_eq!(all(&[&event("20260202")]).len(), 1);
}

#[test]
fn what_began_before_the_window_and_lasts_is_in_it() {
    let document =
        calendar(&["DTSTART:20260201T090000Z\nDTEND:20260203T100000Z\nRRULE:FREQ=WEEKLY"]);
    let found = shown(
        &document,
        window("2026-02-10T09:30:00Z", "2026-02-10T09:31:00Z"),
        100,
    )
    .unwrap();
    assert_eq!(found, ["02-08 10:00 - 02-10 11:00"]);
    let after = shown(
        &document,
        window("2026-02-10T10:00:00Z", "2026-02-10T11:00:00Z"),
        100,
    )
    .unwrap();
    assert_eq!(after, Vec::<String>::new());
}

#[test]
fn an_event_every_second_gives_a_page_and_no_more() {
    let document = calendar(&["DTSTART;TZID=Europe/Berlin:20000101T000000\nRRULE:FREQ=SECONDLY"]);
    assert_eq!(shown(&document, window(FROM, TO), 52).unwrap().len(), 52);
    let hostile =
        calendar(&["DTSTART:20000101T000000Z\nRRULE:FREQ=SECONDLY;BYMINUTE=1;COUNT=99999999"]);
    assert!(shown(&hostile, window(FROM, TO), 52).is_err());
}

#[test]
fn a_series_that_no_filter_takes_costs_nothing() {
    let document = calendar(&["DTSTART:20000101T000000Z\nRRULE:FREQ=SECONDLY"]);
    let series = Series::read(&document, Zones::of(&document, TimeZone::UTC)).unwrap();
    let mut budget = Budget::new(10);
    assert!(
        series
            .occurrences(window(FROM, TO), 52, &mut budget, &|_, _| false)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn invitations_to_single_occurrences_stand_alone() {
    assert_eq!(all(&[MOVED]), ["12-01 14:00 - 12-01 14:30 moved"]);
}

#[test]
fn what_is_not_understood_is_named() {
    for (event, part) in [
        ("DTSTART;TZID=Mars/Olympus:20260101T000000", "Mars/Olympus"),
        ("SUMMARY:x", "DTSTART"),
        (
            "DTSTART:20260101T000000Z\nRRULE:FREQ=SOMETIMES",
            "SOMETIMES",
        ),
        ("DTSTART:20260101T000000Z\nEXRULE:FREQ=DAILY", "EXRULE"),
        (
            "DTSTART:20260101T000000Z\nDTEND;VALUE=DATE:20260102",
            "DTEND",
        ),
        ("DTSTART:yesterday", "yesterday"),
    ] {
        let why = shown(&calendar(&[event]), window(FROM, TO), 10)
            .unwrap_err()
            .0;
        assert!(why.contains(part), "{event}: {why}");
    }
}
