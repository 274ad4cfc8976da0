//! Calendars, events and tasks by address, for clients that put things into a conversation by themselves.

use jiff::Span;
use nextcloud_mcp_plugin::{
    Contents, Entry, Failure, NoArguments, Page, Resource, Resources, UriTemplate,
};
use serde::Deserialize;

use crate::dav::{self, Home};
use crate::tools::reading::{self, day_of, events_of, one_event, one_task};

const CALENDAR: &str = "nc://calendar/{calendar}";
const JSON: Option<&str> = Some("application/json");

/// How far ahead a calendar is shown.
const DAYS: i64 = 30;

#[derive(Debug, Deserialize)]
struct OfCalendar {
    calendar: String,
}

#[derive(Debug, Deserialize)]
struct OfObject {
    calendar: String,
    uid: String,
}

pub(crate) fn resources() -> Resources {
    Resources::new()
        .add(Resource::new(
            "nc://calendar",
            "calendars",
            "Calendars",
            "The user's calendars and what may be done in each.",
            JSON,
            |_: NoArguments| Contents::json(&reading::calendars()?),
        ))
        .add(
            Resource::new(
                CALENDAR,
                "calendar",
                "Calendar",
                "The events of one calendar in the next 30 days.",
                JSON,
                |OfCalendar { calendar }| {
                    let today = day_of(&Home::of_caller()?, None)?;
                    let last = today
                        .checked_add(Span::new().days(DAYS))
                        .map_err(|_| Failure::internal("today is beyond the calendar"))?;
                    Contents::json(&events_of(&calendar, today, last)?)
                },
            )
            .listed(|_| all_calendars()),
        )
        .add(Resource::new(
            "nc://calendar/{calendar}/{uid}",
            "event",
            "Event",
            "One event; a series with its next occurrences.",
            JSON,
            |OfObject { calendar, uid }| Contents::json(&one_event(&uid, Some(&calendar), None)?),
        ))
        .add(Resource::new(
            "nc://task/{calendar}/{uid}",
            "task",
            "Task",
            "One task.",
            JSON,
            |OfObject { calendar, uid }| Contents::json(&one_task(&uid, &calendar)?),
        ))
}

/// All calendars fit one page.
fn all_calendars() -> Result<Page, Failure> {
    let calendars = dav::list(&Home::of_caller()?)?;
    let entry = |calendar: &dav::Calendar| {
        let mut entry = Entry::new(
            UriTemplate::new(CALENDAR).expand([&calendar.name]),
            calendar.name.clone(),
        );
        entry.title = Some(calendar.display_name.clone());
        entry.mime_type = JSON.map(str::to_owned);
        entry
    };
    Ok(Page {
        entries: calendars.iter().map(entry).collect(),
        next: None,
    })
}
