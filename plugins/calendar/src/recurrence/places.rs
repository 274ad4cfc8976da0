//! Where a series has its occurrences, whether or not they were moved: what a RECURRENCE-ID can name, and how many
//! instances of a rule lie before one.

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::item::{Item, floating_zone};
use super::series::{Occurrence, SERIES_BUDGET, Series, Unreadable};
use super::{Budget, Frequency, Instances, Rule, TooMuchWork};
use crate::ical::When;
use crate::zone::{Moment, UnknownZone};

/// A wall clock that a change of offset skips shows up to a day later (Samoa left a whole one out).
const SKIPPED: SignedDuration = SignedDuration::from_hours(25);
/// The same for rules by hours and finer, of which a day could hold 86,400.
const SKIPPED_FINE: SignedDuration = SignedDuration::from_hours(3);

/// A place and, of a period of RDATE, the end that it says.
type Place = (Moment, Option<Moment>);

impl<'d> Series<'d> {
    /// The occurrence that the series has at this place: the exception that replaces it, or what rules and dates give.
    pub(crate) fn occurrence_at(&self, id: &Moment) -> Result<Option<Occurrence<'d>>, Unreadable> {
        if let Some(item) = self.exception_at(id) {
            return Ok(item.end().map(|end| Occurrence {
                component: item.component,
                start: item.start.clone(),
                end,
                id: item.id.clone(),
            }));
        }
        let Some(master) = &self.master else {
            return Ok(None);
        };
        Ok(self
            .place_at(id)?
            .and_then(|(place, end)| self.occurrence(master, place, end)))
    }

    /// The exception that replaces the occurrence at this place.
    pub(crate) fn exception_at(&self, id: &Moment) -> Option<&Item<'d>> {
        let replaces = |item: &&Item<'_>| item.id.as_ref().is_some_and(|own| own.matches(id));
        self.overrides.iter().find(replaces)
    }

    /// The place of rules and dates that shows this moment, excluded or not, by the wall clock that the rule gives.
    fn place_at(&self, id: &Moment) -> Result<Option<Place>, Unreadable> {
        if let Some(place) = self.ruled_at(id)? {
            return Ok(Some((place, None)));
        }
        let date = self.dates.iter().find(|(date, _)| date.matches(id));
        Ok(date.cloned())
    }

    /// As [`Self::place_at`], of the rules (or of the start, where there are none) alone.
    pub(crate) fn ruled_at(&self, id: &Moment) -> Result<Option<Moment>, Unreadable> {
        let Some(master) = &self.master else {
            return Ok(None);
        };
        if self.rules.is_empty() {
            return Ok(Some(master.start.clone()).filter(|start| start.matches(id)));
        }
        for rule in &self.rules {
            if let Some(place) = self.instance_at(rule, &master.start, id)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// The instance of a rule, begun at `start`, that shows this moment.
    pub(crate) fn instance_at(
        &self,
        rule: &Rule,
        start: &Moment,
        id: &Moment,
    ) -> Result<Option<Moment>, Unreadable> {
        let at = self.local(start, id);
        let skipped = if rule.freq > Frequency::Daily {
            SKIPPED_FINE
        } else {
            SKIPPED
        };
        let from = at.checked_sub(skipped).unwrap_or(DateTime::MIN);
        let to = at.checked_add(skipped).unwrap_or(DateTime::MAX);
        for place in self.instances(rule, start, from, to, &mut Budget::new(SERIES_BUDGET)) {
            let place = place?;
            if place.matches(id) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Whether a rule gives anything after a place.
    pub(crate) fn ruled_after(&self, rule: &Rule, place: &Moment) -> Result<bool, Unreadable> {
        let Some(master) = &self.master else {
            return Ok(false);
        };
        let from = self.local(&master.start, place);
        let mut budget = Budget::new(SERIES_BUDGET);
        let mut later = self.instances(rule, &master.start, from, DateTime::MAX, &mut budget);
        later.next().transpose().map(|place| place.is_some())
    }

    /// The first `most` places between two wall clocks, in order, whether moved or not; those taken out are missing.
    pub(crate) fn places(
        &self,
        from: DateTime,
        to: DateTime,
        most: usize,
    ) -> Result<Vec<Moment>, Unreadable> {
        let Some(master) = &self.master else {
            return Ok(self.ids().collect());
        };
        let taken_out = |place: &Moment| self.excluded.iter().any(|other| other.matches(place));
        let within = |place: &Moment| {
            let local = self.local(&master.start, place);
            local >= from && local <= to
        };
        let alone = self.rules.is_empty().then(|| master.start.clone());
        let dates = self.dates.iter().map(|(date, _)| date.clone());
        let mut places: Vec<Moment> = dates
            .chain(alone)
            .filter(|place| !taken_out(place))
            .chain(self.ids())
            .filter(within)
            .collect();
        let mut budget = Budget::new(SERIES_BUDGET);
        for rule in &self.rules {
            let ruled = self.instances(rule, &master.start, from, to, &mut budget);
            let kept = ruled.filter(|place| place.as_ref().map_or(true, |place| !taken_out(place)));
            for place in kept.take(most) {
                places.push(place?);
            }
        }
        let reader = self.zones.reader();
        places.sort_by_key(|place| place.instant(reader));
        places.dedup_by(|one, other| one.matches(other));
        places.truncate(most);
        Ok(places)
    }

    /// The instances of a rule before a place, those taken out included: what COUNT counts.
    pub(crate) fn count_before(&self, rule: &Rule, place: &Moment) -> Result<u32, Unreadable> {
        let Some(master) = &self.master else {
            return Ok(0);
        };
        let start = master.start.local();
        let mut budget = Budget::new(SERIES_BUDGET);
        let mut count = 0;
        for local in Instances::new(rule, start, start, place.local(), &mut budget) {
            if local? >= place.local() {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// What a value of the series' EXDATE, RDATE or RECURRENCE-ID says.
    pub(crate) fn moment(&self, when: &When) -> Result<Moment, UnknownZone> {
        match &self.master {
            Some(master) => self
                .zones
                .moment_in(when, &floating_zone(&master.start, &self.zones)),
            None => self.zones.moment(when),
        }
    }

    /// A moment as the series itself would write it: by the wall clock of its start.
    pub(crate) fn own(&self, moment: &Moment) -> Moment {
        match (self.master.as_ref().map(|master| &master.start), moment) {
            (Some(Moment::At { zone, .. }), Moment::At { instant, .. }) => Moment::At {
                local: zone.local(*instant),
                instant: *instant,
                zone: zone.clone(),
            },
            _ => moment.clone(),
        }
    }

    fn ids(&self) -> impl Iterator<Item = Moment> {
        self.overrides.iter().filter_map(|item| item.id.clone())
    }

    /// The wall clock that a moment shows where the series lives.
    fn local(&self, start: &Moment, moment: &Moment) -> DateTime {
        match (floating_zone(start, &self.zones), moment) {
            (zone, Moment::At { instant, .. }) => zone.local(*instant),
            (_, Moment::Day(_)) => moment.local(),
        }
    }

    fn instances<'a>(
        &'a self,
        rule: &'a Rule,
        start: &'a Moment,
        from: DateTime,
        to: DateTime,
        budget: &'a mut Budget,
    ) -> impl Iterator<Item = Result<Moment, Unreadable>> + 'a {
        Instances::new(rule, start.local(), from, to, budget)
            .map(move |local| Ok(local?))
            .map_while(move |local: Result<DateTime, Unreadable>| match local {
                Ok(local) => start
                    .with_local(local)
                    .filter(|place| !self.is_past_until(rule, place))
                    .map(Ok),
                Err(why) => Some(Err(why)),
            })
    }
}

impl From<TooMuchWork> for Unreadable {
    fn from(_: TooMuchWork) -> Self {
        Self("its recurrence takes too much work to compute".to_owned())
    }
}
