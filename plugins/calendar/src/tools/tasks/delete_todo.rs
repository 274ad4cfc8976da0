//! `delete_todo`: with its subtasks only when the call says so.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{find_for_writing, now};
use super::family::{MAX_AT_ONCE, Member, Relative, after_subtasks, interrupted, names, subtasks};
use super::shared::{changed_meanwhile, show, title};
use crate::dav::{self, Home, Kind};

pub(crate) const DESCRIPTION: &str = "Deletes a task, a repeating one with all occurrences; Nextcloud keeps it in the \
trash bin for a while. One with subtasks needs with_subtasks, which deletes them too. Example: todo_uid \"4f6e…\", etag \
\"a1b2…\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    todo_uid: String,
    calendar_name: Option<String>,
    /// If changed since: refused.
    etag: Option<String>,
    with_subtasks: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeleteReply {
    deleted_uid: String,
    calendar_name: String,
    summary: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deleted_subtasks: Vec<Relative>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn delete_todo(arguments: Arguments) -> Result<Reply<DeleteReply>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, object) = find_for_writing(
        &home,
        Kind::Task,
        arguments.calendar_name.as_deref(),
        &arguments.todo_uid,
    )?;
    if !object.has(arguments.etag.as_deref()) {
        return Err(changed_meanwhile(&home, &object));
    }
    let task = show(&home, &object, now())?.task;
    let members = subtasks(&home, &calendar, &task.uid)?;
    if !members.is_empty() && arguments.with_subtasks != Some(true) {
        let all: Vec<Relative> = members.into_iter().map(|member| member.relative).collect();
        return Err(Failure::invalid(format!(
            "{} has subtasks: {}. Nothing was deleted. To delete them too, call again with with_subtasks true; to keep them, \
             take their parent_uid out with update_todo first.",
            title(&task.summary),
            names(&all)
        )));
    }
    let deleted_subtasks = delete_all(&home, members)?;
    let gone = dav::delete(&home, &object).and_then(|gone| {
        if gone {
            Ok(())
        } else {
            Err(changed_meanwhile(&home, &object))
        }
    });
    gone.map_err(|failure| after_subtasks(failure, "deleted", &deleted_subtasks))?;
    let with = if deleted_subtasks.is_empty() {
        String::new()
    } else {
        format!(" with {}", names(&deleted_subtasks))
    };
    let text = format!(
        "Deleted {}{with} from \"{}\". It can be restored from the calendar's trash bin.",
        title(&task.summary),
        calendar.name
    );
    let reply = DeleteReply {
        deleted_uid: task.uid,
        calendar_name: calendar.name,
        summary: task.summary,
        deleted_subtasks,
    };
    Ok(Reply::new(text, reply))
}

/// The last first, so that none is left without the task that it is a part of.
fn delete_all(home: &Home, members: Vec<Member>) -> Result<Vec<Relative>, Failure> {
    if members.len() > MAX_AT_ONCE {
        return Err(Failure::limited(format!(
            "The task has {} subtasks, more than the {MAX_AT_ONCE} that one call deletes, so nothing was deleted. Delete some \
             of them first.",
            members.len()
        )));
    }
    let mut deleted: Vec<Relative> = Vec::new();
    for member in members.into_iter().rev() {
        let failure = match dav::delete(home, &member.object) {
            Ok(true) => {
                deleted.push(member.relative);
                continue;
            }
            Ok(false) => Failure::conflict("It changed since it was read."),
            Err(failure) => failure,
        };
        return Err(interrupted(failure, "deleted", &member.relative, &deleted));
    }
    Ok(deleted)
}
