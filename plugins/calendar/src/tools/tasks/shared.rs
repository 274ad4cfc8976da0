//! One task, read and shown, and the words that several tools say of it.

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Serialize;

use super::super::shared::{find_for_writing, now};
use crate::dav::{self, Calendar, Home, Kind, Object};
use crate::ical::Document;
use crate::recurrence::Budget;
use crate::task::{self, Stored, Task};

/// Work for one task; see [`Budget`].
const BUDGET: u32 = 400_000;

/// One task in full.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TaskReply {
    pub(crate) task: Task,
    /// The zone of the times here.
    pub(crate) shown_in: String,
    /// Opens the task in the Tasks app, where that is installed.
    pub(crate) link: String,
}

/// The stored text, or why it is not understood.
pub(super) fn document(object: &Object) -> Result<Document, Failure> {
    Document::parse(&object.text).map_err(|bad| not_understood(object, &bad.0))
}

pub(super) fn stored<'d>(
    home: &Home,
    object: &Object,
    document: &'d Document,
) -> Result<Stored<'d>, Failure> {
    Stored::read(document, &home.zone).map_err(|bad| not_understood(object, &bad.0))
}

fn not_understood(object: &Object, why: &str) -> Failure {
    Failure::other(format!(
        "The task as it is stored (\"{}\" in the calendar \"{}\") is not understood: {why}. Nothing was changed; the Tasks app \
         may open it.",
        object.name, object.calendar
    ))
}

/// Finds a task to change: its calendar, and the task to the byte, if it still has the etag that was given.
pub(super) fn to_change(
    home: &Home,
    calendar_name: Option<&str>,
    uid: &str,
    etag: Option<&str>,
) -> Result<(Calendar, Object), Failure> {
    let (calendar, found) = find_for_writing(home, Kind::Task, calendar_name, uid)?;
    let object = dav::read(home, &found.calendar, &found.name)?;
    if !object.has(etag) {
        return Err(changed_meanwhile(home, &object));
    }
    Ok((calendar, object))
}

pub(super) fn show(home: &Home, object: &Object, now: Timestamp) -> Result<TaskReply, Failure> {
    let document = document(object)?;
    let stored = stored(home, object, &document)?;
    let to = stored
        .to_do(now, &mut Budget::new(BUDGET))
        .map_err(|bad| not_understood(object, &bad.0))?;
    Ok(TaskReply {
        task: task::present(object, &stored, &to, now),
        shown_in: home.zone_name().to_owned(),
        link: task::link(home, object),
    })
}

/// As [`show`], after it was stored: what follows does not undo that.
pub(super) fn show_written(home: &Home, object: &Object) -> Result<TaskReply, Failure> {
    show(home, object, now()).map_err(|_| {
        Failure::other(format!(
            "The task was written (\"{}\" in the calendar \"{}\"), but what Nextcloud made of it is not understood: look at it \
             in the Tasks app.",
            object.name, object.calendar
        ))
    })
}

/// Somebody else was faster: what is there now.
pub(super) fn changed_meanwhile(home: &Home, object: &Object) -> Failure {
    let failure = Failure::conflict(
        "The task changed since it was read, so it was left alone. This is what is there now: repeat the change on it, with its \
         etag.",
    );
    match dav::read(home, &object.calendar, &object.name)
        .and_then(|there| show(home, &there, now()))
    {
        Ok(shown) => failure.with(&shown),
        Err(_) => Failure::conflict(
            "The task changed since it was read, so it was left alone. Read it again with get_todo.",
        ),
    }
}

/// `"Buy milk", due 2026-12-01 (overdue)`.
pub(super) fn described(task: &Task) -> String {
    let mut text = title(&task.summary);
    if let Some(due) = &task.due {
        text.push_str(", due ");
        text.push_str(due);
    }
    if task.overdue {
        text.push_str(" (overdue)");
    }
    if task.recurrence_rule.is_some() {
        text.push_str(", repeating");
    }
    text
}

pub(super) fn title(summary: &str) -> String {
    if summary.is_empty() {
        "a task without summary".to_owned()
    } else {
        format!("\"{summary}\"")
    }
}
