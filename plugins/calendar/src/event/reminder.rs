//! Reminders (VALARM, RFC 5545, 3.6.6): those that are there, and a new one.

use nextcloud_mcp_plugin::Failure;

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

/// What becomes of an event's reminders.
#[derive(Debug, Clone)]
pub(crate) enum ReminderChange {
    Keep,
    RemoveAll,
    Set(NewReminder),
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
