//! What the tools that list events answer.

use std::fmt::Write as _;

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Serialize;

use super::super::problem::{self, Problem};
use super::super::shared::zone_note;
use super::filter::Filter;
use super::search::Page;
use crate::dav::{Calendar, Home};
use crate::event::{self, Event};

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    events: Vec<Event>,
    /// The time zone of the times here.
    shown_in: String,
    /// The range that was searched; its end is exclusive.
    from: String,
    to: String,
    /// There are more; pass it as cursor, with the same arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Calendars that could not be read: their events are missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Problem>,
    /// Stored events that are not understood, and so missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Problem>,
    /// Opens the day {date}, such as 2026-12-24.
    link: String,
}

/// A search that is over.
pub(super) struct Searched<'a> {
    pub(super) home: &'a Home,
    pub(super) calendars: &'a [&'a Calendar],
    pub(super) filter: &'a Filter,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// How to go on where there are more.
    pub(super) go_on: &'a str,
}

impl Searched<'_> {
    /// The answer. Where nothing at all could be read there is none.
    pub(super) fn reply(&self, page: Page) -> Result<Reply<Found>, Failure> {
        let mut failed = Vec::new();
        for unread in page.unread {
            if self.calendars.len() == 1 && !unread.partly {
                return Err(unread.failure);
            }
            failed.push(Problem {
                calendar: unread.calendar,
                object: None,
                reason: unread.failure.message,
            });
        }
        let found = Found {
            events: page.events,
            shown_in: self.home.zone_name().to_owned(),
            from: self.show(self.from),
            to: self.show(self.to),
            next_cursor: page.next_cursor,
            failed,
            unreadable: page.unreadable,
            link: event::day_link(self.home),
        };
        Ok(Reply::new(self.summary(&found), found))
    }

    fn show(&self, at: Timestamp) -> String {
        at.display_with_offset(self.home.zone.to_offset(at))
            .to_string()
    }

    fn summary(&self, found: &Found) -> String {
        let count = found.events.len();
        let mut text = match count {
            0 => format!("No events {}", self.what_was_searched(found)),
            1 => "1 event".to_owned(),
            _ => format!("{count} events"),
        };
        if found.next_cursor.is_some() {
            let _ = write!(text, ", and there are more: {}", self.go_on);
        }
        text.push('.');
        if !found.failed.is_empty() {
            let _ = write!(
                text,
                " Not read or not wholly, so events are missing here: {}.",
                problem::calendars(&found.failed)
            );
        }
        if !found.unreadable.is_empty() {
            let _ = write!(
                text,
                " {} stored events are not understood and missing here.",
                found.unreadable.len()
            );
        }
        text.push_str(zone_note(self.home));
        text
    }

    fn what_was_searched(&self, found: &Found) -> String {
        let names: Vec<&str> = self
            .calendars
            .iter()
            .map(|calendar| calendar.name.as_str())
            .collect();
        let mut text = format!(
            "in {} from {} to {}",
            names.join(", "),
            found.from,
            found.to
        );
        let conditions = self.filter.conditions();
        if !conditions.is_empty() {
            let _ = write!(text, " with {}", conditions.join(", "));
        }
        text
    }
}
