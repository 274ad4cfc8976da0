//! A task's subtasks, on every level. They live in its calendar, as the Tasks app keeps them.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Serialize;

use super::shared::title;
use crate::dav::{self, Calendar, Home, Kind, Object};
use crate::event::{text, uid_of};
use crate::ical::{Component, Document};
use crate::task::{Node, Progress, Status, below, parent_of};

/// Subtasks that one call completes or deletes: each takes one to three requests.
pub(super) const MAX_AT_ONCE: usize = 100;

/// A task by name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Relative {
    pub(crate) uid: String,
    pub(crate) summary: String,
    pub(crate) status: Status,
}

/// One of the family, as it is stored.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) relative: Relative,
    pub(super) object: Object,
}

/// All subtasks of a task, parents before their own subtasks. A stored task that is not understood has no known parent,
/// and so is none of them.
pub(super) fn subtasks(
    home: &Home,
    calendar: &Calendar,
    uid: &str,
) -> Result<Vec<Member>, Failure> {
    let mut answers = dav::all(home, &[calendar], Kind::Task);
    let objects = match answers.pop() {
        Some((_, objects)) => objects?,
        None => Vec::new(),
    };
    let (mut nodes, mut members) = (Vec::new(), Vec::new());
    for object in objects {
        let Some((node, relative)) = read(&object) else {
            continue;
        };
        nodes.push(node);
        members.push(Some(Member { relative, object }));
    }
    let found = below(&nodes, uid);
    Ok(found
        .into_iter()
        .filter_map(|index| members[index].take())
        .collect())
}

fn read(object: &Object) -> Option<(Node, Relative)> {
    let document = Document::parse(&object.text).ok()?;
    let tasks = || document.calendar.children("VTODO");
    let single = |task: &&Component| task.get("RECURRENCE-ID").is_none();
    let task = tasks().find(single).or_else(|| tasks().next())?;
    let uid = uid_of(task);
    let node = Node {
        uid: uid.clone(),
        parent: parent_of(task),
    };
    let relative = Relative {
        uid,
        summary: text(task, "SUMMARY").unwrap_or_default(),
        status: Progress::of(task).status,
    };
    Some((node, relative))
}

/// `"Milk", "Eggs"`.
pub(super) fn names(relatives: &[Relative]) -> String {
    let names: Vec<String> = relatives
        .iter()
        .map(|relative| title(&relative.summary))
        .collect();
    names.join(", ")
}

/// A subtask stood in the way: what was done before it is said.
pub(super) fn interrupted(
    failure: Failure,
    done: &str,
    at: &Relative,
    before: &[Relative],
) -> Failure {
    let message = format!(
        "The subtask {} (uid \"{}\") was not {done}, and neither was the task itself. {}",
        title(&at.summary),
        at.uid,
        failure.message
    );
    after_subtasks(Failure { message, ..failure }, done, before)
}

/// The failure of a call that has changed subtasks already.
pub(super) fn after_subtasks(failure: Failure, done: &str, before: &[Relative]) -> Failure {
    if before.is_empty() {
        return failure;
    }
    let message = format!(
        "{} These subtasks were {done} before: {}.",
        failure.message,
        names(before)
    );
    Failure { message, ..failure }
}
