//! The instances of one rule, in order, from any point on.
//!
//! Without COUNT (and for plain rules with it) the periods before that point are skipped by arithmetic. DTSTART
//! is always the first instance and counts as one (RFC 5545, 3.8.5.3), whether it fits the rule or not.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use super::days::{Days, start_of_week};
use super::rule::{Bound, Frequency, Rule};
use super::set::{Set, times, times_within};

const DAY: i64 = 86_400;

/// Work that is left, in days looked at and instances made.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u32,
}

/// The budget is used up: nobody may take the instances so far for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMuchWork;

impl Budget {
    pub(crate) fn new(steps: u32) -> Self {
        Self { left: steps }
    }

    /// At most `steps` of this budget, as one of their own; give the rest back with [`Self::give_back`].
    pub(crate) fn take(&mut self, steps: u32) -> Self {
        let taken = steps.min(self.left);
        self.left -= taken;
        Self { left: taken }
    }

    pub(crate) fn give_back(&mut self, rest: &Self) {
        self.left += rest.left;
    }

    fn spend(&mut self, steps: usize) -> Result<(), TooMuchWork> {
        let steps = u32::try_from(steps).map_err(|_| TooMuchWork)?;
        self.left = self.left.checked_sub(steps).ok_or(TooMuchWork)?;
        Ok(())
    }
}

/// Iterates over the instances in `from..=to`; UNTIL is left to the caller, who knows the zone.
#[derive(Debug)]
pub(crate) struct Instances<'a> {
    rule: &'a Rule,
    days: Days,
    start: DateTime,
    from: DateTime,
    to: DateTime,
    budget: &'a mut Budget,
    /// Instances that COUNT still allows.
    remaining: Option<u64>,
    /// DTSTART has not been counted yet.
    at_start: bool,
    /// DTSTART is an instance whether it fits or not.
    forced: bool,
    /// Number of the next period; the one of DTSTART is 0.
    period: i64,
    set: Set,
}

impl<'a> Instances<'a> {
    pub(crate) fn new(
        rule: &'a Rule,
        start: DateTime,
        from: DateTime,
        to: DateTime,
        budget: &'a mut Budget,
    ) -> Self {
        let mut remaining = match rule.bound {
            Bound::Count(count) => Some(u64::from(count)),
            Bound::Never | Bound::Until(_) => None,
        };
        let mut period = 0;
        if from > start && (remaining.is_none() || rule.is_plain()) {
            // One period early: the weekdays of a week that began before `from` may lie after it.
            period = (periods_between(rule, start, from) - 1).max(0);
            remaining =
                remaining.map(|count| count.saturating_sub(u64::try_from(period).unwrap_or(0)));
        }
        Self {
            rule,
            days: Days::new(rule, start.date()),
            start,
            from,
            to,
            budget,
            remaining,
            at_start: period == 0,
            forced: true,
            period,
            set: Set::default(),
        }
    }

    fn step(&mut self) -> Result<Option<DateTime>, TooMuchWork> {
        if self.at_start {
            self.at_start = false;
            self.remaining = self.remaining.map(|count| count.saturating_sub(1));
            if self.start >= self.from && self.start <= self.to {
                return Ok(Some(self.start));
            }
        }
        loop {
            if self.remaining == Some(0) {
                return Ok(None);
            }
            if let Some(moment) = self.set.next() {
                self.budget.spend(1)?;
                self.remaining = self.remaining.map(|count| count - 1);
                return Ok((moment <= self.to).then_some(moment));
            }
            match self.next_set()? {
                Some(set) => self.set = set,
                None => return Ok(None),
            }
            // DTSTART was given first; what lies before it is no instance.
            self.set.skip_until(self.start);
            if self.forced && self.set.peek() == Some(self.start) {
                self.set.next();
            }
            let skipped = self.set.skip_until(self.from);
            self.remaining = self.remaining.map(|count| count.saturating_sub(skipped));
        }
    }

    /// The moments of the next period that has any; `None` after the last that begins by `to`.
    fn next_set(&mut self) -> Result<Option<Set>, TooMuchWork> {
        loop {
            let Some(begin) = self.begin_of(self.period) else {
                return Ok(None);
            };
            if begin > self.to {
                return Ok(None);
            }
            self.budget.spend(1)?;
            if self.rule.freq <= Frequency::Daily {
                let dates = self.dates(begin.date())?;
                self.period += 1;
                if !dates.is_empty() {
                    return Ok(Some(Set::new(
                        dates,
                        times(self.rule, self.start.time()),
                        &self.rule.by_set_pos,
                    )));
                }
            } else if let Some(resume) = self.next_fitting(begin) {
                let Some(period) = self.period_at(resume) else {
                    return Ok(None);
                };
                self.period = period.max(self.period + 1);
            } else {
                self.period += 1;
                let times = times_within(self.rule, begin.time(), self.start.time());
                return Ok(Some(Set::new(
                    vec![begin.date()],
                    times,
                    &self.rule.by_set_pos,
                )));
            }
        }
    }

