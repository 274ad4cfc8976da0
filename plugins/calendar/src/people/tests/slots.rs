//! Slots against a search minute by minute.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::period::without;
use super::super::slots::free;
use super::*;

/// The minute at which the generated calendars begin.
const ORIGIN: i64 = 1_795_564_800;
/// Their length.
const MINUTES: i64 = 24 * 60;

fn minute(number: i64) -> Timestamp {
    Timestamp::from_second(ORIGIN + number * 60).unwrap()
}

fn minutes(number: i64) -> SignedDuration {
    SignedDuration::from_mins(number)
}

fn periods() -> impl Strategy<Value = Vec<Period>> {
    let one = (0..MINUTES, 1..200_i64).prop_map(|(from, length)| {
        Period::new(minute(from), minute((from + length).min(MINUTES))).unwrap()
    });
    proptest::collection::vec(one, 0..12)
}

/// Whether a minute lies in one of these.
fn covers(periods: &[Period], number: i64) -> bool {
    periods
        .iter()
        .any(|period| period.from <= minute(number) && minute(number + 1) <= period.to)
}

proptest! {
    #[test]
    fn free_time_is_what_no_minute_of_busy_time_comes_near(windows in periods(), busy in periods(), buffer in 0..30_i64) {
        let (windows, busy) = (merged(windows), merged(busy));
        let free = free(&windows, &busy, minutes(buffer));
        for number in 0..MINUTES {
            let near = (number - buffer..=number + buffer).any(|number| covers(&busy, number));
            prop_assert_eq!(covers(&free, number), covers(&windows, number) && !near, "{}", number);
        }
        prop_assert!(free.is_sorted() && free.iter().all(|period| period.from < period.to));
    }

    #[test]
    fn every_slot_fits_and_one_is_found_wherever_one_does(
        windows in periods(), firm in periods(), tentative in periods(), preferred in periods(),
        length in 5..200_i64, buffer in 0..30_i64, most in 1..30_usize,
    ) {
        let (windows, firm, tentative) = (merged(windows), merged(firm), merged(tentative));
        let preferred = merged(preferred);
        let zone = TimeZone::get("Asia/Kathmandu").unwrap();
        let search = Search {
            windows: &windows, firm: &firm, tentative: &tentative, preferred: &preferred,
            length: minutes(length), buffer: minutes(buffer), zone: &zone,
        };
        let (slots, more) = find(&search, most);
        let clear = |taken: &[Period], slot: &Slot| taken.iter().all(|busy| {
            slot.period.to.duration_since(busy.from) <= minutes(-buffer) || slot.period.from.duration_since(busy.to) >= minutes(buffer)
        });
        for (index, slot) in slots.iter().enumerate() {
            prop_assert_eq!(slot.period.length(), minutes(length));
            prop_assert!(windows.iter().any(|window| window.contains(&slot.period)));
            prop_assert!(slot.free.contains(&slot.period));
            prop_assert!(clear(&firm, slot));
            prop_assert_eq!(slot.clear, clear(&tentative, slot));
            prop_assert_eq!(slot.preferred, preferred.is_empty() || preferred.iter().any(|one| one.contains(&slot.period)));
            prop_assert!(slots[..index].iter().all(|other| !other.period.overlaps(&slot.period)));
            prop_assert!(index == 0 || (slots[index - 1].clear || !slot.clear));
        }
        prop_assert!(slots.len() <= most && (!more || slots.len() == most));
        let near = |taken: &[Period], number| (number - buffer..=number + buffer).any(|near| covers(taken, near));
        let usable = |taken: &[&[Period]]| -> Vec<bool> {
            let is_usable = |number| covers(&windows, number) && !taken.iter().any(|taken| near(taken, number));
            (0..MINUTES).map(is_usable).collect()
        };
        let fits = |taken: &[&[Period]]| {
            let usable = usable(taken);
            let longest = usable.split(|usable| !usable).map(<[bool]>::len).max();
            longest.is_some_and(|longest| longest >= usize::try_from(length).unwrap())
        };
        prop_assert_eq!(!slots.is_empty(), fits(&[&firm]));
        prop_assert_eq!(slots.iter().any(|slot| slot.clear), fits(&[&firm, &tentative]));
    }

    #[test]
    fn merging_loses_and_adds_no_minute(periods in periods(), holes in periods()) {
        let merged_periods = merged(periods.clone());
        let left = without(&merged_periods, &merged(holes.clone()));
        for number in 0..MINUTES {
            prop_assert_eq!(covers(&merged_periods, number), covers(&periods, number));
            prop_assert_eq!(covers(&left, number), covers(&periods, number) && !covers(&holes, number));
        }
    }
}

fn found(search: &Search<'_>, most: usize) -> Vec<String> {
    let (slots, _) = find(search, most);
    slots
        .iter()
        .map(|slot| search.zone.to_datetime(slot.period.from).to_string())
        .collect()
}

#[test]
fn the_best_come_first_round_preferred_and_not_in_the_middle_of_free_time() {
    let zone = berlin();
    let day = [period("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z")];
    let busy = [period("2026-12-01T08:00:00Z", "2026-12-01T08:10:00Z")];
    let preferred = [period("2026-12-01T10:00:00Z", "2026-12-01T12:00:00Z")];
    let mut search = Search {
        windows: &day,
        firm: &busy,
        tentative: &[],
        preferred: &preferred,
        length: minutes(60),
        buffer: minutes(0),
        zone: &zone,
    };
    assert_eq!(
        found(&search, 3),
        [
            "2026-12-01T12:00:00",
            "2026-12-01T11:00:00",
            "2026-12-01T10:00:00"
        ]
    );
    search.preferred = &[];
    search.tentative = &preferred;
    assert_eq!(
        found(&search, 2),
        ["2026-12-01T10:00:00", "2026-12-01T12:00:00"]
    );
}

#[test]
fn working_hours_keep_to_the_clock_when_it_changes() {
    // Germany goes back to winter time in the night to Sunday, 25 October 2026.
    let range = period("2026-10-23T12:00:00Z", "2026-10-26T10:00:00Z");
    let windows_of = |hours: &str, days: &[Weekday]| {
        let hours = Hours::list(hours, "working_hours").unwrap();
        let periods = windows(range, &berlin(), &hours, days);
        periods
            .iter()
            .map(|period| format!("{} {}", period.from, period.length().as_mins()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        windows_of("09:00-17:00", &Weekday::WORKING),
        ["2026-10-23T12:00:00Z 180", "2026-10-26T08:00:00Z 120"]
    );
    // A night of nine hours, and one cut off by the range.
    assert_eq!(
        windows_of("22:00-06:00", &[Weekday::Sa, Weekday::Su]),
        ["2026-10-24T20:00:00Z 540", "2026-10-25T21:00:00Z 480"]
    );
    assert_eq!(
        windows_of("0-24:00", &Weekday::ALL),
        ["2026-10-23T12:00:00Z 4200"]
    );
}

#[test]
fn hours_that_are_none_are_refused() {
    for nonsense in [
        "",
        "9",
        "9-",
        "09:00-09:00",
        "25:00-26:00",
        "09:60-10:00",
        "9am-5pm",
        "09:00-17:00,",
        "-1-5",
        "24:00-01:00",
    ] {
        assert!(
            Hours::list(nonsense, "working_hours").is_err(),
            "{nonsense}"
        );
    }
    assert!(Hours::list("9-12:30, 14:00-24:00", "working_hours").is_ok());
}
