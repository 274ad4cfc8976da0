//! What resources and prompts read. They go through the tools, so they show what those show.

use jiff::civil::Date;
use nextcloud_mcp_plugin::{Failure, NoArguments};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::calendars::list_calendars;
use super::events::{get_event, list_events};
use super::shared::{given, now};
use super::tasks::{get_todo, list_todos};
use crate::dav::Home;
use crate::zone::Argument;

/// Most events or tasks in one part of a prompt or in a resource; it says so itself where there are more.
const LIMIT: u32 = 200;

/// The day that a text means, today without one.
pub(crate) fn day_of(home: &Home, date: Option<&str>) -> Result<Date, Failure> {
    match given(date) {
        Some(text) => Argument::parse(text)
            .map(|argument| argument.date())
            .map_err(|why| Failure::invalid(format!("{why}."))),
        None => Ok(home.zone.to_datetime(now()).date()),
    }
}

/// The events of all calendars from the first of these days to the last.
pub(crate) fn events_between(first: Date, last: Date) -> Result<impl Serialize, Failure> {
    events(&json!({"start_date": first.to_string(), "end_date": last.to_string(), "limit": LIMIT}))
}

/// The same of one calendar.
pub(crate) fn events_of(
    calendar: &str,
    first: Date,
    last: Date,
) -> Result<impl Serialize, Failure> {
    events(
        &json!({"calendar_name": calendar, "start_date": first.to_string(), "end_date": last.to_string(), "limit": LIMIT}),
    )
}

/// The open tasks of all calendars that are due by the end of this day.
pub(crate) fn tasks_due_by(day: Date) -> Result<impl Serialize, Failure> {
    let after = day
        .tomorrow()
        .map_err(|_| Failure::invalid("The date is beyond the calendar."))?;
    let arguments = arguments(&json!({"due_before": after.to_string(), "limit": LIMIT}))?;
    Ok(list_todos::list_todos(arguments)?.data)
}

/// One event, or one occurrence of a series.
pub(crate) fn one_event(
    uid: &str,
    calendar: Option<&str>,
    recurrence_id: Option<&str>,
) -> Result<impl Serialize, Failure> {
    let arguments = arguments(
        &json!({"event_uid": uid, "calendar_name": calendar, "recurrence_id": recurrence_id}),
    )?;
    Ok(get_event::get_event(arguments)?.data)
}

/// One task.
pub(crate) fn one_task(uid: &str, calendar: &str) -> Result<impl Serialize, Failure> {
    let arguments = arguments(&json!({"todo_uid": uid, "calendar_name": calendar}))?;
    Ok(get_todo::get_todo(arguments)?.data)
}

/// All calendars.
pub(crate) fn calendars() -> Result<impl Serialize, Failure> {
    Ok(list_calendars::list_calendars(NoArguments {})?.data)
}

fn events(given: &Value) -> Result<impl Serialize + use<>, Failure> {
    Ok(list_events::list_events(arguments(given)?)?.data)
}

fn arguments<T: DeserializeOwned>(given: &Value) -> Result<T, Failure> {
    T::deserialize(given)
        .map_err(|error| Failure::internal(format!("a tool does not take its arguments: {error}")))
}
