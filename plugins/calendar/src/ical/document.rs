//! A stored iCalendar text as a tree of components, each line with the place where it stands.
//!
//! Reading is tolerant of lines that are no content lines (they are kept and never touched) and strict about
//! nesting: a text whose BEGIN and END do not pair is refused, since an edit could then land anywhere.

use std::ops::Range;

use super::line::{ContentLine, unfold};

/// Deeper nesting than any real calendar has (RFC 9073 reaches 4); bounds the recursion of readers.
const MAX_DEPTH: usize = 16;

/// Why a text is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// A line of a component, and the bytes it takes in the text, its line end included.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) line: ContentLine,
    pub(crate) range: Range<usize>,
}

/// A component: its own lines, without those of the components inside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Component {
    /// Upper case, such as `VEVENT`.
    pub(crate) name: String,
    pub(crate) lines: Vec<Placed>,
    pub(crate) children: Vec<Component>,
    /// From the first byte of BEGIN to the last of END.
    pub(crate) range: Range<usize>,
    /// Where a new property goes: after the component's own lines, before its first child.
    pub(crate) insert_at: usize,
}

impl Component {
    /// The first property of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&ContentLine> {
        self.lines
            .iter()
            .map(|placed| &placed.line)
            .find(|line| line.name == name)
    }

    /// Every property of that name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ContentLine> {
        self.lines
            .iter()
            .map(|placed| &placed.line)
            .filter(move |line| line.name == name)
    }

    pub(crate) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Component> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// A whole text with exactly one VCALENDAR.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) calendar: Component,
    /// What ends its lines: CR LF by the standard, LF in what some clients stored.
    pub(crate) eol: &'static str,
}

impl Document {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut stack: Vec<Component> = Vec::new();
        let mut calendar = None;
        for range in logical_lines(text) {
            let Some(line) =
                ContentLine::parse(&unfold(text[range.clone()].trim_end_matches(['\r', '\n'])))
            else {
                continue;
            };
            match line.name.as_str() {
                "BEGIN" => open(&mut stack, &line, &range)?,
                "END" => {
                    let closed = close(&mut stack, &line, &range)?;
                    match stack.last_mut() {
                        Some(parent) => parent.children.push(closed),
                        None if closed.name == "VCALENDAR" && calendar.is_none() => {
                            calendar = Some(closed);
                        }
                        None => {
                            return Err(Malformed(format!(
                                "unexpected {} beside the calendar",
                                closed.name
                            )));
                        }
                    }
                }
                _ => {
                    let Some(component) = stack.last_mut() else {
                        return Err(Malformed(format!("{} outside of any component", line.name)));
                    };
                    if component.children.is_empty() {
                        component.insert_at = range.end;
                    }
                    component.lines.push(Placed { line, range });
                }
            }
        }
        match (stack.pop(), calendar) {
            (None, Some(calendar)) => {
                let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
                Ok(Self {
                    text: text.to_owned(),
                    calendar,
                    eol,
                })
            }
            (Some(open), _) => Err(Malformed(format!("{} is never ended", open.name))),
            (None, None) => Err(Malformed("no VCALENDAR in it".to_owned())),
        }
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Component> {
        self.calendar.children("VEVENT")
    }
}

fn open(
    stack: &mut Vec<Component>,
    line: &ContentLine,
    range: &Range<usize>,
) -> Result<(), Malformed> {
    if stack.len() >= MAX_DEPTH {
        return Err(Malformed("components are nested too deeply".to_owned()));
    }
    let name = line.value.trim().to_ascii_uppercase();
    stack.push(Component {
        name,
        range: range.clone(),
        insert_at: range.end,
        ..Component::default()
    });
    Ok(())
}

fn close(
    stack: &mut Vec<Component>,
    line: &ContentLine,
    range: &Range<usize>,
) -> Result<Component, Malformed> {
    let name = line.value.trim();
    match stack.pop() {
        Some(mut component) if component.name.eq_ignore_ascii_case(name) => {
            component.range.end = range.end;
            Ok(component)
        }
        Some(component) => Err(Malformed(format!(
            "{} is ended by END:{name}",
            component.name
        ))),
        None => Err(Malformed(format!("END:{name} without its BEGIN"))),
    }
}

/// The ranges of the lines, each with its folded continuation and its line end.
fn logical_lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    // A byte order mark in front of BEGIN is no part of the line.
    if text.starts_with('\u{feff}') {
        start = '\u{feff}'.len_utf8();
    }
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let mut end = start;
        loop {
            end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
            if !text[end..].starts_with([' ', '\t']) {
                break;
            }
        }
        let range = start..end;
        start = end;
        Some(range)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const TEXT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:a\r\n b\r\nBEGIN:VALARM\r\n\
                        ACTION:DISPLAY\r\nSUMMARY:alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn lines_belong_to_their_own_component() {
        let document = Document::parse(TEXT).unwrap();
        let event = document.events().next().unwrap();
        assert_eq!(event.get("SUMMARY").unwrap().value, "ab");
        assert_eq!(event.all("SUMMARY").count(), 1);
        assert!(TEXT[event.insert_at..].starts_with("BEGIN:VALARM"));
        assert!(TEXT[event.range.clone()].starts_with("BEGIN:VEVENT"));
        assert!(TEXT[event.range.clone()].ends_with("END:VEVENT\r\n"));
    }

    #[test]
    fn unpaired_components_are_refused() {
        for text in [
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
            "BEGIN:VCALENDAR\n",
            "END:VCALENDAR\n",
            "",
        ] {
            assert!(Document::parse(text).is_err(), "{text:?}");
        }
        let deep = format!("BEGIN:VCALENDAR\n{}", "BEGIN:X\n".repeat(100_000));
        assert!(Document::parse(&deep).is_err());
    }
}
