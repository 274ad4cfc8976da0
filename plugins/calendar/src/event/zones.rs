//! Which VTIMEZONE an event needs.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::times::Times;
use crate::ical::{Component, ContentLine, Draft, When};
use crate::recurrence::{Bound, Rule, Series};
use crate::zone::{covers, named_zone, vtimezone};

/// A zone from the database that a written time names.
pub(crate) struct Needed {
    zone: TimeZone,
    tzid: String,
    years: RangeInclusive<i16>,
    open_ended: bool,
}

impl Needed {
    /// `None` for days, UTC, floating times, and a zone that only the stored text knows.
    pub(crate) fn of(times: &Times, rule: Option<&Rule>) -> Option<Self> {
        let When::Zoned(start, tzid) = &times.start else {
            return None;
        };
        let zone = named_zone(tzid).ok()?;
        let (last, open_ended) = match rule.map(|rule| &rule.bound) {
            None => (times.end.civil().year(), false),
            Some(Bound::Until(until)) => (until.civil().year(), false),
            Some(Bound::Never | Bound::Count(_)) => (times.end.civil().year(), true),
        };
        Some(Self {
            zone,
            tzid: tzid.clone(),
            years: start.year()..=last.max(start.year()),
            open_ended,
        })
    }

    /// The same zone for every time of a stored series too, since one description serves them all.
    pub(super) fn for_all_of(mut self, series: &Series<'_>) -> Self {
        let items = series.master.iter().chain(&series.overrides);
        let years = items.map(|item| item.start.local().year());
        let (mut first, mut last) = (*self.years.start(), *self.years.end());
        for year in years {
            (first, last) = (first.min(year), last.max(year));
        }
        for rule in &series.rules {
            match &rule.bound {
                Bound::Until(until) => last = last.max(until.civil().year()),
                Bound::Never | Bound::Count(_) => self.open_ended = true,
            }
        }
        self.years = first..=last;
        self
    }

    pub(crate) fn lines(&self) -> Vec<ContentLine> {
        vtimezone(&self.zone, &self.tzid, self.years.clone(), self.open_ended)
    }

    /// Makes sure that the draft's text describes the zone, and rightly so.
    pub(crate) fn bring_into(&self, draft: &mut Draft<'_>) {
        let calendar = &draft.edit.document().calendar;
        let named = |zone: &&Component| {
            zone.get("TZID")
                .is_some_and(|line| line.value.trim() == self.tzid)
        };
        let there: Vec<&Component> = calendar.children("VTIMEZONE").filter(named).collect();
        if there
            .iter()
            .any(|zone| covers(zone, &self.zone, &self.samples()))
        {
            return;
        }
        for zone in there {
            draft.edit.remove_component(zone);
        }
        let first = calendar
            .children
            .first()
            .map_or(calendar.insert_at, |child| child.range.start);
        draft.edit.insert(first, &self.lines());
    }

    /// Instants at which a zone that is there must be right: every month of the event's first and last year.
    fn samples(&self) -> Vec<Timestamp> {
        let months = [*self.years.start(), *self.years.end()]
            .into_iter()
            .flat_map(|year| (1..=12).map(move |month| (year, month)));
        let midnight = |(year, month)| {
            jiff::civil::Date::new(year, month, 1)
                .ok()?
                .to_zoned(TimeZone::UTC)
                .ok()
        };
        months
            .filter_map(midnight)
            .map(|zoned| zoned.timestamp())
            .collect()
    }
}
