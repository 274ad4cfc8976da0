//! `get_todo`: one task in full, with its subtasks.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{find, now, zone_note};
use super::family::{Relative, subtasks};
use super::shared::{TaskReply, described, show};
use crate::dav::{Home, Kind};

pub(crate) const DESCRIPTION: &str = "Reads one task in full, with its subtasks on every level. Its etag goes into update_todo, \
complete_todo and delete_todo. Example: todo_uid \"4f6e…\" as list_todos shows it.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    todo_uid: String,
    calendar_name: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    #[serde(flatten)]
    shown: TaskReply,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subtasks: Vec<Relative>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn get_todo(arguments: Arguments) -> Result<Reply<Answer>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, object) = find(
        &home,
        Kind::Task,
        arguments.calendar_name.as_deref(),
        &arguments.todo_uid,
    )?;
    let shown = show(&home, &object, now())?;
    let members = subtasks(&home, &calendar, &shown.task.uid)?;
    let subtasks: Vec<Relative> = members.into_iter().map(|member| member.relative).collect();
    let mut text = format!(
        "{}, {}, in \"{}\".",
        described(&shown.task),
        shown.task.status.word(),
        object.calendar
    );
    if !subtasks.is_empty() {
        let open = subtasks.iter().filter(|one| !one.status.is_done()).count();
        let _ = write!(text, " {} subtasks, {open} of them open.", subtasks.len());
    }
    text.push_str(zone_note(&home));
    Ok(Reply::new(text, Answer { shown, subtasks }))
}
