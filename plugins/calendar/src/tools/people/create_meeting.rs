//! `create_meeting`: an event from a date, a time and a length, with guests.

use jiff::SignedDuration;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::events::new_event;
use super::super::shared::{EventReply, given, now};
use super::guests::guests;
use crate::dav::Home;
use crate::event::{Details, New, NewReminder, Wanted, compose, new_uid};
use crate::zone::{Argument, named_zone, timestamp_in};

pub(crate) const DESCRIPTION: &str = "Creates a meeting and has Nextcloud invite the attendees by e-mail; the user is \
its organizer. Series, all-day: create_event. Example: title \"Planning\", date 2026-12-03, time 14:00, \
duration_minutes 45, attendees \"bob@example.org, Eve <eve@example.org>\".";

const DEFAULT_MINUTES: u32 = 60;
const DEFAULT_REMINDER: i32 = 15;
const DEFAULT_CALENDAR: &str = "personal";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    title: String,
    date: String,
    time: String,
    #[schemars(range(min = 1, max = 10080))]
    #[schemars(extend("default" = DEFAULT_MINUTES))]
    duration_minutes: Option<u32>,
    /// One of the user's own; default: personal.
    calendar_name: Option<String>,
    attendees: Option<String>,
    location: Option<String>,
    description: Option<String>,
    /// -1: none.
    #[schemars(range(min = -1, max = 40320))]
    #[schemars(extend("default" = DEFAULT_REMINDER))]
    reminder_minutes: Option<i32>,
    /// Default: the user's.
    timezone: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn create_meeting(arguments: Arguments) -> Result<Reply<EventReply>, Failure> {
    create_with_uid(&arguments, &new_uid()?)
}

pub(super) fn create_with_uid(
    arguments: &Arguments,
    uid: &str,
) -> Result<Reply<EventReply>, Failure> {
    let home = Home::of_caller()?;
    if arguments.title.trim().is_empty() {
        return Err(Failure::invalid("title is empty."));
    }
    let guests = guests(given(arguments.attendees.as_deref()), &home)?;
    let (start, end) = times(arguments, &home)?;
    let details = Details {
        location: arguments.location.clone(),
        description: arguments.description.clone(),
        ..Details::default()
    };
    let text = compose(&New {
        uid,
        title: &arguments.title,
        details: &details,
        when: Wanted {
            start: Some(&start),
            end: Some(&end),
            all_day: Some(false),
            timezone: arguments.timezone.as_deref(),
        },
        rule: None,
        rule_end: None,
        reminders: reminder(arguments.reminder_minutes)?.into_iter().collect(),
        people: guests.as_ref(),
        user: &home.zone,
        now: now(),
    })?;
    let name = given(arguments.calendar_name.as_deref()).unwrap_or(DEFAULT_CALENDAR);
    new_event::store(&home, name, guests.as_ref(), uid, &text)
}

/// Start and end. The end is an instant, so that the length is right over a change of offset.
fn times(arguments: &Arguments, home: &Home) -> Result<(String, String), Failure> {
    let invalid = |message: String| Failure::invalid(format!("{message}."));
    let (date, time) = (arguments.date.trim(), arguments.time.trim());
    if !matches!(Argument::parse(date), Ok(Argument::Day(_))) {
        return Err(Failure::invalid(format!(
            "date: `{date}` is no day such as 2026-12-03."
        )));
    }
    let start = format!("{date}T{time}");
    let Ok(Argument::Time {
        local,
        offset: None,
        zone: None,
    }) = Argument::parse(&start)
    else {
        return Err(Failure::invalid(format!(
            "time: `{time}` is no time of day such as 14:00. Say in timezone by which clock, if it is not the user's."
        )));
    };
    let zone = given(arguments.timezone.as_deref())
        .map(named_zone)
        .transpose()
        .map_err(invalid)?;
    let zone = zone.as_ref().unwrap_or(&home.zone);
    let minutes = arguments.duration_minutes.unwrap_or(DEFAULT_MINUTES);
    let end = timestamp_in(local, None, zone)
        .map_err(invalid)?
        .checked_add(SignedDuration::from_mins(i64::from(minutes)))
        .map_err(|_| Failure::invalid("The end is beyond the calendar."))?;
    Ok((start, end.to_string()))
}

fn reminder(minutes: Option<i32>) -> Result<Option<NewReminder>, Failure> {
    u32::try_from(minutes.unwrap_or(DEFAULT_REMINDER))
        .ok()
        .map(|minutes| NewReminder::new(minutes, false, None))
        .transpose()
}
