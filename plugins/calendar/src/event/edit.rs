//! Changes of a stored event: the lines that the arguments name, and nothing else.
//!
//! A series is changed as a whole. What would leave its single exceptions behind (their dates are stored with the old
//! times) is refused.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::details::{Details, Property};
use super::reminder::{NewReminder, ReminderChange, is_by_email};
use super::times::{Times, Wanted, of_changed};
use super::zones::Needed;
use super::{repeat, view};
use crate::ical::{Component, ContentLine, Document, Draft, Edited, Stamp, When};
use crate::recurrence::{Item, Rule, Series};
use crate::zone::Moment;

/// What to change; absent: nothing.
pub(crate) struct Change<'a> {
    pub(crate) title: Option<&'a str>,
    pub(crate) details: &'a Details,
    pub(crate) when: Wanted<'a>,
    /// Empty: the event no longer repeats.
    pub(crate) rule: Option<&'a str>,
    pub(crate) rule_end: Option<&'a str>,
    pub(crate) reminder: ReminderChange,
    pub(crate) user: &'a TimeZone,
    /// The user's own address, to tell an organizer from a guest.
    pub(crate) own_address: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// Applies a change; `None` if everything is as wanted already.
pub(crate) fn apply(
    document: &Document,
    series: &Series<'_>,
    change: &Change<'_>,
) -> Result<Option<Edited>, Failure> {
    let Some(master) = &series.master else {
        return Err(Failure::unsupported(
            "The user is invited to single occurrences of this series only; they cannot be changed here. Use the Calendar app.",
        ));
    };
    let mut draft = EventDraft(Draft::new(document, master.component));
    for property in change.details.properties(change.title)? {
        match property {
            Property::Set(line) => draft.0.set(line, &["ALTREP"]),
            Property::Remove(name) => draft.0.remove(name),
        }
    }
    let times = of_changed(&change.when, master, change.user)?;
    let rule = draft.recur(series, master, times.as_ref(), change)?;
    if let Some(times) = &times {
        draft.set_times(times, &change.when);
        draft.bring_zone(Needed::of(times, rule.as_ref()));
    }
    match &change.reminder {
        ReminderChange::Keep => {}
        ReminderChange::RemoveAll => draft.remove_reminders(),
        ReminderChange::Set(reminder) => draft.set_reminder(reminder, change.title)?,
    }
    let stamp = Stamp {
        now: change.now,
        counts: is_organizer(master.component, change.own_address),
    };
    draft.0.finish(document, stamp).map_err(|why| {
        Failure::internal(format!(
            "the edit was not right, so nothing was written: {why}"
        ))
    })
}

/// A draft that knows what times, rules and reminders are.
struct EventDraft<'d>(Draft<'d>);

