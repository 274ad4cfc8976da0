//! `update_event`: changes what is given and nothing else.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::people::{guests, may_invite, told};
use super::super::shared::{
    EventReply, changed_meanwhile, document, find_for_writing, now, series, show, show_occurrence,
    show_stored, title, when, zone_note,
};
use super::store::{self, Outcome};
use crate::dav::{self, Home, Kind};
use crate::event::{
    Change, Details, Reach, ReminderArgument, ReminderChange, Repetition, Scope, Wanted, Wish,
    is_organizer,
};
use crate::people::Guests;
use crate::recurrence::Series;

pub(crate) const DESCRIPTION: &str = "Changes what is given of an event and nothing else; an empty text takes a \
property out. With etag, refused if changed since. Example: event_uid \"4f6e…\", scope this, recurrence_id \
2026-11-16T09:00:00+01:00, start_datetime 2026-11-16T14:00.";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    event_uid: String,
    calendar_name: Option<String>,
    etag: Option<String>,
    /// For a series; this and following with `recurrence_id`.
    scope: Option<Scope>,
    recurrence_id: Option<String>,
    title: Option<String>,
    /// 2026-12-24T09:00, offset or Z where needed; or a date. Alone: the length stays.
    start_datetime: Option<String>,
    /// All-day: the day after the last.
    end_datetime: Option<String>,
    /// With `start_datetime`.
    all_day: Option<bool>,
    /// IANA: how to read the times; the event gets it.
    timezone: Option<String>,
    #[serde(flatten)]
    repetition: Repetition,
    /// -1 removes all reminders.
    #[schemars(range(min = -1, max = 40320))]
    reminder_minutes: Option<i32>,
    reminder_email: Option<bool>,
    /// All e-mail addresses, comma-separated; empty: nobody. Only the organizer can.
    attendees: Option<String>,
    /// All of them; empty: none.
    reminders: Option<Vec<ReminderArgument>>,
    #[serde(flatten)]
    details: Details,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn update_event(arguments: Arguments) -> Result<Reply<EventReply>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, found) = find_for_writing(
        &home,
        Kind::Event,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    let object = dav::read(&home, &found.calendar, &found.name)?;
    if !object.has(arguments.etag.as_deref()) {
        return Err(changed_meanwhile(&home, &object));
    }
    let document = document(&object)?;
    let series = series(&home, &object, &document)?;
    let guests = guests(arguments.attendees.as_deref(), &home)?;
    may_invite(&calendar, guests.as_ref())?;
    let reach = Reach::of_arguments(arguments.scope, arguments.recurrence_id.as_deref(), &series)?;
    let wish = arguments.repetition.wish()?;
    let change = change(&arguments, &wish, guests.as_ref(), &home)?;
    let (object, changed, later) = match store::change(&home, &object, &reach, &change)? {
        Outcome::Changed {
            object,
            changed,
            later,
        } => (object, changed, later),
        Outcome::Unchanged | Outcome::Deleted => {
            let shown = show(&home, &object, &series)?;
            let text = format!(
                "{} is so already: nothing was changed.",
                title(&shown.event)
            );
            return Ok(Reply::new(text, shown));
        }
    };
    let shown = match (&later, &reach) {
        (Some(later), _) => show_stored(&home, later)?,
        (None, Reach::This(id)) => show_occurrence(&home, &object, id)?,
        (None, _) => show_stored(&home, &object)?,
    };
    let text = format!(
        "Changed {} of {}, now {}.{}{}{}",
        changed.join(", "),
        title(&shown.event),
        when(&shown.event),
        told(later.as_deref().unwrap_or(&object)),
        consequences(&series, &reach, later.is_some(), &home),
        zone_note(&home)
    );
    Ok(Reply::new(text, shown))
}

fn change<'a>(
    arguments: &'a Arguments,
    wish: &'a Wish,
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
        rule: wish.rule.as_deref(),
        rule_end: wish.end.as_deref(),
        reminder: ReminderChange::of_arguments(
            arguments.reminder_minutes,
            arguments.reminder_email,
            arguments.reminders.as_deref(),
            home.account.email.as_deref(),
        )?,
        people,
        user: &home.zone,
        own_address: home.account.email.as_deref(),
        now: now(),
    })
}

/// What the change reaches beyond the event that was named, or does not reach.
fn consequences(series: &Series<'_>, reach: &Reach, cut: bool, home: &Home) -> String {
    let mut notes = String::new();
    match reach {
        _ if !series.is_recurring() => {}
        Reach::This(_) => notes.push_str(" The rest of the series is as it was."),
        Reach::Following(_) if cut => notes.push_str(
            " It is a series of its own now, with another uid; the occurrences before it are as they were.",
        ),
        Reach::All | Reach::Following(_) => {
            notes.push_str(" The change is for the whole series.");
            if !series.overrides.is_empty() {
                let _ = write!(
                    notes,
                    " {} occurrences that were changed one by one keep what is their own.",
                    series.overrides.len()
                );
            }
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
