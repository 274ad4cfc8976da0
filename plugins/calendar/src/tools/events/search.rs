//! Collects the occurrences of stored events, a page of them at a time, with bounded work.

use jiff::{SignedDuration, Timestamp};

use super::super::problem::{Problem, shorten};
use super::filter::Filter;
use super::page::{Key, Sort};
use crate::dav::{Calendar, Home, Kind, Object, Unread, scan};
use crate::event::{self, Event};
use crate::ical::{Component, Document};
use crate::recurrence::{Budget, Occurrence, Series, Window};
use crate::zone::{Moment, Zones};

/// Work for all series of a call; see [`Budget`]. Some hundred milliseconds.
pub(crate) const CALL_BUDGET: u32 = 4_000_000;
/// Occurrences of one series that are looked at where the first ones are not enough: 13 years of days.
const SERIES_LIMIT: usize = 5_000;

/// The first events, in order, and what is missing.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    /// Where there are more.
    pub(super) next_cursor: Option<String>,
    /// Stored events that are not understood.
    pub(super) unreadable: Vec<Problem>,
    /// Calendars that were not read, or not wholly.
    pub(super) unread: Vec<Unread>,
}

/// A search under way.
pub(super) struct Search<'a> {
    home: &'a Home,
    filter: &'a Filter,
    /// Narrowed as the page fills: what begins after its last event cannot be in it.
    window: Window,
    sort: Sort,
    after: Option<Key>,
    limit: usize,
    budget: Budget,
    found: Vec<(Key, Event)>,
    /// What sorts behind this is on no page now.
    last: Option<Key>,
    unreadable: Vec<Problem>,
}

impl<'a> Search<'a> {
    pub(super) fn new(home: &'a Home, filter: &'a Filter, window: Window, limit: usize) -> Self {
        Self {
            home,
            filter,
            window,
            sort: Sort::default(),
            after: None,
            limit,
            budget: Budget::new(CALL_BUDGET),
            found: Vec::new(),
            last: None,
            unreadable: Vec::new(),
        }
    }

    /// In this order, after this event.
    pub(super) fn page(mut self, sort: Sort, after: Option<Key>) -> Self {
        match (sort, &after) {
            (Sort::Start, Some(after)) => self.window.starting = after.start,
            (Sort::Latest, Some(after)) => self.window.to = until(after).min(self.window.to),
            _ => {}
        }
        self.sort = sort;
        self.after = after;
        self
    }

    /// Reads the calendars.
    pub(super) fn run(mut self, calendars: &[&Calendar]) -> Page {
        let range = (self.window.from.max(self.window.starting), self.window.to);
        let home = self.home;
        let unread = scan(home, calendars, Kind::Event, Some(range), &mut |object| {
            self.add(object);
        });
        self.narrow();
        let more = self.found.len() > self.limit;
        self.found.truncate(self.limit);
        let last = self.found.last().filter(|_| more);
        Page {
            next_cursor: last.map(|(key, _)| self.sort.cursor(key)),
            events: self.found.into_iter().map(|(_, event)| event).collect(),
            unreadable: self.unreadable,
            unread,
        }
    }

    fn add(&mut self, object: &Object) {
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
        let most = match self.sort {
            // One more than a page tells that there are more; one may be the cursor's own.
            Sort::Start => self.limit + 2,
            Sort::Latest | Sort::Title => SERIES_LIMIT,
        };
        let occurrences = series
            .occurrences(self.window, most, &mut self.budget, &takes)
            .map_err(|bad| bad.0)?;
        if self.sort != Sort::Start && occurrences.len() >= most {
            return Err(format!(
                "it has {most} occurrences or more in this range: take a shorter range, or sort start"
            ));
        }
        for occurrence in occurrences {
            let key = self.key(object, &occurrence);
            if self.is_on_page(&key) {
                let mut event = event::present(object, &series, &occurrence);
                shorten(&mut event.description, "get_event");
                self.found.push((key, event));
            }
        }
        Ok(())
    }

    fn key(&self, object: &Object, occurrence: &Occurrence<'_>) -> Key {
        let zone = &self.home.zone;
        let id = occurrence.id.as_ref();
        let id = id.map_or(Timestamp::MIN, |id: &Moment| id.instant(zone));
        let uid = event::uid_of(occurrence.component);
        let key = Key::new(occurrence.start.instant(zone), &object.calendar, uid, id);
        let title = || event::text(occurrence.component, "SUMMARY").unwrap_or_default();
        self.sort.key(key, title)
    }

    fn is_on_page(&self, key: &Key) -> bool {
        let is_behind = |other: &Key| self.sort.compare(key, other).is_gt();
        self.after.as_ref().is_none_or(is_behind) && !self.last.as_ref().is_some_and(is_behind)
    }

    /// Keeps a page and one more, and looks no further than the last of them.
    fn narrow(&mut self) {
        self.found
            .sort_by(|(one, _), (other, _)| self.sort.compare(one, other));
        self.found.truncate(self.limit + 1);
        if self.found.len() <= self.limit {
            return;
        }
        self.last = self.found.last().map(|(last, _)| last.clone());
        if let (Sort::Start, Some(last)) = (self.sort, &self.last) {
            self.window.to = until(last).min(self.window.to);
        }
    }
}

/// What does not begin before this comes after the event.
fn until(key: &Key) -> Timestamp {
    key.start
        .checked_add(SignedDuration::from_secs(1))
        .unwrap_or(Timestamp::MAX)
}
