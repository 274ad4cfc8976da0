//! Which occurrence of a repeating task is to do now: the last one that has begun and is not done, or else the next one.
//!
//! `CalDAV` gives the stored task alone, whose dates are those of the first occurrence: a chore of every June would look
//! overdue for years. Occurrences are done where a program stored them so (RECURRENCE-ID with STATUS:COMPLETED), or
//! where it moved the stored task on.

use jiff::{SignedDuration, Timestamp};

use super::progress::Progress;
use crate::ical::Component;
use crate::recurrence::{Budget, Occurrence, Series, Unreadable, Window};
use crate::zone::Moment;

/// How far back the last occurrence is looked for, in hours, step by step: a rule by minutes costs no more than a
/// yearly one.
const LOOK_BACK: [i64; 7] = [1, 24, 24 * 8, 24 * 62, 24 * 400, 24 * 4_000, 24 * 36_525];
/// How far ahead the next one may be, also from the start of a series that has not begun.
const LOOK_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 366 * 30);
const INSTANT: SignedDuration = SignedDuration::from_secs(1);

/// The occurrence to do.
#[derive(Debug)]
pub(super) struct Current<'d> {
    pub(super) component: &'d Component,
    /// Where the series has it.
    pub(super) id: Moment,
    pub(super) start: Moment,
    /// The first that was not done, where that is an earlier one.
    pub(super) since: Option<Moment>,
    pub(super) next: Option<Moment>,
}

/// `None` where nothing is left to do.
pub(super) fn current<'d>(
    series: &Series<'d>,
    now: Timestamp,
    budget: &mut Budget,
) -> Result<Option<Current<'d>>, Unreadable> {
    let reader = series.zones.reader();
    let found = match last_begun(series, now, budget)? {
        Some(begun) => Some(begun),
        None => first_from(series, now, budget)?,
    };
    let Some(found) = found else {
        return Ok(None);
    };
    let at = found.start.instant(reader);
    let oldest = series
        .master
        .as_ref()
        .map(|master| master.start.instant(reader));
    let since = match oldest {
        Some(oldest) if oldest < at => {
            let window = Window {
                from: oldest,
                to: at,
                starting: oldest,
            };
            occurrences(series, window, 1, budget)?
                .into_iter()
                .next()
                .map(|first| first.start)
        }
        _ => None,
    };
    let after = at.max(now).saturating_add(INSTANT).unwrap_or(at);
    let next = first_from(series, after, budget)?.map(|next| next.start);
    Ok(Some(Current {
        component: found.component,
        id: found.id.unwrap_or_else(|| found.start.clone()),
        start: found.start,
        since,
        next,
    }))
}

/// The first position of the series after `id` that is still to do, wherever its occurrence was moved.
pub(super) fn position_after(
    series: &Series<'_>,
    id: &Moment,
    budget: &mut Budget,
) -> Result<Option<Moment>, Unreadable> {
    let reader = series.zones.reader();
    let after = id
        .instant(reader)
        .saturating_add(INSTANT)
        .unwrap_or(Timestamp::MAX);
    let is_master = |one: &Occurrence<'_>| {
        series
            .master
            .as_ref()
            .is_some_and(|master| std::ptr::eq(master.component, one.component))
    };
    // Exceptions come on top of `most`, so the regular one is among what comes back.
    let regular = occurrences(series, ahead(series, after), 1, budget)?
        .into_iter()
        .find(is_master)
        .and_then(|one| one.id);
    let replaced = series
        .overrides
        .iter()
        .filter(|item| is_open(item.component))
        .filter_map(|item| item.id.clone())
        .filter(|id| id.instant(reader) >= after);
    Ok(replaced.chain(regular).min_by_key(|id| id.instant(reader)))
}

fn last_begun<'d>(
    series: &Series<'d>,
    now: Timestamp,
    budget: &mut Budget,
) -> Result<Option<Occurrence<'d>>, Unreadable> {
    for hours in LOOK_BACK {
        let from = now
            .saturating_sub(SignedDuration::from_hours(hours))
            .unwrap_or(Timestamp::MIN);
        let window = Window {
            from,
            to: now.saturating_add(INSTANT).unwrap_or(now),
            starting: from,
        };
        let begun = occurrences(series, window, usize::MAX, budget)?.pop();
        if begun.is_some() {
            return Ok(begun);
        }
    }
    Ok(None)
}

fn first_from<'d>(
    series: &Series<'d>,
    from: Timestamp,
    budget: &mut Budget,
) -> Result<Option<Occurrence<'d>>, Unreadable> {
    Ok(occurrences(series, ahead(series, from), 1, budget)?
        .into_iter()
        .next())
}

fn ahead(series: &Series<'_>, from: Timestamp) -> Window {
    let start = series
        .master
        .as_ref()
        .map(|master| master.start.instant(series.zones.reader()));
    let to = start.map_or(from, |start| start.max(from));
    Window {
        from,
        to: to.saturating_add(LOOK_AHEAD).unwrap_or(Timestamp::MAX),
        starting: from,
    }
}

fn occurrences<'d>(
    series: &Series<'d>,
    window: Window,
    most: usize,
    budget: &mut Budget,
) -> Result<Vec<Occurrence<'d>>, Unreadable> {
    series.occurrences(window, most, budget, &|task, _| is_open(task))
}

fn is_open(task: &Component) -> bool {
    !Progress::of(task).status.is_done()
}
