//! Changes of a stored task: the lines that the arguments name, those that must not contradict them, and nothing else.
//!
//! A repeating task is changed as a whole. Where its times change, the series goes on from the occurrence that is to do,
//! which is the one that was shown.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::complete::{passed, unreadable};
use super::compose::needs_a_date;
use super::details::Details;
use super::progress::{Progress, Status};
use super::relation::set_parent;
use super::reminder::Setting;
use super::stored::Stored;
use super::times::{Times, changed};
use crate::event::{Property, Wish, is_organizer, repeat, text};
use crate::ical::{ContentLine, Draft, Edited, Stamp};
use crate::recurrence::{Bound, Budget, Rule};

/// What a change may cost to compute; see [`Budget`].
const BUDGET: u32 = 400_000;

/// What to change; absent: nothing.
pub(crate) struct Change<'a> {
    pub(crate) summary: Option<&'a str>,
    pub(crate) details: &'a Details,
    /// When it was completed; empty: it is not.
    pub(crate) completed: Option<&'a str>,
    pub(crate) user: &'a TimeZone,
    /// The user's own address: for reminders, and to tell an organizer from others.
    pub(crate) address: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// Applies a change; `None` if everything is as wanted already.
pub(crate) fn apply(stored: &Stored<'_>, change: &Change<'_>) -> Result<Option<Edited>, Failure> {
    let mut draft = Draft::new(stored.document, stored.main);
    for property in change.details.properties(change.summary)? {
        put(&mut draft, property);
    }
    let wish = change.details.repetition.wish()?;
    advance(&mut draft, stored, change, &wish)?;
    let times = reschedule(&mut draft, stored, change, &wish)?;
    if let Some(parent) = &change.details.parent_uid {
        set_parent(&mut draft, parent.trim());
    }
    remind(&mut draft, &times, change)?;
    finish(draft, change.now, change.address)
}

pub(super) fn put(draft: &mut Draft<'_>, property: Property) {
    match property {
        Property::Set(line) => draft.set(line, &["ALTREP"]),
        Property::Remove(name) => draft.remove(name),
    }
}

/// Ends an edit: the stamps, and the last look.
pub(super) fn finish(
    draft: Draft<'_>,
    now: Timestamp,
    address: Option<&str>,
) -> Result<Option<Edited>, Failure> {
    let document = draft.edit.document();
    let stamp = Stamp {
        now,
        counts: is_organizer(draft.component, address),
    };
    draft.finish(document, stamp).map_err(|why| {
        Failure::internal(format!(
            "the edit was not right, so nothing was written: {why}"
        ))
    })
}

fn advance(
    draft: &mut Draft<'_>,
    stored: &Stored<'_>,
    change: &Change<'_>,
    wish: &Wish,
) -> Result<(), Failure> {
    let progress = Progress::of(stored.main);
    let wanted = change.details.progress(change.completed);
    let Some(after) = progress.after(wanted, change.user, change.now)? else {
        return Ok(());
    };
    let ends = wish.rule.as_deref() == Some("");
    if stored.series.is_some() && after.status == Status::Completed && !ends {
        return Err(Failure::invalid(
            "The task repeats: complete_todo completes the occurrence that is to do. To complete it for good, give \
             recurrence_rule \"\" too.",
        ));
    }
    for property in after.properties() {
        put(draft, property);
    }
    Ok(())
}

/// Sets times and rule where they are given; returns the times that the task then has.
fn reschedule(
    draft: &mut Draft<'_>,
    stored: &Stored<'_>,
    change: &Change<'_>,
    wish: &Wish,
) -> Result<Times, Failure> {
    let own = stored.times().map_err(unreadable)?;
    let wanted = change.details.times();
    let new_rule = wish.rule.as_deref().is_some_and(|rule| !rule.is_empty());
    let goes_on = wanted.start.is_some() || wanted.due.is_some() || new_rule;
    let (held, steps) = if goes_on {
        from_current(stored, own, change.now)?
    } else {
        (own, 0)
    };
    let times = changed(wanted, &held, change.user)?.or_else(|| goes_on.then(|| held.clone()));
    let rule = recur(draft, stored, times.as_ref(), &held, steps, change, wish)?;
    let Some(mut times) = times else {
        return Ok(held);
    };
    // A rule needs a start (RFC 5545, 3.8.2.4); the series of other programs are left as they are.
    if new_rule && times.start.is_none() {
        times.start = times.anchor().cloned();
    }
    for (name, point) in [("DTSTART", &times.start), ("DUE", &times.due)] {
        match point {
            Some(point) => draft.set(point.when.to_line(name), &["VALUE", "TZID"]),
            None => draft.remove(name),
        }
    }
    // A length cannot stand beside a due time, nor without a start (RFC 5545, 3.6.2).
    if times.due.is_some() || times.start.is_none() {
        draft.remove("DURATION");
    }
    if draft
        .changed
        .iter()
        .any(|name| matches!(name.as_str(), "DTSTART" | "DUE"))
    {
        for zone in times.needed(rule.as_ref()) {
            zone.bring_into(draft);
        }
    }
    Ok(times)
}

