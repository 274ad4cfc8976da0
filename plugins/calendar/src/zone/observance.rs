//! Reads a VTIMEZONE (RFC 5545, 3.6.5): observances, the last of which to begin is in force.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::ical::{Component, When};
use crate::recurrence::{Bound, Budget, Instances, Rule};

/// Enough for six centuries of yearly rules, which Windows dates from 1601.
const ONSET_BUDGET: u32 = 600 * 366;
/// A yearly onset lies within this window before any moment after its first.
const RECENT: SignedDuration = SignedDuration::from_hours(24 * 800);

/// A zone as a calendar text describes it.
#[derive(Debug)]
pub(crate) struct Observances {
    name: String,
    list: Vec<Observance>,
}

/// STANDARD or DAYLIGHT.
#[derive(Debug)]
struct Observance {
    start: DateTime,
    from: Offset,
    to: Offset,
    rules: Vec<Rule>,
    dates: Vec<DateTime>,
}

impl Observances {
    /// `None` for a component that lacks what it must have.
    pub(super) fn read(component: &Component) -> Option<Self> {
        let name = component.get("TZID")?.value.trim().to_owned();
        let parts = component
            .children
            .iter()
            .filter(|part| matches!(part.name.as_str(), "STANDARD" | "DAYLIGHT"));
        let list = parts.map(Observance::read).collect::<Option<Vec<_>>>()?;
        (!list.is_empty()).then_some(Self { name, list })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn offset(&self, at: Timestamp) -> Offset {
        let latest = self
            .list
            .iter()
            .filter_map(|observance| Some((observance.last_onset(at)?, observance.to)))
            .max_by_key(|(onset, _)| *onset);
        // Before the first onset, what that onset changed from.
        let before = || {
            self.list
                .iter()
                .min_by_key(|observance| observance.start)
                .map(|first| first.from)
        };
        latest
            .map(|(_, to)| to)
            .or_else(before)
            .unwrap_or(Offset::UTC)
    }

    pub(super) fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let near = Offset::UTC.to_timestamp(local).ok()?;
        let day = SignedDuration::from_hours(24);
        let before = self.offset(near.checked_sub(day).ok()?);
        let after = self.offset(near.checked_add(day).ok()?);
        let first = before.to_timestamp(local).ok()?;
        let second = after.to_timestamp(local).ok()?;
        // Right under the later offset alone: the change lies between. Right under neither: a gap.
        let after_the_change = self.offset(first) != before && self.offset(second) == after;
        Some(if after_the_change { second } else { first })
    }
}

impl Observance {
    fn read(component: &Component) -> Option<Self> {
        let offset = |name: &str| {
            component
                .get(name)
                .and_then(|line| parse_offset(line.value.trim()))
        };
        let start = When::of(component.get("DTSTART")?).ok()?.civil();
        let rules = component
            .all("RRULE")
            .map(|line| line.value.parse().ok())
            .collect::<Option<Vec<Rule>>>()?;
        let mut dates = Vec::new();
        for line in component.all("RDATE") {
            dates.extend(When::list(line).ok()?.iter().map(When::civil));
        }
        Some(Self {
            start,
            from: offset("TZOFFSETFROM")?,
            to: offset("TZOFFSETTO")?,
            rules,
            dates,
        })
    }

    /// When it last began, at or before `at`.
    fn last_onset(&self, at: Timestamp) -> Option<Timestamp> {
        // Onsets are wall clocks under the offset that they end.
        let limit = self.from.to_datetime(at);
        if limit < self.start {
            return None;
        }
        let single = self
            .dates
            .iter()
            .copied()
            .filter(|date| *date <= limit)
            .chain([self.start])
            .max();
        let recent = limit.checked_sub(RECENT).unwrap_or(self.start);
        let ruled = self.rules.iter().filter_map(|rule| {
            // A rule that has ended has no recent onset: then its last one counts.
            self.last_of(rule, recent.max(self.start), limit)
                .or_else(|| self.last_of(rule, self.start, limit))
        });
        ruled
            .chain(single)
            .max()
            .and_then(|onset| self.from.to_timestamp(onset).ok())
    }

    fn last_of(&self, rule: &Rule, from: DateTime, limit: DateTime) -> Option<DateTime> {
        let until = match &rule.bound {
            Bound::Until(When::Utc(utc)) => Offset::UTC
                .to_timestamp(*utc)
                .map_or(limit, |until| self.from.to_datetime(until)),
            Bound::Until(other) => other.civil(),
            Bound::Never | Bound::Count(_) => limit,
        };
        let mut budget = Budget::new(ONSET_BUDGET);
        Instances::new(rule, self.start, from, limit.min(until), &mut budget)
            .map_while(Result::ok)
            .last()
    }
}

/// `+0100`, `-033000`.
fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).map_or(Ok(0), str::parse::<i32>);
    let seconds = part(0).ok()? * 3600 + part(2).ok()? * 60 + part(4).ok()?;
    Offset::from_seconds(sign * seconds).ok()
}
