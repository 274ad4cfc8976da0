//! Reminders (VALARM, RFC 5545, 3.6.6): those that are there, and a new one.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use super::view::Reminder;
use crate::ical::{Component, ContentLine, Duration, escape};

/// What a reminder says on the screen where the event has no title.
const NO_TITLE: &str = "Reminder";

/// A reminder to write.
#[derive(Debug, Clone)]
pub(crate) struct NewReminder {
    /// Before the start.
    pub(crate) minutes: u32,
    /// Sent to this address instead of shown.
    pub(crate) email: Option<String>,
}

// A reminder as a tool's argument.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReminderArgument {
    #[schemars(range(min = 0, max = 40320))]
    minutes_before: u32,
    email: Option<bool>,
}

/// What becomes of an event's reminders.
#[derive(Debug, Clone)]
pub(crate) enum ReminderChange {
    Keep,
    /// The one that there is, or the first.
    Set(NewReminder),
    /// All of them.
    Replace(Vec<NewReminder>),
}

pub(super) fn reminders(event: &Component) -> Vec<Reminder> {
    event.children("VALARM").filter_map(reminder).collect()
}

fn reminder(alarm: &Component) -> Option<Reminder> {
    let trigger = alarm.get("TRIGGER")?;
    let value = trigger.value.trim();
    let related_to_start = !trigger
        .param("RELATED")
        .is_some_and(|related| related.eq_ignore_ascii_case("END"));
    let minutes = Duration::parse(value)
        .ok()
        .filter(|_| related_to_start)
        .map(|Duration { days, exact }| -(i64::from(days) * 24 * 60 + exact.as_mins()));
    let email = is_by_email(alarm);
    let trigger = minutes.is_none().then(|| value.to_owned());
    Some(Reminder {
        minutes_before: minutes,
        trigger,
        email,
    })
}

pub(super) fn is_by_email(alarm: &Component) -> bool {
    alarm
        .get("ACTION")
        .is_some_and(|action| action.value.trim().eq_ignore_ascii_case("EMAIL"))
}

impl ReminderChange {
    /// From a tool's arguments: one reminder (a negative number: none), or the whole list.
    pub(crate) fn of_arguments(
        minutes: Option<i32>,
        by_email: Option<bool>,
        list: Option<&[ReminderArgument]>,
        address: Option<&str>,
    ) -> Result<Self, Failure> {
        match (minutes, list) {
            (Some(_), Some(_)) => Err(Failure::invalid(
                "reminders is the whole list: leave reminder_minutes out.",
            )),
            (None, None) if by_email.is_some() => Err(Failure::invalid(
                "reminder_email needs reminder_minutes: how long before the start.",
            )),
            (None, Some(_)) if by_email.is_some() => Err(Failure::invalid(
                "reminders say for each whether it comes by e-mail: leave reminder_email out.",
            )),
            (None, None) => Ok(Self::Keep),
            (Some(minutes), None) => match u32::try_from(minutes) {
                Ok(minutes) => {
                    NewReminder::new(minutes, by_email == Some(true), address).map(Self::Set)
                }
                Err(_) => Ok(Self::Replace(Vec::new())),
            },
            (None, Some(list)) => {
                let reminder = |one: &ReminderArgument| {
                    NewReminder::new(one.minutes_before, one.email == Some(true), address)
                };
                list.iter()
                    .map(reminder)
                    .collect::<Result<_, _>>()
                    .map(Self::Replace)
            }
        }
    }

    /// Those that a new event gets.
    pub(crate) fn into_new(self) -> Vec<NewReminder> {
        match self {
            Self::Keep => Vec::new(),
            Self::Set(one) => vec![one],
            Self::Replace(list) => list,
        }
    }
}

impl NewReminder {
    /// From a tool's arguments. `address` is the user's own, if Nextcloud knows it.
    pub(crate) fn new(
        minutes: u32,
        by_email: bool,
        address: Option<&str>,
    ) -> Result<Self, Failure> {
        let email = match (by_email, address) {
            (false, _) => None,
            (true, Some(address)) => Some(address.to_owned()),
            (true, None) => {
                return Err(Failure::invalid(
                    "Nextcloud knows no e-mail address of the user, so a reminder cannot go there. Leave reminder_email out.",
                ));
            }
        };
        Ok(Self { minutes, email })
    }

    pub(super) fn trigger(&self) -> ContentLine {
        ContentLine::new(
            "TRIGGER",
            if self.minutes == 0 {
                "PT0S".to_owned()
            } else {
                format!("-PT{}M", self.minutes)
            },
        )
    }

    /// Whether an alarm that is there is this one.
    pub(super) fn is(&self, alarm: &Component) -> bool {
        let there = reminder(alarm);
        there.is_some_and(|there| {
            there.minutes_before == Some(i64::from(self.minutes))
                && there.email == self.email.is_some()
        })
    }

    /// The whole component.
    pub(super) fn lines(&self, title: &str) -> Vec<ContentLine> {
        let title = escape(if title.is_empty() { NO_TITLE } else { title });
        let mut lines = vec![ContentLine::new("BEGIN", "VALARM")];
        match &self.email {
            None => lines.push(ContentLine::new("ACTION", "DISPLAY")),
            Some(address) => lines.extend([
                ContentLine::new("ACTION", "EMAIL"),
                ContentLine::new("SUMMARY", title.clone()),
                ContentLine::new("ATTENDEE", format!("mailto:{address}")),
            ]),
        }
        lines.extend([
            self.trigger(),
            ContentLine::new("DESCRIPTION", title),
            ContentLine::new("END", "VALARM"),
        ]);
        lines
    }
}
