//! The last look at a text before it is stored: read back from scratch, does it say what it should, and nothing else?
//!
//! What it finds wrong is a mistake of the plugin, never of the user; then nothing is stored. Tests hold this reader
//! and the writer beside it to calcard, another project's: in the component calcard would take 145 kB.

use super::document::{Component, Document};
use super::text::unescape;

/// An event's texts, as the user gave them.
pub(crate) struct Expected<'a> {
    pub(crate) uid: &'a str,
    /// Property name and text.
    pub(crate) texts: Vec<(&'static str, &'a str)>,
}

/// Whether a new text holds exactly one event or task with these texts.
pub(crate) fn holds(text: &str, expected: &Expected<'_>) -> Result<(), String> {
    let document = Document::parse(text).map_err(|bad| bad.0)?;
    let mut items = document
        .calendar
        .children
        .iter()
        .filter(|part| part.name != "VTIMEZONE");
    let (Some(item), None) = (items.next(), items.next()) else {
        return Err("it does not hold exactly one item".to_owned());
    };
    for (name, wanted) in expected
        .texts
        .iter()
        .copied()
        .chain([("UID", expected.uid)])
    {
        let mut lines = item.all(name);
        let found = lines
            .next()
            .map(|line| unescape(&line.value))
            .unwrap_or_default();
        if found != writable(wanted) || lines.next().is_some() {
            return Err(format!("{name} did not survive writing"));
        }
    }
    Ok(())
}

/// What of a text iCalendar can hold: line breaks of one kind, and no other control characters (RFC 5545, 3.3.11).
fn writable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|character| matches!(character, '\n' | '\t') || !character.is_control())
        .collect()
}

/// Whether an edit changed no byte but these properties of `edited` (a component of `before`), its alarms where
/// `alarms` says so, and zones.
pub(crate) fn changed_only(
    before: &Document,
    after: &str,
    edited: &Component,
    names: &[&str],
    alarms: bool,
) -> Result<(), String> {
    let after = Document::parse(after).map_err(|bad| bad.0)?;
    let (mut old, mut new) = (Vec::new(), Vec::new());
    outline(before, &before.calendar, alarms, &mut old);
    outline(&after, &after.calendar, alarms, &mut new);
    if old.len() != new.len() {
        return Err("a component appeared or vanished".to_owned());
    }
    for (old, new) in old.iter().zip(&new) {
        let is_edited = old.component.range == edited.range;
        let untouched = |(name, _): &&(&str, &str)| !is_edited || !names.contains(name);
        if old.component.name != new.component.name {
            return Err("a component changed its kind".to_owned());
        }
        if !old
            .lines
            .iter()
            .filter(untouched)
            .eq(new.lines.iter().filter(untouched))
        {
            return Err(format!("more changed than {}", names.join(", ")));
        }
    }
    Ok(())
}

/// A component with its own lines: name, and the line as it stands in the text.
struct Part<'d> {
    component: &'d Component,
    lines: Vec<(&'d str, &'d str)>,
}

fn outline<'d>(
    document: &'d Document,
    component: &'d Component,
    without_alarms: bool,
    parts: &mut Vec<Part<'d>>,
) {
    if component.name == "VTIMEZONE" || (without_alarms && component.name == "VALARM") {
        return;
    }
    let lines = component.lines.iter().map(|placed| {
        (
            placed.line.name.as_str(),
            &document.text[placed.range.clone()],
        )
    });
    parts.push(Part {
        component,
        lines: lines.collect(),
    });
    for child in &component.children {
        outline(document, child, without_alarms, parts);
    }
}
