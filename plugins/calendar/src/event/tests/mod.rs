//! New events and changes of stored ones, as text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod composing;
mod each;
mod editing;
mod following;
mod properties;
mod removing;
mod series;
mod single;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::*;
use crate::ical::{Document, Stamp};
use crate::recurrence::{Budget, Occurrence, Series, Window};
use crate::zone::{Moment, Zones};

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
    apply_to(&document, &series, &Reach::All, &change)
        .map(|edited| edited.map(|edited| edited.text))
}

/// A change of the occurrences that a scope and a recurrence id reach.
fn reached<'a>(
    text: &str,
    scope: Scope,
    id: &str,
    adjust: impl FnOnce(&mut Change<'a>),
) -> Result<Option<super::series::SeriesEdit>, Failure> {
    let document = Document::parse(text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let mut change: Change<'a> = change(Box::leak(Box::default()), Box::leak(Box::new(berlin())));
    adjust(&mut change);
    let id = Some(id).filter(|id| !id.is_empty());
    let reach = Reach::of_arguments(Some(scope), id, &series)?;
    apply_to(&document, &series, &reach, &change)
}

fn removed(text: &str, scope: Scope, id: &str) -> Result<Removal, Failure> {
    let document = Document::parse(text).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let id = Some(id).filter(|id| !id.is_empty());
    let reach = Reach::of_arguments(Some(scope), id, &series)?;
    let stamp = Stamp {
        now: now(),
        counts: true,
    };
    remove_from(&document, &series, &reach, stamp)
}

/// The starts of all occurrences from 2026 to 2030, in Berlin, with their titles.
fn shown(stored: &str) -> Vec<String> {
    let document = Document::parse(stored).unwrap();
    let series = Series::read(&document, Zones::of(&document, berlin())).unwrap();
    let window = Window {
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        to: "2030-01-01T00:00:00Z".parse().unwrap(),
        starting: Timestamp::MIN,
    };
    let found = series.occurrences(window, 1000, &mut Budget::new(1_000_000), &|_, _| true);
    let line = |one: &Occurrence<'_>| {
        let title = text(one.component, "SUMMARY").unwrap_or_default();
        let start = match &one.start {
            Moment::Day(day) => day.to_string(),
            Moment::At { instant, .. } => berlin().to_datetime(*instant).to_string(),
        };
        format!("{start} {title}").trim_end().to_owned()
    };
    found.unwrap().iter().map(line).collect()
}

/// A calendar with these VEVENTs, each given by its lines.
fn calendar(events: &[&str]) -> String {
    let event = |lines: &&str| {
        let lines = lines.replace('\n', "\r\n");
        format!("BEGIN:VEVENT\r\nUID:u1\r\n{lines}\r\nEND:VEVENT\r\n")
    };
    let events: String = events.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:w\r\n{events}END:VCALENDAR\r\n")
}
