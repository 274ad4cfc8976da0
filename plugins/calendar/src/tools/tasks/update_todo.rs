//! `update_todo`: changes what is given and nothing else.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::shared::{given, now, zone_note};
use super::create_todo::parent_in;
use super::family::subtasks;
use super::shared::{
    TaskReply, changed_meanwhile, described, document, show, show_written, stored, title, to_change,
};
use crate::dav::{self, Calendar, Home};
use crate::event::uid_of;
use crate::task::{Change, Details, apply};

pub(crate) const DESCRIPTION: &str = "Changes what is given of a task and nothing else; an empty text takes a property \
out. A repeating task is changed as a whole, from the occurrence to do on. With etag, refused if changed since. \
Example: todo_uid \"4f6e…\", due 2026-12-10, percent_complete 50, etag \"a1b2…\".";

#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Arguments {
    todo_uid: String,
    calendar_name: Option<String>,
    etag: Option<String>,
    summary: Option<String>,
    /// Empty: not completed.
    completed: Option<String>,
    #[serde(flatten)]
    details: Details,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn update_todo(arguments: Arguments) -> Result<Reply<TaskReply>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, object) = to_change(
        &home,
        arguments.calendar_name.as_deref(),
        &arguments.todo_uid,
        arguments.etag.as_deref(),
    )?;
    let document = document(&object)?;
    let stored = stored(&home, &object, &document)?;
    if let Some(parent) = given(arguments.details.parent_uid.as_deref()) {
        fits_below(&home, &calendar, &uid_of(stored.main), parent)?;
    }
    let edited = apply(
        &stored,
        &Change {
            summary: arguments.summary.as_deref(),
            details: &arguments.details,
            completed: arguments.completed.as_deref(),
            user: &home.zone,
            address: home.account.email.as_deref(),
            now: now(),
        },
    )?;
    let Some(edited) = edited else {
        let shown = show(&home, &object, now())?;
        let text = format!(
            "{} is so already: nothing was changed.",
            title(&shown.task.summary)
        );
        return Ok(Reply::new(text, shown));
    };
    let Some(written) = dav::put(&home, &object, &edited.text)? else {
        return Err(changed_meanwhile(&home, &object));
    };
    let shown = show_written(&home, &written)?;
    let text = format!(
        "Changed {} of {}.{}",
        edited.changed.join(", "),
        described(&shown.task),
        zone_note(&home)
    );
    Ok(Reply::new(text, shown))
}

/// A parent that is there, and is no part of the task itself.
fn fits_below(home: &Home, calendar: &Calendar, uid: &str, parent: &str) -> Result<(), Failure> {
    let own = uid == parent
        || subtasks(home, calendar, uid)?
            .iter()
            .any(|member| member.relative.uid == parent);
    if own {
        return Err(Failure::invalid(
            "parent_uid names the task itself or one of its own subtasks, so nothing was written.",
        ));
    }
    parent_in(home, calendar, parent)
}
