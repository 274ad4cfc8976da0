//! A series as it is stored: a master with its rules and dates, and the occurrences that differ from it. Gives the
//! occurrences in a window of time.
//!
//! An occurrence that was moved counts where it is now, not where it was. A property that cannot be understood makes
//! the whole series unreadable, with its reason: nothing is guessed and nothing is left out silently.

use jiff::{SignedDuration, Timestamp};

use super::item::{Item, floating_zone};
use super::{BadRule, Bound, Budget, Frequency, Instances, Rule, TooMuchWork};
use crate::ical::{Component, ContentLine, Document, Duration, When};
use crate::zone::{Moment, Zone, Zones};

/// Work for one series: more than 500 years of days, a few milliseconds.
pub(super) const SERIES_BUDGET: u32 = 200_000;
/// Wider than any change of offset, the lost day of Samoa included: what lies outside cannot touch the window.
const MARGIN: SignedDuration = SignedDuration::from_hours(50);
/// The same for rules by hours and finer, where each hour may cost thousands of steps: no zone that has daylight
/// saving changes by more.
const FINE_MARGIN: SignedDuration = SignedDuration::from_hours(3);

/// Why the occurrences of a series are not known, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(pub(crate) String);

/// All of a stored event.
#[derive(Debug)]
pub(crate) struct Series<'d> {
    pub(crate) zones: Zones,
    /// Missing where the user is invited to single occurrences only.
    pub(crate) master: Option<Item<'d>>,
    pub(crate) overrides: Vec<Item<'d>>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) excluded: Vec<Moment>,
    /// RDATE, with an end where it is a period.
    pub(super) dates: Vec<(Moment, Option<Moment>)>,
}

/// One occurrence.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence<'d> {
    /// Where its title and other properties stand.
    pub(crate) component: &'d Component,
    pub(crate) start: Moment,
    /// Exclusive.
    pub(crate) end: Moment,
    /// RECURRENCE-ID: where the series has it, whether or not it was moved. Absent for a single event.
    pub(crate) id: Option<Moment>,
}

/// What begins before `to` and has not ended by `from`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    /// Only what begins then or later.
    pub(crate) starting: Timestamp,
}

impl Window {
    /// What has no length is in the window where it stands.
    fn holds(&self, start: Timestamp, end: Timestamp) -> bool {
        start < self.to && start >= self.starting && (end > self.from || start >= self.from)
    }
}

impl<'d> Series<'d> {
    pub(crate) fn read(document: &'d Document, zones: Zones) -> Result<Self, Unreadable> {
        Self::of(document.events(), zones)
    }

    /// Of a master and its exceptions, in any order.
    pub(crate) fn of(
        components: impl Iterator<Item = &'d Component>,
        zones: Zones,
    ) -> Result<Self, Unreadable> {
        let mut series = Self {
            zones,
            master: None,
            overrides: Vec::new(),
            rules: Vec::new(),
            excluded: Vec::new(),
            dates: Vec::new(),
        };
        for component in components {
            let item = Item::read(component, &series.zones)?;
            if item.id.is_some() {
                series.overrides.push(item);
            } else if series.master.is_none() {
                series.master = Some(item);
            } else {
                return Err(Unreadable(
                    "it holds two items without RECURRENCE-ID".to_owned(),
                ));
            }
        }
        series.read_recurrence()?;
        Ok(series)
    }

