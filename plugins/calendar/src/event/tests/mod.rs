//! New events and changes of stored ones, as text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod composing;
mod editing;
mod series;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

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

#[track_caller]
fn has(text: &str, line: &str) {
    assert!(
        text.split("\r\n").any(|own| own == line),
        "{line} is not in:\n{text}"
    );
}

fn change<'a>(details: &'a Details, user: &'a TimeZone) -> Change<'a> {
    Change {
        title: None,
        details,
        when: Wanted::default(),
        rule: None,
        rule_end: None,
        reminder: ReminderChange::Keep,
        people: None,
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
