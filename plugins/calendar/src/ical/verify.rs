//! The last look at a text before it is stored: read back from scratch by two readers, does it say what it should, and
//! nothing else?
//!
//! One is this module's own, which compares bytes. The other is calcard, another project's, which knows nothing of the
//! edit and compares what the lines mean ([`super::second`]). What they find wrong is a mistake of the plugin, never of
//! the user; then nothing is stored. What was odd before and is as odd after is left alone.

use super::document::{Component, Document};
use super::second::Second;
use super::text::unescape;

/// An event's texts, as the user gave them.
pub(crate) struct Expected<'a> {
    pub(crate) uid: &'a str,
    /// Property name and text.
    pub(crate) texts: Vec<(&'static str, &'a str)>,
}

/// Where a component of the new text comes from: one of the old, but for what was meant to change.
#[derive(Debug)]
pub(crate) struct Origin<'d> {
    pub(crate) source: &'d Component,
    /// Names of properties.
    pub(crate) differs: Vec<String>,
    pub(crate) alarms: bool,
}

impl<'d> Origin<'d> {
    pub(crate) fn unchanged(source: &'d Component) -> Self {
        Self {
            source,
            differs: Vec::new(),
            alarms: false,
        }
    }

    pub(super) fn may_differ(&self, name: &str) -> bool {
        self.differs.iter().any(|own| own == name)
    }
}

/// Whether a new text holds exactly one event or task, with these texts.
pub(crate) fn holds(text: &str, expected: &Expected<'_>) -> Result<(), String> {
    let document = Document::parse(text).map_err(|bad| bad.0)?;
    let items = contents(&document);
    let [item] = items.as_slice() else {
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
    let second = Second::read(text).ok_or("a second reader does not understand it")?;
    second.reads_all(&document)
}

/// What of a text iCalendar can hold: line breaks of one kind, and no other control characters (RFC 5545, 3.3.11).
fn writable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|character| matches!(character, '\n' | '\t') || !character.is_control())
        .collect()
}

/// Whether an edit changed no byte but what these origins say, zones aside, and every reader reads it so.
pub(crate) fn changed_only(
    before: &Document,
    text: &str,
    origins: &[Origin<'_>],
) -> Result<(), String> {
    let after = Document::parse(text).map_err(|bad| bad.0)?;
    same_lines(before, &before.calendar, &after, &after.calendar, None)?;
    let items = contents(&after);
    if items.len() != origins.len() {
        return Err("a component appeared or vanished".to_owned());
    }
    for (origin, item) in origins.iter().zip(&items) {
        same(before, origin.source, &after, item, Some(origin))?;
    }
    let (Some(old), Some(new)) = (Second::read(&before.text), Second::read(text)) else {
        return match Second::read(&before.text) {
            Some(_) => Err("a second reader no longer understands it".to_owned()),
            None => Ok(()),
        };
    };
    new.changed_only(before, &old, &after, origins)
}

/// What is in a calendar, zones aside.
pub(super) fn contents(document: &Document) -> Vec<&Component> {
    let children = document.calendar.children.iter();
    children.filter(|child| child.name != "VTIMEZONE").collect()
}

/// Whether two components are the same to the byte, but for what `origin` says.
fn same(
    before: &Document,
    old: &Component,
    after: &Document,
    new: &Component,
    origin: Option<&Origin<'_>>,
) -> Result<(), String> {
    if old.name != new.name {
        return Err(format!("a {} became a {}", old.name, new.name));
    }
    same_lines(before, old, after, new, origin)?;
    let alarms = origin.is_some_and(|origin| origin.alarms);
    let counts = |child: &&Component| !(alarms && child.name == "VALARM");
    let old: Vec<&Component> = old.children.iter().filter(counts).collect();
    let new: Vec<&Component> = new.children.iter().filter(counts).collect();
    if old.len() != new.len() {
        return Err("a part of a component appeared or vanished".to_owned());
    }
    old.iter()
        .zip(new)
        .try_for_each(|(old, new)| same(before, old, after, new, None))
}

fn same_lines(
    before: &Document,
    old: &Component,
    after: &Document,
    new: &Component,
    origin: Option<&Origin<'_>>,
) -> Result<(), String> {
    let kept = |document: &Document, component: &Component| -> Vec<String> {
        let lines = component
            .lines
            .iter()
            .filter(|placed| !origin.is_some_and(|origin| origin.may_differ(&placed.line.name)));
        lines
            .map(|placed| document.text[placed.range.clone()].to_owned())
            .collect()
    };
    if kept(before, old) == kept(after, new) {
        return Ok(());
    }
    let named = origin.map(|origin| origin.differs.join(", "));
    Err(format!(
        "more changed in {} than {}",
        old.name,
        named.unwrap_or_default()
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const BEFORE: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T090000Z\r\n\
        SUMMARY:old\r\nX-ODD;A=b:c\r\nGEO:nan;nan\r\nRRULE:FREQ=SOMETIMES\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n\
        END:VEVENT\r\nEND:VCALENDAR\r\n";

    /// Looks at a text that was meant to have another title.
    fn look(after: &str) -> Result<(), String> {
        let before = Document::parse(BEFORE).unwrap();
        let origin = Origin {
            source: before.events().next().unwrap(),
            differs: vec!["SUMMARY".to_owned()],
            alarms: false,
        };
        changed_only(&before, after, &[origin])
    }

    #[test]
    fn an_edit_that_does_more_than_it_should_is_found_out() {
        assert_eq!(look(&BEFORE.replace("SUMMARY:old", "SUMMARY:new")), Ok(()));
        for (old, new) in [
            ("X-ODD;A=b:c", "X-ODD;A=b:d"),
            ("X-ODD;A=b:c\r\n", ""),
            ("VERSION:2.0", "VERSION:2.1"),
            ("ACTION:DISPLAY", "ACTION:AUDIO"),
            ("BEGIN:VALARM\r\nACTION:DISPLAY\r\nEND:VALARM\r\n", ""),
            (
                "END:VEVENT",
                "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT",
            ),
            ("END:VEVENT\r\n", ""),
        ] {
            let after = BEFORE.replacen(old, new, 1);
            assert!(look(&after).is_err(), "{old} became {new}");
        }
    }

    #[test]
    fn the_second_reader_finds_out_what_the_first_misses() {
        let before = Document::parse(BEFORE).unwrap();
        let origins: Vec<Origin<'_>> = before.events().map(Origin::unchanged).collect();
        let (old, after) = (
            Second::read(BEFORE).unwrap(),
            BEFORE.replace("A=b:c", "A=b:d"),
        );
        let (new, after) = (
            Second::read(&after).unwrap(),
            Document::parse(&after).unwrap(),
        );
        let found = new.changed_only(&before, &old, &after, &origins);
        assert!(found.unwrap_err().contains("X-ODD"));
    }

    #[test]
    fn a_new_text_reads_as_it_was_meant() {
        let expected = |title| Expected {
            uid: "1",
            texts: vec![("SUMMARY", title)],
        };
        let text = BEFORE.replace("GEO:nan;nan\r\nRRULE:FREQ=SOMETIMES\r\n", "");
        assert_eq!(holds(&text, &expected("old")), Ok(()));
        assert!(holds(&text, &expected("other")).is_err());
        // A rule that the second reader reads as none.
        let odd = text.replace("SUMMARY", "RRULE:FREQ=WEEKLY;INTERVAL=99999999\r\nSUMMARY");
        assert!(holds(&odd, &expected("old")).is_err());
    }
}
