//! Periods of time, and sets of them.

use jiff::{SignedDuration, Timestamp};

/// From one instant up to, not including, another; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Period {
    /// `None` for one that is empty or ends before it begins: Nextcloud stores such events and reports such busy times
    /// (recordings `caldav/043` and `caldav/095`), and they take up no time.
    pub(crate) fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    pub(crate) fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// What both have in common.
    pub(crate) fn within(&self, other: &Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// With as much in front and behind.
    pub(crate) fn widened(&self, by: SignedDuration) -> Self {
        Self {
            from: self.from.saturating_sub(by).unwrap_or(Timestamp::MIN),
            to: self.to.saturating_add(by).unwrap_or(Timestamp::MAX),
        }
    }
}

/// The same time in order, without overlaps; what touches becomes one.
pub(crate) fn merged(mut periods: Vec<Period>) -> Vec<Period> {
    periods.sort_unstable();
    let mut merged: Vec<Period> = Vec::new();
    for period in periods {
        match merged.last_mut() {
            Some(last) if period.from <= last.to => last.to = last.to.max(period.to),
            _ => merged.push(period),
        }
    }
    merged
}

/// What is left of `whole` without `taken`; both as [`merged`] gives them.
pub(super) fn without(whole: &[Period], taken: &[Period]) -> Vec<Period> {
    let mut left = Vec::new();
    for period in whole {
        let mut from = period.from;
        for hole in taken.iter().filter(|hole| hole.overlaps(period)) {
            left.extend(Period::new(from, hole.from));
            from = hole.to;
        }
        left.extend(Period::new(from, period.to));
    }
    left
}