/// The times of the occurrence to do, and how many instances of the rule lie before it.
fn from_current(stored: &Stored<'_>, own: Times, now: Timestamp) -> Result<(Times, u32), Failure> {
    let mut budget = Budget::new(BUDGET);
    let (Some(series), Some(current)) = (
        &stored.series,
        stored.current(now, &mut budget).map_err(unreadable)?,
    ) else {
        return Ok((own, 0));
    };
    if series.has_exceptions() || series.rules.len() > 1 {
        return Err(Failure::unsupported(
            "This repeating task has exceptions (single occurrences that were changed, added or taken out), whose dates \
             would no longer fit. Nothing was changed: delete it and create a new one, or use the program that made it.",
        ));
    }
    let steps = passed(series, &current.id, &mut budget)?;
    let times = own
        .at(&current.id)
        .ok_or_else(|| Failure::invalid("The time is beyond the calendar."))?;
    Ok((times, steps))
}

/// Sets the rule where it is given or the times move; returns the one that the task then has.
fn recur(
    draft: &mut Draft<'_>,
    stored: &Stored<'_>,
    times: Option<&Times>,
    held: &Times,
    steps: u32,
    change: &Change<'_>,
    wish: &Wish,
) -> Result<Option<Rule>, Failure> {
    let (given, end) = (wish.rule.as_deref(), wish.end.as_deref());
    let own = stored
        .series
        .as_ref()
        .and_then(|series| series.rules.first());
    if (given.is_some() || end.is_some())
        && stored
            .series
            .as_ref()
            .is_some_and(|series| series.has_exceptions() || series.rules.len() > 1)
    {
        return Err(Failure::unsupported(
            "This repeating task has exceptions or several rules, so its rule cannot be changed here.",
        ));
    }
    if given == Some("") && end.is_none() {
        draft.remove("RRULE");
        return Ok(None);
    }
    if given.is_none() && end.is_none() && (times.is_none() || own.is_none()) {
        return Ok(own.cloned());
    }
    let anchor = times.unwrap_or(held).anchor().ok_or_else(needs_a_date)?;
    let rule = match (given, end, own) {
        (Some(rule), end, _) => repeat::of_arguments(rule, end, &anchor.moment, change.user)?,
        (None, Some(end), Some(own)) => {
            let open = Rule {
                bound: Bound::Never,
                ..own.clone()
            };
            repeat::of_arguments(&open.to_string(), Some(end), &anchor.moment, change.user)?
        }
        (None, None, Some(own)) => {
            repeat::of_moved(&shortened(own, steps), &anchor.moment, change.user)?
        }
        (None, _, None) => {
            return Err(Failure::invalid(
                "recurrence_end_date needs a recurrence_rule: the task does not repeat.",
            ));
        }
    };
    if Some(&rule) != own {
        draft.set(ContentLine::new("RRULE", rule.to_string()), &[]);
    }
    Ok(Some(rule))
}

/// A rule whose first instances are past.
pub(super) fn shortened(rule: &Rule, steps: u32) -> Rule {
    let bound = match &rule.bound {
        Bound::Count(count) => Bound::Count(count.saturating_sub(steps).max(1)),
        other => other.clone(),
    };
    Rule {
        bound,
        ..rule.clone()
    }
}

/// Sets the reminders: all of them, since nobody can say which one of several is meant.
fn remind(draft: &mut Draft<'_>, times: &Times, change: &Change<'_>) -> Result<(), Failure> {
    let Some(reminders) = &change.details.reminders else {
        return Ok(());
    };
    let task = draft.component;
    let stored_title = || text(task, "SUMMARY").unwrap_or_default();
    let title = change.summary.map_or_else(stored_title, str::to_owned);
    let setting = Setting {
        title: &title,
        has_start: times.start.is_some(),
        has_due: times.due.is_some() || task.get("DURATION").is_some(),
        address: change.address,
        user: change.user,
    };
    let mut lines = Vec::new();
    for reminder in reminders {
        lines.extend(reminder.lines(setting)?);
    }
    for alarm in task.children("VALARM") {
        draft.edit.remove_component(alarm);
        draft.alarms = true;
    }
    if !lines.is_empty() {
        draft.edit.insert(task.insert_at, &lines);
        draft.alarms = true;
    }
    Ok(())
}
