//! When an object happens: calcard's reading of times, zones and recurrences, as instants.

use calcard::common::timezone::Tz;
use calcard::icalendar::ICalendar;
use calcard::{Entry, Parser};

use super::ical::{Component, Line};
use crate::nextcloud::xml::Element;

/// Occurrences of one object that are looked at; a rule without an end has more.
const MOST: usize = 5000;

/// One occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Occurrence {
    /// Seconds since the epoch.
    pub(super) start: i64,
    /// Seconds since the epoch; before `start` where the object says so.
    pub(super) end: i64,
    /// Which component of the object it is, counted in the order of the text, the calendar itself being 0.
    pub(super) component: usize,
}

/// A span of time; what is open on a side is far away there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Range {
    /// Reads `start` and `end` of a `c:time-range`: iCalendar instants in UTC, either may be absent.
    pub(super) fn of(element: &Element) -> Result<Self, String> {
        let bound = |name: &str, open: i64| match element.get(name) {
            None => Ok(open),
            Some(text) => instant(text).ok_or_else(|| {
                format!("The supplied iCalendar datetime value is incorrect: {text}")
            }),
        };
        Ok(Self {
            start: bound("start", i64::MIN)?,
            end: bound("end", i64::MAX)?,
        })
    }

    /// Whether an occurrence overlaps (RFC 4791, section 9.9): one without length counts where it begins.
    pub(super) fn overlaps(&self, start: i64, end: i64) -> bool {
        let ends_inside = end > self.start || (start == end && start >= self.start);
        start < self.end && ends_inside
    }
}

/// The occurrences of an object, in order.
pub(super) fn of(data: &str) -> Vec<Occurrence> {
    let Some(calendar) = read(data) else {
        return Vec::new();
    };
    let mut occurrences: Vec<Occurrence> = calendar
        .expand_dates(Tz::UTC, MOST)
        .events
        .into_iter()
        .map(|event| {
            let (start, end) = event.timestamps();
            let component = usize::try_from(event.comp_id).unwrap_or_default();
            Occurrence {
                start,
                end,
                component,
            }
        })
        .collect();
    occurrences.sort_unstable();
    occurrences
}

/// Whether a component of an object overlaps a range.
pub(super) fn matches(data: &str, component: &Component, range: Range) -> bool {
    if component.name == "VTODO" {
        return todo_matches(component, range);
    }
    of(data)
        .iter()
        .any(|one| range.overlaps(one.start, one.end))
}

/// Seconds since the epoch that a property names; a date is its midnight, and what has no zone is UTC.
pub(super) fn when(line: &Line) -> Option<i64> {
    let text = line.value.as_str();
    if let Some(moment) = instant(text) {
        return Some(moment);
    }
    let local = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", text)
        .or_else(|_| jiff::civil::Date::strptime("%Y%m%d", text).map(|date| date.at(0, 0, 0, 0)))
        .ok()?;
    let zone = line
        .param("TZID")
        .and_then(|name| jiff::tz::TimeZone::get(name).ok())
        .unwrap_or(jiff::tz::TimeZone::UTC);
    Some(local.to_zoned(zone).ok()?.timestamp().as_second())
}

fn read(data: &str) -> Option<ICalendar> {
    match Parser::new(data).entry() {
        Entry::ICalendar(calendar) => Some(calendar),
        _ => None,
    }
}

/// The rules for tasks (RFC 4791, section 9.9): one without any time is always there (caldav/093).
fn todo_matches(todo: &Component, range: Range) -> bool {
    let time = |name: &str| todo.line(name).and_then(when);
    let (start, due) = (time("DTSTART"), time("DUE"));
    let (completed, created) = (time("COMPLETED"), time("CREATED"));
    match (start, due, completed, created) {
        (Some(start), Some(due), ..) => range.overlaps(start, due),
        (Some(one), None, ..) | (None, Some(one), ..) => {
            range.overlaps(one, one) || one == range.end
        }
        (None, None, Some(completed), Some(created)) => range.overlaps(created, completed),
        (None, None, Some(completed), None) => range.overlaps(completed, completed),
        (None, None, None, Some(created)) => created < range.end,
        (None, None, None, None) => true,
    }
}

fn instant(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let local = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", text).ok()?;
    Some(
        local
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_second(),
    )
}