    fn read_recurrence(&mut self) -> Result<(), Unreadable> {
        let Some(master) = &self.master else {
            return Ok(());
        };
        let zone = floating_zone(&master.start, &self.zones);
        for line in master.component.lines.iter().map(|placed| &placed.line) {
            match line.name.as_str() {
                "RRULE" => self.rules.push(line.value.parse()?),
                "EXRULE" => return Err(Unreadable("EXRULE is not supported".to_owned())),
                "EXDATE" => {
                    for when in When::list(line)? {
                        self.excluded.push(self.zones.moment_in(&when, &zone)?);
                    }
                }
                "RDATE" => self.dates.extend(read_dates(line, &self.zones, &zone)?),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn is_recurring(&self) -> bool {
        !self.rules.is_empty() || !self.dates.is_empty() || !self.overrides.is_empty()
    }

    /// Whether one rule says everything that the exceptions do not.
    pub(crate) fn has_one_rule(&self) -> bool {
        self.rules.len() == 1 && self.dates.is_empty()
    }

    /// Whether moments of single occurrences are stored, which a change of the series' times would leave behind.
    pub(crate) fn has_exceptions(&self) -> bool {
        !self.dates.is_empty() || !self.excluded.is_empty() || !self.overrides.is_empty()
    }

    /// The first `most` regular occurrences in the window, in order, and every exception in it. `accept` looks at
    /// properties and length; a series of which it takes nothing costs nothing.
    pub(crate) fn occurrences(
        &self,
        window: Window,
        most: usize,
        budget: &mut Budget,
        accept: &dyn Fn(&Component, SignedDuration) -> bool,
    ) -> Result<Vec<Occurrence<'d>>, Unreadable> {
        let reader = self.zones.reader();
        let fits = |one: &Occurrence<'d>| {
            let (start, end) = (one.start.instant(reader), one.end.instant(reader));
            window.holds(start, end) && accept(one.component, end.duration_since(start))
        };
        let exceptions = self.overrides.iter().filter_map(|item| {
            let end = item.end()?;
            Some(Occurrence {
                component: item.component,
                start: item.start.clone(),
                end,
                id: item.id.clone(),
            })
        });
        let mut found: Vec<Occurrence<'d>> = exceptions.filter(fits).collect();
        let mut items = self
            .master
            .iter()
            .chain(self.overrides.iter().filter(|item| item.onwards));
        if items.any(|item| accept(item.component, item.reach())) {
            let mut own = budget.take(SERIES_BUDGET);
            let regular = self.regular(window, most, &mut own, &fits);
            budget.give_back(&own);
            found.extend(regular.map_err(|TooMuchWork| {
                Unreadable(
                    "its recurrence takes too much work to compute for this range".to_owned(),
                )
            })?);
        }
        in_order(&mut found, reader);
        Ok(found)
    }

    /// What the rules and dates give, without what exceptions take away or replace.
    fn regular(
        &self,
        window: Window,
        most: usize,
        budget: &mut Budget,
        fits: &dyn Fn(&Occurrence<'d>) -> bool,
    ) -> Result<Vec<Occurrence<'d>>, TooMuchWork> {
        let Some(master) = &self.master else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let single = self.rules.is_empty().then(|| (master.start.clone(), None));
        for (moment, end) in self.dates.iter().cloned().chain(single) {
            found.extend(self.occurrence(master, moment, end).filter(fits));
        }
        for rule in &self.rules {
            let before = found.len();
            let (from, to) = self.bounds(master, rule, window);
            for local in Instances::new(rule, master.start.local(), from, to, budget) {
                let Some(moment) = master.start.with_local(local?) else {
                    break;
                };
                if self.is_past_until(rule, &moment) {
                    break;
                }
                found.extend(self.occurrence(master, moment, None).filter(fits));
                if found.len() - before >= most {
                    break;
                }
            }
        }
        let reader = self.zones.reader();
        in_order(&mut found, reader);
        // A wall clock that is skipped shows the same instant as a later one.
        found.dedup_by(|one, other| one.start.instant(reader) == other.start.instant(reader));
        Ok(found)
    }

    /// The occurrence that the series has at `moment`, unless it is excluded or replaced.
    pub(super) fn occurrence(
        &self,
        master: &Item<'d>,
        moment: Moment,
        end: Option<Moment>,
    ) -> Option<Occurrence<'d>> {
        let replaced = |item: &Item<'_>| item.id.as_ref().is_some_and(|id| id.matches(&moment));
        if self
            .excluded
            .iter()
            .any(|excluded| excluded.matches(&moment))
            || self.overrides.iter().any(replaced)
        {
            return None;
        }
        let (item, start) = match self.onwards_at(&moment) {
            Some(item) => (
                item,
                item.start
                    .with_local(item.seen(&moment).checked_add(item.shift()).ok()?)?,
            ),
            None => (master, moment.clone()),
        };
        let end = match end {
            Some(end) => end,
            None => item.end_of(&start)?,
        };
        Some(Occurrence {
            component: item.component,
            start,
            end,
            id: self.is_recurring().then_some(moment),
        })
    }

