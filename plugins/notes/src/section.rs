//! One section of a Markdown text: found by its heading, and edited without a byte changed outside of it.
//!
//! A section is what stands below a heading, up to the next heading of the same or a higher level; its sub-sections belong
//! to it.

use std::ops::Range;

use crate::markdown::{Heading, headings, one_line};

/// What to do with the section's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// New text for all of it, sub-sections included.
    Replace,
    /// More text at the end: before the first sub-section, or after the last if it begins with a heading itself.
    Append,
    /// More text directly below the heading.
    Prepend,
}

/// Why a section was not edited.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No heading is called so; these are there, as paths.
    Missing(Vec<String>),
    /// Several are, in these lines.
    Ambiguous(Vec<(usize, String)>),
    /// The new text has a heading that would end the section.
    EndsSection(Heading),
    /// With the new text, what follows or stands before would read as something else.
    ChangesOthers,
}

/// A text whose headings are known.
pub(crate) struct Document<'a> {
    text: &'a str,
    headings: Vec<Heading>,
}

/// One section of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The place of its heading among the headings.
    heading: usize,
    /// Its text up to the first sub-section.
    own: Range<usize>,
    /// Its whole text.
    whole: Range<usize>,
}

impl<'a> Document<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            headings: headings(text),
        }
    }

    /// The section below the heading that `name` means: its text, with `#` before it if the level matters, or with the
    /// headings above it (`Home > Garden`).
    pub(crate) fn find(&self, name: &str) -> Result<Section, Refusal> {
        let whole = [Part::new(name)];
        let path: Vec<_> = name.split('>').map(Part::new).collect();
        for exactly in [true, false] {
            for parts in [&whole[..], &path] {
                let places: Vec<_> = (0..self.headings.len())
                    .filter(|place| self.is_meant(*place, parts, exactly))
                    .collect();
                match places.as_slice() {
                    [] => {}
                    [only] => return Ok(self.section(*only)),
                    several => {
                        let line = |place: usize| {
                            let start = self.headings[place].lines.start;
                            self.text[..start].matches('\n').count() + 1
                        };
                        let named = several
                            .iter()
                            .map(|place| (line(*place), self.path(*place)));
                        return Err(Refusal::Ambiguous(named.collect()));
                    }
                }
            }
        }
        let all = (0..self.headings.len()).map(|place| self.path(place));
        Err(Refusal::Missing(all.collect()))
    }

    /// The section's whole text.
    pub(crate) fn text(&self, section: &Section) -> &'a str {
        &self.text[section.whole.clone()]
    }

    /// The text with the section edited.
    pub(crate) fn edited(
        &self,
        section: &Section,
        edit: Edit,
        content: &str,
    ) -> Result<String, Refusal> {
        let content = self.fitted(section, edit, content);
        let inner = headings(&content);
        let level = self.headings[section.heading].level;
        if let Some(heading) = inner.iter().find(|heading| heading.level <= level) {
            return Err(Refusal::EndsSection(heading.clone()));
        }
        let place = self.place(section, edit, &content);
        // First close to what is there; a blank line around it where the lines would run into each other.
        [false, true]
            .into_iter()
            .map(|apart| self.joined(&place, &content, apart))
            .find(|(text, start)| {
                let found = headings(text);
                let outline = self.outline(&place, *start..text.len(), &inner);
                found.iter().map(Title::of).eq(outline)
            })
            .map(|(text, _)| text)
            .ok_or(Refusal::ChangesOthers)
    }

    fn section(&self, heading: usize) -> Section {
        let found = &self.headings[heading];
        let after = &self.headings[heading + 1..];
        let start_of =
            |next: Option<&Heading>| next.map_or(self.text.len(), |next| next.lines.start);
        let start = found.lines.end;
        Section {
            heading,
            own: start..start_of(after.first()),
            whole: start..start_of(after.iter().find(|next| next.level <= found.level)),
        }
    }

    /// Whether the heading is the last of `parts`, below headings that are the others.
    fn is_meant(&self, place: usize, parts: &[Part<'_>], exactly: bool) -> bool {
        let Some((last, above)) = parts.split_last() else {
            return false;
        };
        let mut left = above.iter().rev().peekable();
        for parent in self.parents(place) {
            left.next_if(|part| part.means(parent, exactly));
        }
        left.peek().is_none() && last.means(&self.headings[place], exactly)
    }

    /// The headings that this one is below, the nearest first.
    fn parents(&self, place: usize) -> impl Iterator<Item = &Heading> {
        let mut level = self.headings[place].level;
        self.headings[..place].iter().rev().filter(move |heading| {
            let is_parent = heading.level < level;
            level = level.min(heading.level);
            is_parent
        })
    }

    fn path(&self, place: usize) -> String {
        let heading = &self.headings[place];
        let mut path: Vec<_> = self
            .parents(place)
            .map(|parent| parent.text.as_str())
            .collect();
        path.reverse();
        path.push(&heading.text);
        path.join(" > ")
    }

    /// The content as it goes in: with the text's line breaks, and without the section's own heading, which stays.
    fn fitted(&self, section: &Section, edit: Edit, content: &str) -> String {
        let mut content = content;
        if edit == Edit::Replace
            && let Some(first) = headings(content).first()
            && content[..first.lines.start].trim().is_empty()
            && is_same(first, &self.headings[section.heading])
        {
            content = &content[first.lines.end..];
        }
        if line_break(self.text) == "\r\n" {
            content.replace("\r\n", "\n").replace('\n', "\r\n")
        } else {
            content.to_owned()
        }
    }

    /// What the content takes the place of; empty where it only comes in between. Blank lines around it stay.
    fn place(&self, section: &Section, edit: Edit, content: &str) -> Range<usize> {
        let is_subsection = headings(content)
            .first()
            .is_some_and(|first| content[..first.lines.start].trim().is_empty());
        let around = match edit {
            Edit::Append if !is_subsection => &section.own,
            Edit::Replace | Edit::Append | Edit::Prepend => &section.whole,
        };
        let written = self.without_blank_lines(around.clone());
        match edit {
            Edit::Replace => written,
            Edit::Append => written.end..written.end,
            Edit::Prepend => written.start..written.start,
        }
    }

    /// From the first line that is not blank to the last; nothing at the start if all are.
    fn without_blank_lines(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.text[range.clone()];
        let lead = text.len() - text.trim_start().len();
        if lead == text.len() {
            return range.start..range.start;
        }
        let first = text[..lead].rfind('\n').map_or(0, |end| end + 1);
        let written = text.trim_end().len();
        let last = text[written..]
            .find('\n')
            .map_or(text.len(), |end| written + end + 1);
        range.start + first..range.start + last
    }

    /// The new text, and where the content begins in it.
    fn joined(&self, place: &Range<usize>, content: &str, apart: bool) -> (String, usize) {
        let line_break = line_break(self.text);
        let (before, after) = (&self.text[..place.start], &self.text[place.end..]);
        if content.is_empty() {
            return (format!("{before}{after}"), before.len());
        }
        let mut text = before.to_owned();
        if !before.is_empty() && !before.ends_with('\n') {
            text.push_str(line_break);
        }
        let blank = if apart { line_break } else { "" };
        text.push_str(blank);
        let start = text.len();
        text.push_str(content);
        let ends_line = content.ends_with('\n') || (after.is_empty() && !self.text.ends_with('\n'));
        if !ends_line {
            text.push_str(line_break);
        }
        text.push_str(blank);
        text.push_str(after);
        (text, start)
    }

    /// The headings that a text has to have in which `inner` begins at the start of `new` and what followed ends at its end.
    fn outline<'b>(
        &'b self,
        place: &Range<usize>,
        new: Range<usize>,
        inner: &'b [Heading],
    ) -> impl Iterator<Item = Title<'b>> {
        let place = place.clone();
        let rest = self.headings.iter().map(Title::of);
        let before = rest
            .clone()
            .take_while(move |title| title.start < place.start);
        let after = rest.skip_while(move |title| title.start < place.end);
        let inner = inner.iter().map(Title::of);
        let to_end = self.text.len();
        before
            .chain(inner.map(move |title| title.at(title.start + new.start)))
            .chain(after.map(move |title| title.at(title.start + new.end - to_end)))
    }
}

