//! `complete_todo`: a task, an occurrence of one, and where the call says so its subtasks.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{given, now};
use super::family::{MAX_AT_ONCE, Member, Relative, after_subtasks, interrupted, names, subtasks};
use super::shared::{
    TaskReply, changed_meanwhile, document, show, show_written, stored, title, to_change,
};
use crate::dav::{self, Calendar, Home, Object};
use crate::event::day_or_time;
use crate::task::{Completing, Completion, Status, complete, completion_time};

pub(crate) const DESCRIPTION: &str = "Completes a task. Of a repeating task the occurrence to do is completed and the next one becomes \
due. Open subtasks are named; with_subtasks completes them too. Example: todo_uid \"4f6e…\", etag \"a1b2…\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    todo_uid: String,
    calendar_name: Option<String>,
    /// Default: now.
    completed: Option<String>,
    /// If changed since: refused.
    etag: Option<String>,
    with_subtasks: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    #[serde(flatten)]
    shown: TaskReply,
    /// Repeating: which one; `task` is what is to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_occurrence: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    completed_subtasks: Vec<Relative>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open_subtasks: Vec<Relative>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn complete_todo(arguments: Arguments) -> Result<Reply<Answer>, Failure> {
    let home = Home::of_caller()?;
    let now = now();
    let at = given(arguments.completed.as_deref())
        .map(|text| completion_time(text, &home.zone, now))
        .transpose()?
        .unwrap_or(now);
    let (calendar, object) = to_change(
        &home,
        arguments.calendar_name.as_deref(),
        &arguments.todo_uid,
        arguments.etag.as_deref(),
    )?;
    let document = document(&object)?;
    let stored = stored(&home, &object, &document)?;
    let completing = Completing {
        at,
        now,
        address: home.account.email.as_deref(),
    };
    let completion = complete(&stored, completing)?;
    let open = open_subtasks(&home, &calendar, &arguments.todo_uid)?;
    let (with, open) = if arguments.with_subtasks == Some(true) {
        (complete_all(&home, open, completing)?, Vec::new())
    } else {
        (Vec::new(), relatives(open))
    };
    let mut outcome = finish(&home, &object, completion)
        .map_err(|failure| after_subtasks(failure, "completed", &with))?;
    let subtasks = said_of_subtasks(&with, &open);
    outcome.text.push_str(&subtasks);
    outcome.data.completed_subtasks = with;
    outcome.data.open_subtasks = open;
    Ok(outcome)
}

/// Stores the task itself, and says what that means.
fn finish(home: &Home, object: &Object, completion: Completion) -> Result<Reply<Answer>, Failure> {
    let answer = |shown, completed_occurrence| Answer {
        shown,
        completed_occurrence,
        completed_subtasks: Vec::new(),
        open_subtasks: Vec::new(),
    };
    let (edited, occurrence) = match completion {
        Completion::Already => {
            let shown = show(home, object, now())?;
            let text = format!("{} was completed already.", title(&shown.task.summary));
            return Ok(Reply::new(text, answer(shown, None)));
        }
        Completion::Done(edited) => (edited, None),
        Completion::Occurrence {
            edited,
            completed,
            passed_since,
        } => (edited, Some((completed, passed_since))),
    };
    let Some(written) = dav::put(home, object, &edited.text)? else {
        return Err(changed_meanwhile(home, object));
    };
    let shown = show_written(home, &written)?;
    let name = title(&shown.task.summary);
    let Some((completed, passed_since)) = occurrence else {
        return Ok(Reply::new(
            format!("Completed {name}."),
            answer(shown, None),
        ));
    };
    let completed = day_or_time(&completed, &home.zone);
    let mut text = format!("Completed {name} for {completed}; the series goes on");
    if let Some(next) = shown
        .task
        .due
        .as_ref()
        .filter(|_| !shown.task.status.is_done())
    {
        let _ = write!(text, ", next due {next}");
    }
    text.push('.');
    if let Some(since) = passed_since {
        let since = day_or_time(&since, &home.zone);
        let _ = write!(
            text,
            " Earlier occurrences from {since} on, never marked done, are passed over."
        );
    }
    Ok(Reply::new(text, answer(shown, Some(completed))))
}

fn open_subtasks(home: &Home, calendar: &Calendar, uid: &str) -> Result<Vec<Member>, Failure> {
    let mut members = subtasks(home, calendar, uid.trim())?;
    members.retain(|member| !member.relative.status.is_done());
    Ok(members)
}

fn relatives(members: Vec<Member>) -> Vec<Relative> {
    members.into_iter().map(|member| member.relative).collect()
}

/// The last first, so that no task is completed before what it consists of.
fn complete_all(
    home: &Home,
    members: Vec<Member>,
    completing: Completing<'_>,
) -> Result<Vec<Relative>, Failure> {
    if members.len() > MAX_AT_ONCE {
        return Err(Failure::limited(format!(
            "The task has {} open subtasks, more than the {MAX_AT_ONCE} that one call completes, so nothing was changed. \
             Complete some of them first.",
            members.len()
        )));
    }
    let mut completed = Vec::new();
    for member in members.into_iter().rev() {
        match complete_one(home, &member, completing) {
            Ok(status) => completed.push(Relative {
                status,
                ..member.relative
            }),
            Err(failure) => {
                return Err(interrupted(
                    failure,
                    "completed",
                    &member.relative,
                    &completed,
                ));
            }
        }
    }
    Ok(completed)
}

/// The bytes are read first: what a REPORT gives went through XML.
fn complete_one(
    home: &Home,
    member: &Member,
    completing: Completing<'_>,
) -> Result<Status, Failure> {
    let object = dav::read(home, &member.object.calendar, &member.object.name)?;
    let document = document(&object)?;
    let stored = stored(home, &object, &document)?;
    let (edited, status) = match complete(&stored, completing)? {
        Completion::Already => return Ok(Status::Completed),
        Completion::Done(edited) => (edited, Status::Completed),
        Completion::Occurrence { edited, .. } => (edited, Status::NeedsAction),
    };
    match dav::put(home, &object, &edited.text)? {
        Some(_) => Ok(status),
        None => Err(Failure::conflict("It changed since it was read.")),
    }
}

fn said_of_subtasks(with: &[Relative], open: &[Relative]) -> String {
    if !with.is_empty() {
        return format!(" Completed with it: {}.", names(with));
    }
    if !open.is_empty() {
        return format!(
            " Its subtasks are still open: {}. with_subtasks completes them too.",
            names(open)
        );
    }
    String::new()
}