impl EventDraft<'_> {
    fn set_times(&mut self, times: &Times, wanted: &Wanted<'_>) {
        let without = ["VALUE", "TZID"];
        self.0.set(times.start.to_line("DTSTART"), &without);
        let same_kind = self
            .0
            .component
            .get("DTSTART")
            .and_then(|line| When::of(line).ok())
            .is_some_and(|old| old.is_date() == times.start.is_date());
        // A length that is stored as such, or not at all, moves along by itself.
        let moves_along = self.0.component.get("DTEND").is_none()
            && wanted.end.is_none_or(|end| end.trim().is_empty());
        if moves_along && same_kind {
            return;
        }
        self.0.remove("DURATION");
        self.0.set(times.end.to_line("DTEND"), &without);
    }

    /// Sets the rule where it is given or the times move; returns the one that the event then has.
    fn recur(
        &mut self,
        series: &Series<'_>,
        master: &Item<'_>,
        times: Option<&Times>,
        change: &Change<'_>,
    ) -> Result<Option<Rule>, Failure> {
        let start = match times {
            Some(times) => resolved(&times.start, series)?,
            None => master.start.clone(),
        };
        let moved = !start_is(&master.start, &start);
        let given = change.rule.map(str::trim);
        if moved || given.is_some() || change.rule_end.is_some() {
            refuse_what_is_left_behind(series)?;
        }
        let stored: Option<&Rule> = series.rules.first();
        let rule = match (given, change.rule_end, stored) {
            (Some(""), None, _) => {
                self.0.remove("RRULE");
                None
            }
            (Some(rule), end, _) => Some(repeat::of_arguments(rule, end, &start, change.user)?),
            (None, Some(end), Some(stored)) => {
                let open = Rule {
                    bound: crate::recurrence::Bound::Never,
                    ..stored.clone()
                };
                Some(repeat::of_arguments(
                    &open.to_string(),
                    Some(end),
                    &start,
                    change.user,
                )?)
            }
            (None, Some(_), None) => {
                return Err(Failure::invalid(
                    "recurrence_end_date needs a recurrence_rule: the event does not repeat.",
                ));
            }
            (None, None, Some(stored)) if moved => {
                Some(repeat::of_moved(stored, &start, change.user)?)
            }
            (None, None, stored) => stored.cloned(),
        };
        if let Some(rule) = rule.as_ref().filter(|rule| Some(*rule) != stored) {
            self.0.set(ContentLine::new("RRULE", rule.to_string()), &[]);
        }
        Ok(rule)
    }

    /// Makes sure that the zone of new times is described, and rightly so.
    fn bring_zone(&mut self, needed: Option<Needed>) {
        let new_times = self
            .0
            .changed
            .iter()
            .any(|name| matches!(name.as_str(), "DTSTART" | "DTEND"));
        let Some(needed) = needed.filter(|_| new_times) else {
            return;
        };
        needed.bring_into(&mut self.0);
    }

    fn remove_reminders(&mut self) {
        for alarm in self.0.component.children("VALARM") {
            self.0.edit.remove_component(alarm);
            self.0.alarms = true;
        }
    }

    /// Sets the one reminder. Of several, nobody can say which one is meant.
    fn set_reminder(&mut self, reminder: &NewReminder, title: Option<&str>) -> Result<(), Failure> {
        let alarms: Vec<&Component> = self.0.component.children("VALARM").collect();
        let stored_title = || view::text(self.0.component, "SUMMARY").unwrap_or_default();
        let lines = reminder.lines(&title.map_or_else(stored_title, str::to_owned));
        match alarms.as_slice() {
            [] => self.0.edit.insert(self.0.component.insert_at, &lines),
            [alarm] if is_by_email(alarm) == reminder.email.is_some() => {
                let trigger = reminder.trigger();
                if alarm.get("TRIGGER") == Some(&trigger) {
                    return Ok(());
                }
                self.0.edit.set(alarm, &trigger);
            }
            [alarm] => {
                self.0.edit.remove_component(alarm);
                self.0.edit.insert(alarm.range.start, &lines);
            }
            several => {
                return Err(Failure::invalid(format!(
                    "The event has {} reminders. reminder_minutes -1 removes them all; set a new one after that.",
                    several.len()
                )));
            }
        }
        self.0.alarms = true;
        Ok(())
    }
}

/// Dates of single occurrences are stored with the times of the old rule.
fn refuse_what_is_left_behind(series: &Series<'_>) -> Result<(), Failure> {
    if series.has_exceptions() {
        return Err(Failure::unsupported(
            "This series has exceptions (moved, added or cancelled occurrences), whose dates would no longer fit. \
             Nothing was changed: change when it repeats in the Calendar app, or delete it and create a new one.",
        ));
    }
    if series.rules.len() > 1 {
        return Err(Failure::unsupported(
            "This series has several rules, which cannot be changed here.",
        ));
    }
    Ok(())
}

fn resolved(when: &When, series: &Series<'_>) -> Result<Moment, Failure> {
    series
        .zones
        .moment(when)
        .map_err(|unknown| Failure::internal(format!("unknown zone {}", unknown.0)))
}

fn start_is(old: &Moment, new: &Moment) -> bool {
    match (old, new) {
        (Moment::Day(old), Moment::Day(new)) => old == new,
        (
            Moment::At { local, zone, .. },
            Moment::At {
                local: new,
                zone: other,
                ..
            },
        ) => local == new && zone.name() == other.name(),
        _ => false,
    }
}

/// Whether the user may speak for the event: it has no organizer, or the user is.
pub(crate) fn is_organizer(event: &Component, own_address: Option<&str>) -> bool {
    let Some(organizer) = event.get("ORGANIZER") else {
        return true;
    };
    let address = organizer.value.trim().to_lowercase();
    own_address
        .is_some_and(|own| address.strip_prefix("mailto:") == Some(own.to_lowercase().as_str()))
}
