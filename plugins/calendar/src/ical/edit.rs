//! Edits of a stored text: a list of byte ranges and what replaces them. Whatever no edit names stays as it is.

use std::ops::Range;

use super::document::{Component, Document, Placed};
use super::line::ContentLine;

/// Edits of one document, collected and then applied at once.
#[derive(Debug)]
pub(crate) struct Edit<'d> {
    document: &'d Document,
    changes: Vec<(Range<usize>, String)>,
}

impl<'d> Edit<'d> {
    pub(crate) fn new(document: &'d Document) -> Self {
        Self {
            document,
            changes: Vec::new(),
        }
    }

    pub(crate) fn document(&self) -> &'d Document {
        self.document
    }

    /// Puts `line` where the property stands now (further ones of the same name go away), or at the end of the
    /// component's own properties.
    pub(crate) fn set(&mut self, component: &Component, line: &ContentLine) {
        let mut places = component
            .lines
            .iter()
            .filter(|placed| placed.line.name == line.name);
        let first = places
            .next()
            .map_or(component.insert_at..component.insert_at, |placed| {
                placed.range.clone()
            });
        let rest: Vec<Range<usize>> = places.map(|placed| placed.range.clone()).collect();
        self.replace(first, line.to_folded(self.document.eol));
        for range in rest {
            self.replace(range, String::new());
        }
    }

    /// Takes every property of that name out.
    pub(crate) fn remove(&mut self, component: &Component, name: &str) {
        for placed in component
            .lines
            .iter()
            .filter(|placed| placed.line.name == name)
        {
            self.replace(placed.range.clone(), String::new());
        }
    }

    /// Replaces one line of several of the same name, or takes it out.
    pub(crate) fn replace_line(&mut self, placed: &Placed, line: Option<&ContentLine>) {
        let text = line.map_or_else(String::new, |line| line.to_folded(self.document.eol));
        self.replace(placed.range.clone(), text);
    }

    /// Takes a component out.
    pub(crate) fn remove_component(&mut self, component: &Component) {
        self.replace(component.range.clone(), String::new());
    }

    /// Inserts whole lines before the byte `at`, which must begin a line.
    pub(crate) fn insert(&mut self, at: usize, lines: &[ContentLine]) {
        let text = lines
            .iter()
            .map(|line| line.to_folded(self.document.eol))
            .collect();
        self.replace(at..at, text);
    }

    /// Keeps the list in order; what is replaced at one place keeps the order in which it came.
    fn replace(&mut self, range: Range<usize>, text: String) {
        let place = self
            .changes
            .partition_point(|(other, _)| (other.start, other.end) <= (range.start, range.end));
        self.changes.insert(place, (range, text));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The new text.
    pub(crate) fn finish(self) -> String {
        let old = &self.document.text;
        let mut out = String::with_capacity(old.len() + 256);
        let mut at = 0;
        for (range, replacement) in &self.changes {
            out.push_str(&old[at..range.start.max(at)]);
            out.push_str(replacement);
            at = range.end.max(at);
        }
        out.push_str(&old[at..]);
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::super::text::escape;
    use super::*;
    use proptest::prelude::*;

    const BEFORE: &str =
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:odd;one\r\nBEGIN:VEVENT\r\nUID:1\r\n";
    const AFTER: &str = "ATTENDEE;CN=\"B, c\";X-NUM-GUESTS=0;PARTSTAT=NEEDS-ACTION:mailto:\r\n b@example.org\r\n\
                         X-APPLE;VALUE=URI:geo:1,2\r\nBEGIN:VALARM\r\nSUMMARY:alarm\r\nEND:VALARM\r\nEND:VEVENT\r\n\
                         BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:other\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    fn set_summary(text: &str, summary: &str) -> String {
        let document = Document::parse(text).unwrap();
        let event = document.events().next().unwrap();
        let mut edit = Edit::new(&document);
        edit.set(event, &ContentLine::new("SUMMARY", escape(summary)));
        edit.finish()
    }

    proptest! {
        #[test]
        fn setting_a_property_keeps_every_other_byte(old in any::<String>(), new in any::<String>()) {
            let old = ContentLine::new("SUMMARY", escape(&old)).to_folded("\r\n");
            let changed = set_summary(&format!("{BEFORE}{old}{AFTER}"), &new);
            let expected = ContentLine::new("SUMMARY", escape(&new)).to_folded("\r\n");
            prop_assert_eq!(changed, format!("{BEFORE}{expected}{AFTER}"));
        }
    }

    #[test]
    fn a_new_property_goes_before_the_alarms() {
        let changed = set_summary(&format!("{BEFORE}{AFTER}"), "new");
        assert_eq!(
            changed,
            format!("{BEFORE}{AFTER}").replacen("BEGIN:VALARM", "SUMMARY:new\r\nBEGIN:VALARM", 1)
        );
    }

    #[test]
    fn a_text_with_bare_line_feeds_keeps_them() {
        let text = format!("{BEFORE}SUMMARY:x\r\n{AFTER}").replace("\r\n", "\n");
        let changed = set_summary(&text, "y");
        assert_eq!(changed, text.replacen("SUMMARY:x\n", "SUMMARY:y\n", 1));
    }

    #[test]
    fn doubled_properties_become_one() {
        let changed = set_summary(
            &format!("{BEFORE}SUMMARY:a\r\nX-Y:1\r\nSUMMARY:b\r\n{AFTER}"),
            "c",
        );
        assert_eq!(changed, format!("{BEFORE}SUMMARY:c\r\nX-Y:1\r\n{AFTER}"));
    }
}
