//! `update_event`: changes what is given and nothing else.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::people::{guests, may_invite, told};
use super::super::shared::{
    EventReply, changed_meanwhile, document, find, given, now, series, show, show_stored, title,
    when, zone_note,
};
use crate::dav::{self, Home, Kind};
use crate::event::{Change, Details, NewReminder, ReminderChange, Wanted, apply, is_organizer};
use crate::people::Guests;
use crate::recurrence::Series;

pub(crate) const DESCRIPTION: &str = "Changes an event: what is given, nothing else; an empty text takes a property out. A series is \
changed as a whole. Give the etag that get_event or list_events showed, and a change by somebody else meanwhile is not overwritten. \
Example: event_uid \"4f6e…\", start_datetime 2026-12-03T14:00 (the length stays), etag \"a1b2…\".";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    /// As `list_events` shows it.
    event_uid: String,
    /// Name or display name; empty: wherever the event is.
    calendar_name: Option<String>,
    /// What the event was when it was read.
    etag: Option<String>,
    /// What the event is called.
    title: Option<String>,
    /// New start; without `end_datetime` the length stays. 2026-12-24T09:00, with offset or Z where needed; or a date.
    start_datetime: Option<String>,
    /// New end. All-day: the day after the last.
    end_datetime: Option<String>,
    /// Days instead of times, or no longer; with `start_datetime`.
    all_day: Option<bool>,
    /// IANA name: how to read the times, and the zone that the event gets.
    timezone: Option<String>,
    /// RFC 5545; empty: the event no longer repeats.
    recurrence_rule: Option<String>,
    /// Last day of the series.
    recurrence_end_date: Option<String>,
    /// The reminder, in minutes before the start; -1 removes all reminders.
    #[schemars(range(min = -1, max = 40320))]
    reminder_minutes: Option<i32>,
    /// The reminder comes by e-mail; with `reminder_minutes`.
    reminder_email: Option<bool>,
    /// All guests, by e-mail address, separated by commas; empty: nobody. Only the organizer can change them.
    attendees: Option<String>,
    #[serde(flatten)]
    details: Details,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn update_event(arguments: Arguments) -> Result<Reply<EventReply>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, found) = find(
        &home,
        Kind::Event,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    calendar.for_writing(Kind::Event)?;
    let object = dav::read(&home, &found.calendar, &found.name)?;
    if given(arguments.etag.as_deref()).is_some_and(|etag| !dav::same_etag(etag, &object.etag)) {
        return Err(changed_meanwhile(&home, &object));
    }
    let document = document(&object)?;
    let series = series(&home, &object, &document)?;
    let guests = guests(arguments.attendees.as_deref(), &home)?;
    may_invite(&calendar, guests.as_ref())?;
    let change = change(&arguments, guests.as_ref(), &home)?;
    let Some(edited) = apply(&document, &series, &change)? else {
        let shown = show(&home, &object, &series)?;
        return Ok(Reply::new(
            format!(
                "{} is so already: nothing was changed.",
                title(&shown.event)
            ),
            shown,
        ));
    };
    let Some(stored) = dav::put(&home, &object, &edited.text)? else {
        return Err(changed_meanwhile(&home, &object));
    };
    let shown = show_stored(&home, &stored)?;
    let text = format!(
        "Changed {} of {}, now {}.{}{}{}",
        edited.changed.join(", "),
        title(&shown.event),
        when(&shown.event),
        told(&stored),
        consequences(&series, &home),
        zone_note(&home)
    );
    Ok(Reply::new(text, shown))
}

fn change<'a>(
    arguments: &'a Arguments,
    people: Option<&'a Guests>,
    home: &'a Home,
) -> Result<Change<'a>, Failure> {
    Ok(Change {
        title: arguments.title.as_deref(),
        details: &arguments.details,
        when: Wanted {
            start: arguments.start_datetime.as_deref(),
            end: arguments.end_datetime.as_deref(),
            all_day: arguments.all_day,
            timezone: arguments.timezone.as_deref(),
        },
        rule: arguments.recurrence_rule.as_deref(),
        rule_end: given(arguments.recurrence_end_date.as_deref()),
        reminder: reminder(arguments, home)?,
        people,
        user: &home.zone,
        own_address: home.account.email.as_deref(),
        now: now(),
    })
}

/// What the change reaches beyond the event that was named, or does not reach.
fn consequences(series: &Series<'_>, home: &Home) -> String {
    let mut notes = String::new();
    if series.is_recurring() {
        notes.push_str(" The change is for the whole series.");
        if !series.overrides.is_empty() {
            let _ = write!(
                notes,
                " {} occurrences that differ keep their own values.",
                series.overrides.len()
            );
        }
    }
    if !series
        .master
        .as_ref()
        .is_none_or(|master| is_organizer(master.component, home.account.email.as_deref()))
    {
        notes.push_str(" The user is a guest of this event: the change is in the user's own copy only, and the organizer may overwrite it.");
    }
    notes
}

fn reminder(arguments: &Arguments, home: &Home) -> Result<ReminderChange, Failure> {
    let Some(minutes) = arguments.reminder_minutes else {
        return match arguments.reminder_email {
            Some(_) => Err(Failure::invalid(
                "reminder_email needs reminder_minutes: how long before the start.",
            )),
            None => Ok(ReminderChange::Keep),
        };
    };
    let by_email = arguments.reminder_email == Some(true);
    match u32::try_from(minutes) {
        Ok(minutes) => NewReminder::new(minutes, by_email, home.account.email.as_deref())
            .map(ReminderChange::Set),
        Err(_) => Ok(ReminderChange::RemoveAll),
    }
}
