//! A change of a stored object: properties set and removed in one component or several, whole components taken out or
//! added, the lines that every change brings, and the last look before it may be stored. Never here: what a property
//! means.

use jiff::Timestamp;

use super::document::{Component, Document, Placed};
use super::edit::Edit;
use super::line::ContentLine;
use super::value::When;
use super::verify::{self, Origin};

/// The new text, and which properties differ.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) text: String,
    pub(crate) changed: Vec<String>,
}

/// What every change of a component brings along.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) now: Timestamp,
    /// Only who organizes a meeting counts its revisions (RFC 5546, 2.1.4).
    pub(crate) counts: bool,
}

/// An edit of one component after the other, and what it changes.
#[derive(Debug)]
pub(crate) struct Draft<'d> {
    pub(crate) edit: Edit<'d>,
    /// The one that is changed now.
    pub(crate) component: &'d Component,
    /// What differs in it.
    pub(crate) changed: Vec<String>,
    /// Its alarms differ.
    pub(crate) alarms: bool,
    done: Vec<Touched<'d>>,
    taken_out: Vec<&'d Component>,
    /// Copies: where they go, whose, and what differs in them.
    added: Vec<(usize, Touched<'d>)>,
}

#[derive(Debug)]
struct Touched<'d> {
    component: &'d Component,
    changed: Vec<String>,
    alarms: bool,
}

impl<'d> Draft<'d> {
    pub(crate) fn new(document: &'d Document, component: &'d Component) -> Self {
        Self {
            edit: Edit::new(document),
            component,
            changed: Vec::new(),
            alarms: false,
            done: Vec::new(),
            taken_out: Vec::new(),
            added: Vec::new(),
        }
    }

    /// Goes on with another component of the same text. Each is changed once.
    pub(crate) fn turn_to(&mut self, component: &'d Component) {
        let touched = Touched {
            component: std::mem::replace(&mut self.component, component),
            changed: std::mem::take(&mut self.changed),
            alarms: std::mem::take(&mut self.alarms),
        };
        self.done.push(touched);
    }

    /// Sets a property; its other parameters stay, but for those named.
    pub(crate) fn set(&mut self, mut line: ContentLine, without: &[&str]) {
        let old: Vec<&ContentLine> = self.component.all(&line.name).collect();
        if let Some(old) = old.first() {
            let kept = old.params.iter().filter(|param| {
                !without.contains(&param.name.as_str()) && line.param(&param.name).is_none()
            });
            let kept: Vec<_> = kept.cloned().collect();
            line.params.extend(kept);
        }
        let old: Vec<&ContentLine> = self.component.all(&line.name).collect();
        if old.as_slice() != [&line] {
            self.note(&line.name);
            self.edit.set(self.component, &line);
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        if self.component.get(name).is_some() {
            self.note(name);
            self.edit.remove(self.component, name);
        }
    }

    /// Puts a line in the place of one of several of its name; `None` takes it out.
    pub(crate) fn set_line(&mut self, placed: &Placed, line: Option<&ContentLine>) {
        if line != Some(&placed.line) {
            self.note(&placed.line.name);
            self.edit.set_line(placed, line);
        }
    }

    /// Adds a property beside those of its name.
    pub(crate) fn add(&mut self, line: &ContentLine) {
        let beside = self.component.lines.iter().rev();
        let last = beside.clone().find(|placed| placed.line.name == line.name);
        let at = last.map_or(self.component.insert_at, |placed| placed.range.end);
        self.note(&line.name);
        self.edit.insert(at, std::slice::from_ref(line));
    }

    /// Takes a whole component of the calendar out.
    pub(crate) fn take_out(&mut self, component: &'d Component) {
        self.edit.remove_component(component);
        self.taken_out.push(component);
    }

    /// Adds a copy of a component of the calendar behind the last of its kind. `copy` is its text, and differs in these
    /// properties.
    pub(crate) fn add_copy(&mut self, source: &'d Component, copy: String, differs: &[&str]) {
        let calendar = &self.edit.document().calendar;
        let at = calendar
            .children(&source.name)
            .map(|child| child.range.end)
            .max()
            .unwrap_or(source.range.end);
        self.edit.insert_text(at, copy);
        let touched = Touched {
            component: source,
            changed: differs.iter().map(|name| (*name).to_owned()).collect(),
            alarms: false,
        };
        self.added.push((at, touched));
    }

    fn note(&mut self, name: &str) {
        if !self.changed.iter().any(|known| known == name) {
            self.changed.push(name.to_owned());
        }
    }

    /// The new text, looked at once more; `None` where everything is as wanted already.
    ///
    /// # Errors
    /// Says what the edit did that it should not: a mistake of the plugin.
    pub(crate) fn finish(
        mut self,
        document: &Document,
        stamp: Stamp,
    ) -> Result<Option<Edited>, String> {
        if self.edit.is_empty() {
            return Ok(None);
        }
        self.turn_to(self.component);
        let mut changed: Vec<String> = Vec::new();
        for touched in &mut self.done {
            let alarms = touched.alarms.then(|| "VALARM".to_owned());
            for name in touched.changed.iter().cloned().chain(alarms) {
                if !changed.contains(&name) {
                    changed.push(name);
                }
            }
            if touched.alarms || !touched.changed.is_empty() {
                touched.stamp(&mut self.edit, stamp);
            }
        }
        let text = self.verified(document)?;
        Ok(Some(Edited { text, changed }))
    }

    /// The text as one step of several: without stamps, which the last step brings.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub(crate) fn finish_step(mut self, document: &Document) -> Result<String, String> {
        self.turn_to(self.component);
        self.verified(document)
    }

    fn verified(self, document: &Document) -> Result<String, String> {
        let mut origins: Vec<(usize, Origin<'_>)> = Vec::new();
        let stays = |child: &&Component| {
            let gone = |other: &&Component| other.range == child.range;
            child.name != "VTIMEZONE" && !self.taken_out.iter().any(gone)
        };
        for component in document.calendar.children.iter().filter(stays) {
            let touched = self
                .done
                .iter()
                .filter(|touched| touched.component.range == component.range);
            let mut origin = Origin::unchanged(component);
            for touched in touched {
                origin.differs.extend(touched.changed.iter().cloned());
                origin.alarms |= touched.alarms;
            }
            origins.push((component.range.start, origin));
        }
        // The last one first: of those at one place, each then comes to stand before the later ones.
        for (at, copy) in self.added.into_iter().rev() {
            let origin = Origin {
                source: copy.component,
                differs: copy.changed,
                alarms: copy.alarms,
            };
            // Before what begins where it is inserted.
            let place = origins.partition_point(|(other, _)| *other < at);
            origins.insert(place, (at, origin));
        }
        let origins: Vec<Origin<'_>> = origins.into_iter().map(|(_, origin)| origin).collect();
        let text = self.edit.finish();
        verify::changed_only(document, &text, &origins)?;
        Ok(text)
    }
}

impl Touched<'_> {
    fn stamp(&mut self, edit: &mut Edit<'_>, stamp: Stamp) {
        let mut lines = vec![
            When::utc(stamp.now).to_line("DTSTAMP"),
            When::utc(stamp.now).to_line("LAST-MODIFIED"),
        ];
        if stamp.counts {
            let sequence = self
                .component
                .get("SEQUENCE")
                .and_then(|line| line.value.trim().parse::<u32>().ok())
                .unwrap_or(0);
            let next = sequence.saturating_add(1).to_string();
            lines.push(ContentLine::new("SEQUENCE", next));
        }
        for line in lines {
            edit.set(self.component, &line);
            self.changed.push(line.name);
        }
    }
}
