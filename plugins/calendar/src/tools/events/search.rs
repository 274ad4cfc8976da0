//! Collects the occurrences of stored events, a page of them at a time, with bounded work.

use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::JsonSchema;
use serde::Serialize;

use super::filter::Filter;
use super::page::Key;
use crate::dav::{Home, Object};
use crate::event::{self, Event};
use crate::ical::{Component, Document};
use crate::recurrence::{Budget, Series, Window};
use crate::zone::{Moment, Zones};

/// Work for all series of a call; see [`Budget`]. Some hundred milliseconds.
const CALL_BUDGET: u32 = 4_000_000;
/// Characters of a description in a list; `get_event` shows the whole.
const DESCRIPTION_LIMIT: usize = 300;

/// Something that is missing, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    pub(super) calendar: String,
    /// The stored event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<String>,
    pub(super) reason: String,
}

/// The first events, in order.
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    /// Where there are more.
    pub(super) next_cursor: Option<String>,
}

/// A search under way.
pub(super) struct Search<'a> {
    home: &'a Home,
    filter: Filter,
    /// Narrowed as the page fills: what begins after its last event cannot be in it.
    window: Window,
    after: Option<Key>,
    limit: usize,
    budget: Budget,
    found: Vec<(Key, Event)>,
    unreadable: Vec<Problem>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        home: &'a Home,
        filter: Filter,
        window: Window,
        after: Option<Key>,
        limit: usize,
    ) -> Self {
        let budget = Budget::new(CALL_BUDGET);
        Self {
            home,
            filter,
            window,
            after,
            limit,
            budget,
            found: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, object: &Object) {
        if let Err(reason) = self.try_add(object) {
            let (calendar, name) = (object.calendar.clone(), Some(object.name.clone()));
            self.unreadable.push(Problem {
                calendar,
                object: name,
                reason,
            });
        }
        if self.found.len() > 2 * self.limit {
            self.narrow();
        }
    }

    fn try_add(&mut self, object: &Object) -> Result<(), String> {
        let document = Document::parse(&object.text).map_err(|bad| bad.0)?;
        let zones = Zones::of(&document, self.home.zone.clone());
        let series = Series::read(&document, zones).map_err(|bad| bad.0)?;
        let takes =
            |event: &Component, length: SignedDuration| self.filter.takes(event, length.as_secs());
        // One more than a page tells that there are more; one may be the cursor's own.
        let most = self.limit + 2;
        let occurrences = series
            .occurrences(self.window, most, &mut self.budget, &takes)
            .map_err(|bad| bad.0)?;
        for occurrence in occurrences {
            let zone = &self.home.zone;
            let key = Key {
                start: occurrence.start.instant(zone),
                id: occurrence
                    .id
                    .as_ref()
                    .map_or(Timestamp::MIN, |id: &Moment| id.instant(zone)),
                calendar: object.calendar.clone(),
                uid: event::uid_of(occurrence.component),
            };
            if self.after.as_ref().is_none_or(|after| key > *after) {
                let mut event = event::present(object, &series, &occurrence);
                shorten(&mut event.description);
                self.found.push((key, event));
            }
        }
        Ok(())
    }

    /// Keeps a page and one more, and looks no further than the last of them.
    fn narrow(&mut self) {
        self.found.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.found.truncate(self.limit + 1);
        let end = self
            .found
            .last()
            .and_then(|(last, _)| last.start.checked_add(SignedDuration::from_secs(1)).ok());
        self.window.to = end.map_or(self.window.to, |end| end.min(self.window.to));
    }

    pub(super) fn finish(mut self) -> (Page, Vec<Problem>) {
        self.narrow();
        let more = self.found.len() > self.limit;
        self.found.truncate(self.limit);
        let next_cursor = self
            .found
            .last()
            .filter(|_| more)
            .map(|(key, _)| key.cursor());
        let events = self.found.into_iter().map(|(_, event)| event).collect();
        (
            Page {
                events,
                next_cursor,
            },
            self.unreadable,
        )
    }
}

/// Cuts a long description, visibly.
fn shorten(description: &mut Option<String>) {
    if let Some(text) = description
        && let Some((end, _)) = text.char_indices().nth(DESCRIPTION_LIMIT)
    {
        text.truncate(end);
        text.push_str("… (cut; get_event shows all)");
    }
}
