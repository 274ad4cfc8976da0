//! Completing a task.
//!
//! A repeating one moves on instead: DTSTART and DUE become those of the next occurrence, as in the Tasks app (0.18,
//! `handleRecurringTaskCompletion`), tasks.org and Apple's Reminders, which show the stored task alone. Where the
//! occurrence to do is stored by itself (RECURRENCE-ID), that one is completed. After the last one the task is done.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;

use super::edit::{finish, put, shortened};
use super::pending::position_after;
use super::progress::{Progress, Status};
use super::stored::Stored;
use crate::ical::{ContentLine, Draft, Edited};
use crate::recurrence::{Bound, Budget, Instances, Series, Unreadable};
use crate::zone::Moment;

/// What completing may cost to compute; see [`Budget`].
const BUDGET: u32 = 400_000;

/// What completing means for a task.
#[derive(Debug)]
pub(crate) enum Completion {
    /// It is completed already.
    Already,
    /// It is completed now, and nothing is left.
    Done(Edited),
    /// One occurrence is completed, and the series goes on.
    Occurrence {
        edited: Edited,
        completed: Moment,
        /// Earlier ones that were never marked done are passed over, from this one on.
        passed_since: Option<Moment>,
    },
}

/// When it was completed, and by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Completing<'a> {
    pub(crate) at: Timestamp,
    pub(crate) now: Timestamp,
    /// The user's own address.
    pub(crate) address: Option<&'a str>,
}

/// The edit that completes the task, or of a series the occurrence to do.
pub(crate) fn complete(
    stored: &Stored<'_>,
    completing: Completing<'_>,
) -> Result<Completion, Failure> {
    let mut budget = Budget::new(BUDGET);
    let current = stored
        .current(completing.now, &mut budget)
        .map_err(unreadable)?;
    let (Some(series), Some(current)) = (&stored.series, current) else {
        if Progress::of(stored.main).status == Status::Completed {
            return Ok(Completion::Already);
        }
        let draft = Draft::new(stored.document, stored.main);
        return done(draft, completing).map(Completion::Done);
    };
    refuse_range(series)?;
    let of_series = |edited| Completion::Occurrence {
        edited,
        completed: current.start.clone(),
        passed_since: current.since.clone(),
    };
    if !std::ptr::eq(current.component, stored.main) {
        let draft = Draft::new(stored.document, current.component);
        return done(draft, completing).map(of_series);
    }
    if !series.has_one_rule() {
        return Err(Failure::unsupported(
            "This task repeats on dates that are listed one by one or by several rules, which cannot be completed one by \
             one here. Use the program that made it.",
        ));
    }
    match position_after(series, &current.id, &mut budget).map_err(unreadable)? {
        None => {
            let draft = Draft::new(stored.document, stored.main);
            done(draft, completing).map(Completion::Done)
        }
        Some(next) => {
            let steps = passed(series, &next, &mut budget)?;
            move_on(stored, series, &next, steps, completing).map(of_series)
        }
    }
}

fn done(mut draft: Draft<'_>, completing: Completing<'_>) -> Result<Edited, Failure> {
    for property in Progress::completed(completing.at).properties() {
        put(&mut draft, property);
    }
    finish(draft, completing.now, completing.address)?
        .ok_or_else(|| Failure::internal("completing changed nothing"))
}

/// Makes `next` the first occurrence; `steps` instances of the rule lie before it.
fn move_on(
    stored: &Stored<'_>,
    series: &Series<'_>,
    next: &Moment,
    steps: u32,
    completing: Completing<'_>,
) -> Result<Edited, Failure> {
    let mut draft = Draft::new(stored.document, stored.main);
    let times = stored
        .times()
        .map_err(unreadable)?
        .at(next)
        .ok_or_else(|| Failure::other("The next occurrence is beyond the calendar."))?;
    let rule = series.rules.first().map(|rule| shortened(rule, steps));
    if let Some(rule) = rule
        .as_ref()
        .filter(|rule| series.rules.first() != Some(*rule))
    {
        draft.set(ContentLine::new("RRULE", rule.to_string()), &[]);
    }
    for (name, point) in [("DTSTART", &times.start), ("DUE", &times.due)] {
        if let Some(point) = point {
            draft.set(point.when.to_line(name), &["VALUE", "TZID"]);
        }
    }
    for zone in times.needed(rule.as_ref()) {
        zone.bring_into(&mut draft);
    }
    // Begun anew.
    draft.remove("PERCENT-COMPLETE");
    draft.remove("COMPLETED");
    if draft.component.get("STATUS").is_some() {
        draft.set(ContentLine::new("STATUS", Status::NeedsAction.word()), &[]);
    }
    finish(draft, completing.now, completing.address)?
        .ok_or_else(|| Failure::internal("moving on changed nothing"))
}

/// How many instances of the rule lie before a moment: COUNT counts them.
pub(super) fn passed(
    series: &Series<'_>,
    moment: &Moment,
    budget: &mut Budget,
) -> Result<u32, Failure> {
    let (Some(master), Some(rule)) = (&series.master, series.rules.first()) else {
        return Ok(0);
    };
    if !matches!(rule.bound, Bound::Count(_)) {
        return Ok(0);
    }
    let (start, end) = (master.start.local(), moment.local());
    let mut steps = 0;
    for instance in Instances::new(rule, start, start, end, budget) {
        let local = instance
            .map_err(|_| Failure::other("The recurrence takes too much work to compute."))?;
        steps += u32::from(local < end);
    }
    Ok(steps)
}

/// Occurrences that follow an exception cannot be told from it.
fn refuse_range(series: &Series<'_>) -> Result<(), Failure> {
    if series.overrides.iter().any(|item| item.onwards) {
        return Err(Failure::unsupported(
            "From one occurrence on, this repeating task was changed (RANGE=THISANDFUTURE), so single ones cannot be \
             completed here. Use the program that made it.",
        ));
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(why: Unreadable) -> Failure {
    Failure::other(format!(
        "The task as it is stored is not understood: {}. Nothing was changed.",
        why.0
    ))
}
