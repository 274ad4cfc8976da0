//! `create_todo`.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::shared::{given, now, with_uid, zone_note};
use super::shared::{TaskReply, described, show_written};
use crate::dav::{self, Calendar, Home, Kind};
use crate::event::new_uid;
use crate::task::{Details, New, compose};

pub(crate) const DESCRIPTION: &str = "Creates a task. Times without offset are in timezone. Example: summary \"Call the \
dentist\", due 2026-12-07T17:00, priority 1, reminders [{\"minutes_before\":60}], recurrence_rule FREQ=WEEKLY;BYDAY=MO \
(every Monday).";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    /// Empty: the only writable one for tasks.
    calendar_name: Option<String>,
    summary: String,
    #[serde(flatten)]
    details: Details,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn create_todo(arguments: Arguments) -> Result<Reply<TaskReply>, Failure> {
    create_with_uid(&arguments, &new_uid()?)
}

pub(crate) fn create_with_uid(
    arguments: &Arguments,
    uid: &str,
) -> Result<Reply<TaskReply>, Failure> {
    let home = Home::of_caller()?;
    if arguments.summary.trim().is_empty() {
        return Err(Failure::invalid("summary is empty."));
    }
    let text = compose(&New {
        uid,
        summary: &arguments.summary,
        details: &arguments.details,
        user: &home.zone,
        address: home.account.email.as_deref(),
        now: now(),
    })?;
    let calendars = dav::list(&home)?;
    let calendar = chosen(&calendars, arguments.calendar_name.as_deref())?;
    if let Some(parent) = given(arguments.details.parent_uid.as_deref()) {
        parent_in(&home, calendar, parent)?;
    }
    let object = dav::create(&home, calendar, &format!("{uid}.ics"), &text)?;
    let shown = show_written(&home, &object)?;
    let text = format!(
        "Created {} in \"{}\".{}",
        described(&shown.task),
        calendar.name,
        zone_note(&home)
    );
    Ok(Reply::new(text, shown))
}

fn chosen<'c>(calendars: &'c [Calendar], name: Option<&str>) -> Result<&'c Calendar, Failure> {
    if let Some(name) = given(name) {
        return dav::choose(calendars, name)?.for_writing(Kind::Task);
    }
    let fitting: Vec<&Calendar> = calendars
        .iter()
        .filter(|calendar| calendar.for_writing(Kind::Task).is_ok())
        .collect();
    match fitting.as_slice() {
        [only] => Ok(only),
        [] => Err(Failure::invalid(
            "The user has no writable calendar that holds tasks. list_calendars shows what there is.",
        )),
        several => {
            let names: Vec<&str> = several
                .iter()
                .map(|calendar| calendar.name.as_str())
                .collect();
            Err(Failure::invalid(format!(
                "Several calendars hold tasks. Say in calendar_name which one: {}.",
                names.join(", ")
            )))
        }
    }
}

/// A subtask whose parent is nowhere would be lost from sight.
pub(super) fn parent_in(home: &Home, calendar: &Calendar, uid: &str) -> Result<(), Failure> {
    match with_uid(home, &[calendar], Kind::Task, uid) {
        (found, _) if !found.is_empty() => Ok(()),
        (_, Some(failure)) => Err(failure),
        (_, None) => Err(no_parent(uid, calendar)),
    }
}

fn no_parent(uid: &str, calendar: &Calendar) -> Failure {
    Failure::not_found(format!(
        "There is no task \"{uid}\" in the calendar \"{}\" to be the parent (it has to be in the same one), so nothing was \
         written. list_todos shows what is there.",
        calendar.name
    ))
}
