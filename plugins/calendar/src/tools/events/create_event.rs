//! `create_event`.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::people::guests;
use super::super::shared::{EventReply, given, now};
use super::new_event;
use crate::dav::Home;
use crate::event::{
    Details, New, ReminderArgument, ReminderChange, Repetition, Wanted, compose, new_uid,
};

pub(crate) const DESCRIPTION: &str = "Creates an event, once or repeating. Times without offset are in timezone. \
Example: calendar_name \"personal\", title \"Dentist\", start_datetime 2026-12-01T09:30, repeat \
{\"every\":\"week\",\"interval\":2,\"on\":[\"TU\"]} (every second Tuesday).";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    calendar_name: String,
    title: String,
    /// 2026-12-24T09:00, offset or Z where needed; a date: all-day.
    start_datetime: String,
    /// Default: an hour later, or the same day. All-day: the day after the last.
    end_datetime: Option<String>,
    all_day: Option<bool>,
    /// Default: the user's.
    timezone: Option<String>,
    #[serde(flatten)]
    repetition: Repetition,
    /// Before the start.
    #[schemars(range(min = 0, max = 40320))]
    reminder_minutes: Option<i32>,
    reminder_email: Option<bool>,
    /// E-mail addresses, comma-separated; Nextcloud invites them.
    attendees: Option<String>,
    /// Several, instead.
    reminders: Option<Vec<ReminderArgument>>,
    #[serde(flatten)]
    details: Details,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn create_event(arguments: Arguments) -> Result<Reply<EventReply>, Failure> {
    create_with_uid(&arguments, &new_uid()?)
}

pub(crate) fn create_with_uid(
    arguments: &Arguments,
    uid: &str,
) -> Result<Reply<EventReply>, Failure> {
    let home = Home::of_caller()?;
    if arguments.title.trim().is_empty() {
        return Err(Failure::invalid("title is empty."));
    }
    let guests = guests(given(arguments.attendees.as_deref()), &home)?;
    let wish = arguments.repetition.wish()?;
    let reminders = ReminderChange::of_arguments(
        arguments.reminder_minutes,
        arguments.reminder_email,
        arguments.reminders.as_deref(),
        home.account.email.as_deref(),
    )?;
    let text = compose(&New {
        uid,
        title: &arguments.title,
        details: &arguments.details,
        when: Wanted {
            start: Some(&arguments.start_datetime),
            end: arguments.end_datetime.as_deref(),
            all_day: arguments.all_day,
            timezone: arguments.timezone.as_deref(),
        },
        rule: given(wish.rule.as_deref()),
        rule_end: wish.end.as_deref(),
        reminders: reminders.into_new(),
        people: guests.as_ref(),
        user: &home.zone,
        now: now(),
    })?;
    new_event::store(&home, &arguments.calendar_name, guests.as_ref(), uid, &text)
}