    /// The latest `RANGE=THISANDFUTURE` that reaches this moment.
    fn onwards_at(&self, moment: &Moment) -> Option<&Item<'d>> {
        let reader = self.zones.reader();
        let at = |item: &&Item<'_>| item.id.as_ref().map(|id| id.instant(reader));
        let reaching = self
            .overrides
            .iter()
            .filter(|item| item.onwards && at(item) <= Some(moment.instant(reader)));
        reaching.max_by_key(at)
    }

    /// The wall clocks between which instances can touch the window.
    fn bounds(
        &self,
        master: &Item<'d>,
        rule: &Rule,
        window: Window,
    ) -> (jiff::civil::DateTime, jiff::civil::DateTime) {
        let items =
            || std::iter::once(master).chain(self.overrides.iter().filter(|item| item.onwards));
        let reach = items().map(Item::reach).max().unwrap_or_default();
        let shift = items()
            .map(|item| item.shift().abs())
            .max()
            .unwrap_or_default();
        let margin = if rule.freq > Frequency::Daily {
            FINE_MARGIN
        } else {
            MARGIN
        };
        let early = window
            .from
            .saturating_sub(reach)
            .unwrap_or(Timestamp::MIN)
            .max(window.starting);
        let early = early
            .saturating_sub(shift.saturating_add(margin))
            .unwrap_or(Timestamp::MIN);
        let late = window
            .to
            .saturating_add(shift.saturating_add(margin))
            .unwrap_or(Timestamp::MAX);
        let zone = floating_zone(&master.start, &self.zones);
        (zone.local(early), zone.local(late))
    }

    /// UNTIL is inclusive. With a time it is an instant; a date, beside a DTSTART with a time, is its midnight, as
    /// Nextcloud's server reads it.
    pub(super) fn is_past_until(&self, rule: &Rule, moment: &Moment) -> bool {
        let Bound::Until(until) = &rule.bound else {
            return false;
        };
        match (until, moment) {
            (When::Utc(_), Moment::At { instant, zone, .. }) => {
                match self.zones.moment_in(until, zone) {
                    Ok(until) => *instant > until.instant(self.zones.reader()),
                    Err(_) => false,
                }
            }
            (_, Moment::Day(date)) => *date > until.civil().date(),
            (_, Moment::At { local, .. }) => *local > until.civil(),
        }
    }
}

fn in_order(found: &mut [Occurrence<'_>], reader: &jiff::tz::TimeZone) {
    found.sort_by_key(|one| one.start.instant(reader));
}

/// RDATE: moments, or periods with an end or a duration.
fn read_dates(
    line: &ContentLine,
    zones: &Zones,
    zone: &Zone,
) -> Result<Vec<(Moment, Option<Moment>)>, Unreadable> {
    let mut dates = Vec::new();
    let starts = When::list(line)?;
    let items = line
        .value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    for (item, start) in items.zip(starts) {
        let start = zones.moment_in(&start, zone)?;
        let end = match item.split_once('/') {
            None => None,
            Some((_, length)) if length.starts_with(['P', 'p', '+']) => {
                let Duration { days, exact } = Duration::parse(length)?;
                let exact = exact.saturating_add(SignedDuration::from_hours(24 * i64::from(days)));
                start.plus(exact)
            }
            Some((_, end)) => Some(zones.moment_in(&When::parse(end, line.param("TZID"))?, zone)?),
        };
        dates.push((start, end));
    }
    Ok(dates)
}

impl From<BadRule> for Unreadable {
    fn from(bad: BadRule) -> Self {
        Self(format!("its RRULE is not understood: {}", bad.0))
    }
}
