//! Tasks and their subtasks: RELATED-TO (RFC 5545, 3.8.4.5), whose type is PARENT where none is said.

use crate::ical::{Component, ContentLine, Draft, escape, unescape};

/// One task among its relatives.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) uid: String,
    pub(crate) parent: Option<String>,
}

/// The UID of the task that this one is a part of.
pub(crate) fn parent_of(task: &Component) -> Option<String> {
    let line = task.all("RELATED-TO").find(|line| names_parent(line))?;
    Some(unescape(&line.value).trim().to_owned()).filter(|uid| !uid.is_empty())
}

/// Everything below a task, parents before their own subtasks, each with its place in `nodes`. Each once, also where
/// relations go round in a circle.
pub(crate) fn below(nodes: &[Node], uid: &str) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let mut above: Vec<&str> = vec![uid];
    let mut at = 0;
    while at < above.len() {
        let parent = above[at];
        for (index, node) in nodes.iter().enumerate() {
            if node.parent.as_deref() == Some(parent) && !above.contains(&node.uid.as_str()) {
                found.push(index);
                above.push(&node.uid);
            }
        }
        at += 1;
    }
    found
}

/// Makes the task a part of another (empty: of none); relations of other types stay.
pub(super) fn set_parent(draft: &mut Draft<'_>, uid: &str) {
    let task = draft.component;
    if parent_of(task).unwrap_or_default() == uid {
        return;
    }
    let line = parent_line(uid);
    let stored = task.lines.iter().find(|placed| names_parent(&placed.line));
    match stored {
        Some(placed) => draft
            .edit
            .set_line(placed, Some(&line).filter(|_| !uid.is_empty())),
        None => draft.edit.insert(task.insert_at, &[line]),
    }
    draft.changed.push("RELATED-TO".to_owned());
}

pub(super) fn parent_line(uid: &str) -> ContentLine {
    ContentLine::new("RELATED-TO", escape(uid)).with_param("RELTYPE", "PARENT")
}

fn names_parent(line: &ContentLine) -> bool {
    line.name == "RELATED-TO"
        && line
            .param("RELTYPE")
            .is_none_or(|kind| kind.eq_ignore_ascii_case("PARENT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relatives_are_found_on_every_level_and_circles_end() {
        let node = |(uid, parent): &(&str, &str)| Node {
            uid: (*uid).to_owned(),
            parent: Some((*parent).to_owned()).filter(|parent| !parent.is_empty()),
        };
        let nodes: Vec<Node> = [
            ("c", "b"),
            ("a", "c"),
            ("b", "a"),
            ("d", "b"),
            ("x", ""),
            ("y", "x"),
            ("self", "self"),
        ]
        .iter()
        .map(node)
        .collect();
        assert_eq!(below(&nodes, "a"), [2, 0, 3]);
        assert_eq!(below(&nodes, "x"), [5]);
        assert_eq!(below(&nodes, "self"), Vec::<usize>::new());
    }
}