    /// Where a period begins; `None` beyond the calendar.
    fn begin_of(&self, period: i64) -> Option<DateTime> {
        let steps = period.checked_mul(i64::from(self.rule.interval))?;
        let date = self.start.date();
        let midnight = |date: Date| date.to_datetime(Time::midnight());
        match self.rule.freq {
            Frequency::Yearly => {
                let year = i16::try_from(i64::from(date.year()).checked_add(steps)?).ok()?;
                Date::new(year, 1, 1).ok().map(midnight)
            }
            Frequency::Monthly => {
                let months = (i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
                    .checked_add(steps)?;
                let year = i16::try_from(months.div_euclid(12)).ok()?;
                let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
                Date::new(year, month, 1).ok().map(midnight)
            }
            Frequency::Weekly => {
                let week = start_of_week(date, self.rule.week_start).ok()?;
                add_seconds(midnight(week), steps.checked_mul(7 * DAY)?)
            }
            freq => add_seconds(
                truncate(self.start, freq),
                steps.checked_mul(seconds_of(freq))?,
            ),
        }
    }

    /// For hours and finer: the number of the first period that begins at or after `at`.
    fn period_at(&self, at: DateTime) -> Option<i64> {
        let step = seconds_of(self.rule.freq).checked_mul(i64::from(self.rule.interval))?;
        let distance = at
            .duration_since(truncate(self.start, self.rule.freq))
            .as_secs();
        Some(distance.div_euclid(step) + i64::from(distance.rem_euclid(step) != 0))
    }

    fn dates(&mut self, first: Date) -> Result<Vec<Date>, TooMuchWork> {
        let mut dates = Vec::new();
        if self.rule.freq == Frequency::Yearly && !self.days.by_month.is_empty() {
            for month in self.days.by_month.clone() {
                if let Ok(first) = Date::new(first.year(), month, 1) {
                    self.scan(first, i64::from(first.days_in_month()), &mut dates)?;
                }
            }
            return Ok(dates);
        }
        let length = match self.rule.freq {
            Frequency::Yearly => i64::from(first.days_in_year()),
            Frequency::Monthly => i64::from(first.days_in_month()),
            Frequency::Weekly => 7,
            _ => 1,
        };
        self.scan(first, length, &mut dates)?;
        Ok(dates)
    }

    fn scan(&mut self, first: Date, length: i64, dates: &mut Vec<Date>) -> Result<(), TooMuchWork> {
        self.budget
            .spend(usize::try_from(length).unwrap_or(usize::MAX))?;
        let mut date = first;
        for day in 0..length {
            if self.days.contains(date) {
                dates.push(date);
            }
            match date.tomorrow() {
                Ok(next) if day + 1 < length => date = next,
                _ => break,
            }
        }
        Ok(())
    }

    /// For hours and finer: where to look next when the period that begins at `begin` does not fit.
    fn next_fitting(&self, begin: DateTime) -> Option<DateTime> {
        let outside = |list: &[i8], value: i8| !list.is_empty() && !list.contains(&value);
        let (freq, rule) = (self.rule.freq, self.rule);
        let unit = if !self.days.contains(begin.date()) {
            Frequency::Daily
        } else if outside(&rule.by_hour, begin.hour()) {
            Frequency::Hourly
        } else if freq >= Frequency::Minutely && outside(&rule.by_minute, begin.minute()) {
            Frequency::Minutely
        } else if freq == Frequency::Secondly && outside(&rule.by_second, begin.second()) {
            Frequency::Secondly
        } else {
            return None;
        };
        Some(add_seconds(truncate(begin, unit), seconds_of(unit)).unwrap_or(DateTime::MAX))
    }
}

/// The first moment from `start` on that fits a rule by itself.
pub(crate) fn first_fitting(
    rule: &Rule,
    start: DateTime,
    to: DateTime,
    budget: &mut Budget,
) -> Result<Option<DateTime>, TooMuchWork> {
    let mut instances = Instances::new(rule, start, start, to, budget);
    (instances.at_start, instances.forced) = (false, false);
    instances.step()
}

impl Iterator for Instances<'_> {
    type Item = Result<DateTime, TooMuchWork>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// Whole periods from DTSTART's to the one that holds `to`, rounded down to the rule's interval.
fn periods_between(rule: &Rule, start: DateTime, to: DateTime) -> i64 {
    let units = match rule.freq {
        Frequency::Yearly => i64::from(to.year()) - i64::from(start.year()),
        Frequency::Monthly => {
            (i64::from(to.year()) - i64::from(start.year())) * 12 + i64::from(to.month())
                - i64::from(start.month())
        }
        Frequency::Weekly => to.duration_since(start).as_secs() / (7 * DAY),
        freq => to.duration_since(truncate(start, freq)).as_secs() / seconds_of(freq),
    };
    units / i64::from(rule.interval)
}

fn seconds_of(freq: Frequency) -> i64 {
    match freq {
        Frequency::Secondly => 1,
        Frequency::Minutely => 60,
        Frequency::Hourly => 3600,
        _ => DAY,
    }
}

fn truncate(at: DateTime, freq: Frequency) -> DateTime {
    let (hour, minute, second) = match freq {
        Frequency::Secondly => (at.hour(), at.minute(), at.second()),
        Frequency::Minutely => (at.hour(), at.minute(), 0),
        Frequency::Hourly => (at.hour(), 0, 0),
        _ => (0, 0, 0),
    };
    at.date()
        .to_datetime(Time::new(hour, minute, second, 0).unwrap_or(Time::midnight()))
}

fn add_seconds(at: DateTime, seconds: i64) -> Option<DateTime> {
    at.checked_add(SignedDuration::from_secs(seconds)).ok()
}
