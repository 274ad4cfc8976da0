//! `create_event`.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::people::{guests, may_invite, told};
use super::super::shared::{EventReply, given, now, show_stored, title, when, zone_note};
use crate::dav::{self, Home, Kind};
use crate::event::{
    Details, New, ReminderArgument, ReminderChange, Repetition, Wanted, compose, new_uid,
};

pub(crate) const DESCRIPTION: &str = "Creates an event, once or repeating. Times without offset are in timezone, else in the user's zone. \
Example: calendar_name \"personal\", title \"Dentist\", start_datetime 2026-12-03T09:30. All day from 24 to 26 December: start_datetime \
2026-12-24, end_datetime 2026-12-27. Every second Tuesday: repeat {\"every\":\"week\",\"interval\":2,\"on\":[\"TU\"]}.";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    /// Name or display name of a writable calendar.
    calendar_name: String,
    /// What the event is called.
    title: String,
    /// 2026-12-24T09:00, with offset or Z where needed; a date alone makes it all-day.
    start_datetime: String,
    /// As `start_datetime`; default: an hour later, or the same day. All-day: the day after the last.
    end_datetime: Option<String>,
    /// Days instead of times.
    all_day: Option<bool>,
    /// IANA name such as `America/New_York`; the event is stored in it. Default: the user's.
    timezone: Option<String>,
    #[serde(flatten)]
    repetition: Repetition,
    /// A reminder so many minutes before the start; none unless given.
    #[schemars(range(min = 0, max = 40320))]
    reminder_minutes: Option<i32>,
    /// The reminder comes by e-mail.
    reminder_email: Option<bool>,
    /// E-mail addresses, separated by commas; Nextcloud invites them.
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
    let calendars = dav::list(&home)?;
    let calendar = dav::choose(&calendars, &arguments.calendar_name)?.for_writing(Kind::Event)?;
    may_invite(calendar, guests.as_ref())?;
    let object = dav::create(&home, calendar, &format!("{uid}.ics"), &text)?;
    let shown = show_stored(&home, &object)?;
    let text = format!(
        "Created {}, {}, in \"{}\".{}{}",
        title(&shown.event),
        when(&shown.event),
        calendar.name,
        told(&object),
        zone_note(&home)
    );
    Ok(Reply::new(text, shown))
}
