//! Rules against what python-dateutil gives (`tests/fixtures/recurrence.py`), and what dateutil has no word for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use jiff::civil::{DateTime, datetime};

use super::*;
use crate::ical::{When, format_datetime};

const FIXTURES: &str = include_str!("../../tests/fixtures/recurrence.tsv");
/// As many as a line of the fixtures has at most.
const SHOWN: usize = 6;

fn civil(text: &str) -> DateTime {
    When::parse(text, None).unwrap().civil()
}

fn first(
    rule: &str,
    start: DateTime,
    from: DateTime,
    to: DateTime,
) -> Result<Vec<DateTime>, TooMuchWork> {
    let rule: Rule = rule.parse().unwrap();
    let mut budget = Budget::new(1_000_000);
    let past = |at: &DateTime| matches!(&rule.bound, Bound::Until(until) if *at > until.civil());
    let instances = Instances::new(&rule, start, from, to, &mut budget);
    instances
        .take_while(|at| !at.is_ok_and(|at| past(&at)))
        .take(SHOWN)
        .collect()
}

#[test]
fn rules_give_what_dateutil_gives() {
    let mut lines = 0;
    for line in FIXTURES.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [rule, start, from, to, expected] = fields.as_slice() else {
            panic!("{line}")
        };
        let found = first(rule, civil(start), civil(from), civil(to)).expect(line);
        let found: Vec<String> = found.into_iter().map(format_datetime).collect();
        assert_eq!(
            found.join(" "),
            *expected,
            "{rule} from {start}, shown from {from}"
        );
        lines += 1;
    }
    assert!(lines > 4000, "only {lines} lines");
}

#[test]
fn a_week_number_without_weekday_takes_the_weekday_of_dtstart() {
    let start = datetime(2026, 5, 14, 9, 0, 0, 0);
    let found = first(
        "FREQ=YEARLY;BYWEEKNO=20",
        start,
        start,
        datetime(2029, 1, 1, 0, 0, 0, 0),
    )
    .unwrap();
    assert_eq!(
        found,
        [
            start,
            datetime(2027, 5, 20, 9, 0, 0, 0),
            datetime(2028, 5, 18, 9, 0, 0, 0)
        ]
    );
}

#[test]
fn set_positions_count_in_the_whole_first_week() {
    // Wednesday; the first of Monday, Wednesday, Friday in its week is over.
    let start = datetime(2026, 1, 7, 9, 0, 0, 0);
    let found = first(
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1",
        start,
        start,
        datetime(2026, 1, 20, 0, 0, 0, 0),
    )
    .unwrap();
    assert_eq!(
        found,
        [
            start,
            datetime(2026, 1, 12, 9, 0, 0, 0),
            datetime(2026, 1, 19, 9, 0, 0, 0)
        ]
    );
}

#[test]
fn a_rule_by_seconds_from_long_ago_costs_nothing() {
    let start = datetime(1, 1, 1, 0, 0, 0, 0);
    let from = datetime(2026, 1, 1, 0, 0, 0, 0);
    for rule in [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;INTERVAL=7;COUNT=4294967295",
        "FREQ=MINUTELY;BYDAY=MO",
    ] {
        let rule: Rule = rule.parse().unwrap();
        let mut budget = Budget::new(5000);
        let found: Result<Vec<_>, _> = Instances::new(
            &rule,
            start,
            from,
            datetime(2027, 1, 1, 0, 0, 0, 0),
            &mut budget,
        )
        .take(3)
        .collect();
        assert!(found.is_ok(), "{rule}");
    }
}

#[test]
fn a_rule_that_never_fits_ends_with_the_range() {
    let start = datetime(2026, 1, 1, 0, 0, 0, 0);
    let found = first(
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        start,
        start,
        datetime(2126, 1, 1, 0, 0, 0, 0),
    )
    .unwrap();
    assert_eq!(found, [start]);
}

#[test]
fn work_that_exceeds_the_budget_is_an_error_and_no_shorter_list() {
    let rule: Rule = "FREQ=SECONDLY;BYSECOND=0,1;COUNT=4000000".parse().unwrap();
    let mut budget = Budget::new(1000);
    let start = datetime(2026, 1, 1, 0, 0, 0, 0);
    let found: Result<Vec<_>, _> = Instances::new(
        &rule,
        start,
        datetime(2027, 1, 1, 0, 0, 0, 0),
        DateTime::MAX,
        &mut budget,
    )
    .collect();
    assert_eq!(found, Err(TooMuchWork));
}

#[test]
fn rules_survive_writing() {
    for line in FIXTURES.lines() {
        let rule: Rule = line.split('\t').next().unwrap().parse().unwrap();
        assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
    }
}

#[test]
fn what_is_no_rule_is_refused() {
    for text in [
        "",
        "WEEKLY",
        "FREQ=",
        "FREQ=SOMETIMES",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=2;UNTIL=20260101",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYHOUR=300",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYFOO=1",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=0MO",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=ü",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;RSCALE=CHINESE",
        "FREQ=MONTHLY;SKIP=FORWARD",
        "FREQ=DAILY;UNTIL=2026-01-01",
    ] {
        assert!(text.parse::<Rule>().is_err(), "{text}");
    }
}