/// The line break that a text uses.
pub(crate) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(place) if text[..place].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// What an edit elsewhere leaves of a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Title<'a> {
    level: usize,
    text: &'a str,
    start: usize,
}

impl<'a> Title<'a> {
    fn of(heading: &'a Heading) -> Self {
        Self {
            level: heading.level,
            text: &heading.text,
            start: heading.lines.start,
        }
    }

    fn at(self, start: usize) -> Self {
        Self { start, ..self }
    }
}

fn is_same(one: &Heading, other: &Heading) -> bool {
    one.level == other.level && one.text == other.text
}

/// One heading as a caller names it.
struct Part<'a> {
    /// As it was given, for a heading whose own text begins with `#`.
    given: &'a str,
    level: Option<usize>,
    text: &'a str,
}

impl<'a> Part<'a> {
    fn new(name: &'a str) -> Self {
        let given = name.trim();
        let text = given.trim_start_matches('#');
        let level = given.len() - text.len();
        Self {
            given,
            level: (1..=6).contains(&level).then_some(level),
            text,
        }
    }

    /// Not exactly: case does not matter, nor the marks of emphasis.
    fn means(&self, heading: &Heading, exactly: bool) -> bool {
        let same = |name: &str| {
            if exactly {
                one_line(name) == heading.text
            } else {
                folded(name) == folded(&heading.text)
            }
        };
        let by_level = self.level.is_none_or(|level| level == heading.level) && same(self.text);
        by_level || same(self.given)
    }
}

fn folded(text: &str) -> String {
    one_line(&text.replace(['*', '_', '`', '~', '\\'], "")).to_lowercase()
}

#[cfg(test)]
mod tests;
