//! The moments of one period of a rule, in order.

use jiff::civil::{Date, DateTime, Time};

use super::rule::{Frequency, Rule};

/// The moments of one period: each date with each time, or those that BYSETPOS picks. Nothing is written out, so a
/// year of seconds takes no more room than its dates and times.
#[derive(Debug, Default)]
pub(super) struct Set {
    dates: Vec<Date>,
    times: Vec<Time>,
    positions: Option<Vec<usize>>,
    at: usize,
}

impl Set {
    pub(super) fn new(dates: Vec<Date>, times: Vec<Time>, set_pos: &[i16]) -> Self {
        let total = dates.len() * times.len();
        let position = |wanted: &i16| {
            let distance = usize::from(wanted.unsigned_abs());
            if *wanted > 0 {
                distance.checked_sub(1)
            } else {
                total.checked_sub(distance)
            }
        };
        let positions = (!set_pos.is_empty()).then(|| {
            let mut positions = Vec::new();
            for wanted in set_pos
                .iter()
                .filter_map(position)
                .filter(|position| *position < total)
            {
                if let Err(place) = positions.binary_search(&wanted) {
                    positions.insert(place, wanted);
                }
            }
            positions
        });
        Self {
            dates,
            times,
            positions,
            at: 0,
        }
    }

    fn len(&self) -> usize {
        self.positions
            .as_ref()
            .map_or(self.dates.len() * self.times.len(), Vec::len)
    }

    fn get(&self, index: usize) -> Option<DateTime> {
        let index = match &self.positions {
            Some(positions) => *positions.get(index)?,
            None => index,
        };
        let date = self.dates.get(index / self.times.len().max(1))?;
        Some(date.to_datetime(*self.times.get(index % self.times.len().max(1))?))
    }

    pub(super) fn peek(&self) -> Option<DateTime> {
        self.get(self.at)
    }

    pub(super) fn next(&mut self) -> Option<DateTime> {
        let moment = self.peek()?;
        self.at += 1;
        Some(moment)
    }

    /// Moves to the first moment at or after `to`; returns how many were passed.
    pub(super) fn skip_until(&mut self, to: DateTime) -> u64 {
        let (mut low, mut high) = (self.at, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(|moment| moment < to) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let passed = low - self.at;
        self.at = low;
        passed as u64
    }
}

/// The times of day of a rule by days: BYHOUR x BYMINUTE x BYSECOND, each taken from DTSTART where it is missing.
pub(super) fn times(rule: &Rule, start: Time) -> Vec<Time> {
    let or = |list: &[i8], value: i8| {
        if list.is_empty() {
            vec![value]
        } else {
            list.to_vec()
        }
    };
    let mut times = Vec::new();
    for hour in or(&rule.by_hour, start.hour()) {
        let at = Time::new(hour, 0, 0, 0).unwrap_or(Time::midnight());
        times.extend(hour_times(rule, at, start));
    }
    times
}

/// The times of a period of an hour, a minute or a second that begins at `begin`.
pub(super) fn times_within(rule: &Rule, begin: Time, start: Time) -> Vec<Time> {
    match rule.freq {
        Frequency::Hourly => hour_times(rule, begin, start),
        Frequency::Minutely => minute_times(rule, begin, start),
        _ => vec![begin],
    }
}

fn hour_times(rule: &Rule, hour: Time, start: Time) -> Vec<Time> {
    let minutes = if rule.by_minute.is_empty() {
        vec![start.minute()]
    } else {
        rule.by_minute.clone()
    };
    let minute = |minute| Time::new(hour.hour(), minute, 0, 0).ok();
    minutes
        .into_iter()
        .filter_map(minute)
        .flat_map(|minute| minute_times(rule, minute, start))
        .collect()
}

fn minute_times(rule: &Rule, minute: Time, start: Time) -> Vec<Time> {
    let seconds = if rule.by_second.is_empty() {
        vec![start.second()]
    } else {
        rule.by_second.clone()
    };
    // 60 is a leap second: the last second of the minute here.
    let mut times: Vec<Time> = seconds
        .into_iter()
        .filter_map(|second| Time::new(minute.hour(), minute.minute(), second.min(59), 0).ok())
        .collect();
    times.dedup();
    times
}
