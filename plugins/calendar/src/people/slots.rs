//! Slots in which something of a given length fits, best first.
//!
//! A slot never touches what is firmly busy, its buffer included. What is only tentatively busy counts as busy too, but
//! slots there are offered after all others and say so.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::period::{Period, merged, without};

/// Meetings begin on the quarter of an hour, and at the edges of what is free.
const STEP: i64 = 15 * 60;
/// What is left over is of no use to anybody if it is shorter.
const SCRAP: SignedDuration = SignedDuration::from_mins(30);

/// What is looked for. Lists are as [`merged`] gives them.
pub(crate) struct Search<'a> {
    /// When it may be at all.
    pub(crate) windows: &'a [Period],
    pub(crate) firm: &'a [Period],
    pub(crate) tentative: &'a [Period],
    /// When it should rather be; empty: no matter.
    pub(crate) preferred: &'a [Period],
    pub(crate) length: SignedDuration,
    /// Free time in front and behind.
    pub(crate) buffer: SignedDuration,
    pub(crate) zone: &'a TimeZone,
}

/// One that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) period: Period,
    /// The free time around it.
    pub(crate) free: Period,
    /// Nothing tentative is in the way.
    pub(crate) clear: bool,
    /// It is inside the preferred times, if any are.
    pub(crate) preferred: bool,
}

/// The best slots, at most `most` of them and none overlapping another, and whether there are more.
pub(crate) fn find(search: &Search<'_>, most: usize) -> (Vec<Slot>, bool) {
    let possible = free(search.windows, search.firm, search.buffer);
    let clear = free(&possible, search.tentative, search.buffer);
    let mut candidates: Vec<(Rank, Slot)> = Vec::new();
    for (gaps, is_clear) in [(&clear, true), (&possible, false)] {
        for gap in gaps {
            let slots = starts(gap, search)
                .into_iter()
                .filter_map(|start| slot(search, start, *gap))
                .filter(|slot| slot.clear == is_clear);
            candidates.extend(slots.map(|slot| (rank(search, &slot), slot)));
        }
    }
    candidates.sort_by_key(|(rank, _)| *rank);
    let mut chosen: Vec<Slot> = Vec::new();
    for (_, slot) in candidates {
        if chosen
            .iter()
            .any(|other| other.period.overlaps(&slot.period))
        {
            continue;
        }
        if chosen.len() == most {
            return (chosen, true);
        }
        chosen.push(slot);
    }
    (chosen, false)
}

/// What of the windows is not busy, with a buffer around what is.
pub(super) fn free(windows: &[Period], busy: &[Period], buffer: SignedDuration) -> Vec<Period> {
    let busy = busy.iter().map(|period| period.widened(buffer)).collect();
    without(windows, &merged(busy))
}

/// Smaller is better: clear, preferred, at a round time, leaving useful time around it, early.
type Rank = (bool, bool, u8, u8, Timestamp);

fn rank(search: &Search<'_>, slot: &Slot) -> Rank {
    let minute = search.zone.to_datetime(slot.period.from).minute();
    let odd = match minute {
        0 | 30 => 0,
        15 | 45 => 1,
        _ => 2,
    };
    let left = [
        slot.period.from.duration_since(slot.free.from),
        slot.free.to.duration_since(slot.period.to),
    ];
    let split = left.iter().all(|left| *left > SignedDuration::ZERO);
    let scraps = left
        .iter()
        .filter(|left| **left > SignedDuration::ZERO && **left < SCRAP)
        .count();
    let fragments = u8::from(split) + 2 * u8::try_from(scraps).unwrap_or(0);
    (
        !slot.clear,
        !slot.preferred,
        odd,
        fragments,
        slot.period.from,
    )
}

fn slot(search: &Search<'_>, start: Timestamp, gap: Period) -> Option<Slot> {
    let period = Period::new(start, start.checked_add(search.length).ok()?)?;
    if !gap.contains(&period) {
        return None;
    }
    let taken = |busy: &Period| busy.widened(search.buffer).overlaps(&period);
    let clear = !search.tentative.iter().any(taken);
    let preferred = search.preferred.is_empty()
        || search
            .preferred
            .iter()
            .any(|preferred| preferred.contains(&period));
    Some(Slot {
        period,
        free: gap,
        clear,
        preferred,
    })
}

/// Where a slot may begin in a gap: at its start, so that its end is the gap's, at every step between, and where
/// preferred times begin.
fn starts(gap: &Period, search: &Search<'_>) -> Vec<Timestamp> {
    let Ok(last) = gap.to.checked_sub(search.length) else {
        return Vec::new();
    };
    if last < gap.from {
        return Vec::new();
    }
    let mut starts = vec![gap.from, last];
    let preferred = search.preferred.iter().map(|preferred| preferred.from);
    starts.extend(preferred.filter(|from| (gap.from..=last).contains(from)));
    let local = search.zone.to_datetime(gap.from);
    let into = (i64::from(local.minute()) * 60 + i64::from(local.second())) % STEP;
    let step = SignedDuration::from_secs(STEP);
    let mut next = gap
        .from
        .checked_add(SignedDuration::from_secs((STEP - into) % STEP))
        .ok();
    while let Some(start) = next.filter(|start| *start <= last) {
        starts.push(start);
        next = start.checked_add(step).ok();
    }
    starts
}
