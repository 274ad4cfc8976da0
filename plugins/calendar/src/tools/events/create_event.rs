//! `create_event`.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::people::{guests, may_invite, told};
use super::super::shared::{EventReply, given, now, show_stored, title, when, zone_note};
use crate::dav::{self, Home, Kind};
use crate::event::{Details, New, NewReminder, Wanted, compose};

pub(crate) const DESCRIPTION: &str = "Creates an event, once or repeating. Times without offset are the user's zone unless timezone \
says another. Example: calendar_name \"personal\", title \"Dentist\", start_datetime 2026-12-03T09:30, end_datetime \
2026-12-03T10:00, reminder_minutes 60. All day from 24 to 26 December: start_datetime 2026-12-24, end_datetime 2026-12-27. Every \
second Tuesday: recurrence_rule FREQ=WEEKLY;INTERVAL=2;BYDAY=TU.";

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
    /// RFC 5545, such as FREQ=MONTHLY;BYDAY=1MO;COUNT=6.
    recurrence_rule: Option<String>,
    /// Last day of a `recurrence_rule` without COUNT or UNTIL.
    recurrence_end_date: Option<String>,
    /// A reminder so many minutes before the start; none unless given.
    #[schemars(range(min = 0, max = 40320))]
    reminder_minutes: Option<u32>,
    /// The reminder comes by e-mail.
    reminder_email: Option<bool>,
    /// E-mail addresses, separated by commas; Nextcloud invites them.
    attendees: Option<String>,
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
        rule: given(arguments.recurrence_rule.as_deref()),
        rule_end: given(arguments.recurrence_end_date.as_deref()),
        reminder: reminder(arguments, &home)?,
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

fn reminder(arguments: &Arguments, home: &Home) -> Result<Option<NewReminder>, Failure> {
    let by_email = arguments.reminder_email == Some(true);
    match arguments.reminder_minutes {
        Some(minutes) => {
            NewReminder::new(minutes, by_email, home.account.email.as_deref()).map(Some)
        }
        None if by_email => Err(Failure::invalid(
            "reminder_email needs reminder_minutes: how long before the start.",
        )),
        None => Ok(None),
    }
}

/// A version 4 UUID (RFC 9562, 5.4), so that no UID ever meets one that lies in the trash bin.
pub(crate) fn new_uid() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::internal(format!("no random numbers: {error}")))?;
    let mut number = u128::from_be_bytes(bytes);
    number = number & !(0xF << 76) | 0x4 << 76;
    number = number & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{number:032x}");
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}
