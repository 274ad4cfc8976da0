//! What a change does to one VEVENT: its details, times, zone and reminders. Which ones of a series it is for, and what
//! becomes of the others, is for [`super::series`].

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::Failure;

use super::details::{Details, Property};
use super::reminder::{NewReminder, ReminderChange, is_by_email};
use super::times::{Times, Wanted};
use super::view;
use super::zones::Needed;
use crate::ical::{Component, Document, Draft, Edited, Stamp, When};
use crate::people::{self, Guests};

/// What to change; absent: nothing.
pub(crate) struct Change<'a> {
    pub(crate) title: Option<&'a str>,
    pub(crate) details: &'a Details,
    pub(crate) when: Wanted<'a>,
    /// Empty: the event no longer repeats.
    pub(crate) rule: Option<&'a str>,
    pub(crate) rule_end: Option<&'a str>,
    pub(crate) reminder: ReminderChange,
    pub(crate) people: Option<&'a Guests>,
    pub(crate) user: &'a TimeZone,
    /// The user's own address, to tell an organizer from a guest.
    pub(crate) own_address: Option<&'a str>,
    pub(crate) now: Timestamp,
}

impl Change<'_> {
    /// What the change brings along in whatever it touches of this event.
    pub(super) fn stamp(&self, event: &Component) -> Stamp {
        Stamp {
            now: self.now,
            counts: is_organizer(event, self.own_address),
        }
    }
}

/// A draft that knows what details, times and reminders are.
pub(super) struct EventDraft<'d>(pub(super) Draft<'d>);

impl<'d> EventDraft<'d> {
    pub(super) fn new(document: &'d Document, component: &'d Component) -> Self {
        Self(Draft::new(document, component))
    }

    /// Sets and removes the properties that `takes` lets through.
    pub(super) fn set_details(
        &mut self,
        change: &Change<'_>,
        takes: &dyn Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        for property in change.details.properties(change.title)? {
            match property {
                Property::Set(line) if takes(&line.name) => self.0.set(line, &["ALTREP"]),
                Property::Remove(name) if takes(name) => self.0.remove(name),
                Property::Set(_) | Property::Remove(_) => {}
            }
        }
        if let Some(guests) = change.people.filter(|_| takes("ATTENDEE")) {
            people::change(&mut self.0, guests)?;
        }
        Ok(())
    }

    /// Sets start and end. `end_given`: a length that is stored as such must be replaced.
    pub(super) fn set_times(&mut self, times: &Times, end_given: bool) {
        let without = ["VALUE", "TZID"];
        self.0.set(times.start.to_line("DTSTART"), &without);
        let same_kind = self
            .0
            .component
            .get("DTSTART")
            .and_then(|line| When::of(line).ok())
            .is_some_and(|old| old.is_date() == times.start.is_date());
        // A length that is stored as such, or not at all, moves along by itself.
        let moves_along = self.0.component.get("DTEND").is_none() && !end_given;
        if moves_along && same_kind {
            return;
        }
        self.0.remove("DURATION");
        self.0.set(times.end.to_line("DTEND"), &without);
    }

    /// Makes sure that the zone of new times is described, and rightly so.
    pub(super) fn bring_zone(&mut self, needed: Option<Needed>) {
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

    pub(super) fn remind(&mut self, change: &Change<'_>) -> Result<(), Failure> {
        match &change.reminder {
            ReminderChange::Keep => Ok(()),
            ReminderChange::Set(reminder) => self.set_reminder(reminder, change.title),
            ReminderChange::Replace(reminders) => {
                self.set_reminders(reminders, change.title);
                Ok(())
            }
        }
    }

    /// Sets the one reminder. Of several, nobody can say which one is meant.
    fn set_reminder(&mut self, reminder: &NewReminder, title: Option<&str>) -> Result<(), Failure> {
        let alarms: Vec<&Component> = self.0.component.children("VALARM").collect();
        match alarms.as_slice() {
            [alarm] if is_by_email(alarm) == reminder.email.is_some() => {
                let trigger = reminder.trigger();
                if alarm.get("TRIGGER") != Some(&trigger) {
                    self.0.edit.set(alarm, &trigger);
                    self.0.alarms = true;
                }
            }
            [] | [_] => self.set_reminders(std::slice::from_ref(reminder), title),
            several => {
                return Err(Failure::invalid(format!(
                    "The event has {} reminders: give all that it shall have in reminders.",
                    several.len()
                )));
            }
        }
        Ok(())
    }

    /// Puts these in the place of all that are there; those that are there already stay as they are.
    fn set_reminders(&mut self, reminders: &[NewReminder], title: Option<&str>) {
        let component = self.0.component;
        let mut alarms: Vec<&Component> = component.children("VALARM").collect();
        let stored_title = || view::text(component, "SUMMARY").unwrap_or_default();
        let title = title.map_or_else(stored_title, str::to_owned);
        for reminder in reminders {
            if let Some(same) = alarms.iter().position(|alarm| reminder.is(alarm)) {
                alarms.remove(same);
                continue;
            }
            let behind = component.children("VALARM").map(|alarm| alarm.range.end);
            let at = behind.max().unwrap_or(component.insert_at);
            self.0.edit.insert(at, &reminder.lines(&title));
            self.0.alarms = true;
        }
        for alarm in alarms {
            self.0.edit.remove_component(alarm);
            self.0.alarms = true;
        }
    }

    pub(super) fn finish(
        self,
        document: &Document,
        stamp: Stamp,
    ) -> Result<Option<Edited>, Failure> {
        self.0.finish(document, stamp).map_err(not_right)
    }
}

/// The last look found a mistake of the plugin.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn not_right(why: String) -> Failure {
    Failure::internal(format!(
        "the edit was not right, so nothing was written: {why}"
    ))
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
