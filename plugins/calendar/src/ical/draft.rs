//! A change of one stored component: properties set and removed, the lines that every change brings, and the last look
//! before it may be stored. Never here: what a property means.

use jiff::Timestamp;

use super::document::{Component, Document};
use super::edit::Edit;
use super::line::ContentLine;
use super::value::When;
use super::verify;

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

/// An edit of one component, and what it changes.
#[derive(Debug)]
pub(crate) struct Draft<'d> {
    pub(crate) edit: Edit<'d>,
    pub(crate) component: &'d Component,
    pub(crate) changed: Vec<String>,
    /// The component's alarms differ.
    pub(crate) alarms: bool,
}

impl<'d> Draft<'d> {
    pub(crate) fn new(document: &'d Document, component: &'d Component) -> Self {
        Self {
            edit: Edit::new(document),
            component,
            changed: Vec::new(),
            alarms: false,
        }
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
            self.changed.push(line.name.clone());
            self.edit.set(self.component, &line);
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        if self.component.get(name).is_some() {
            self.changed.push(name.to_owned());
            self.edit.remove(self.component, name);
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
        if self.alarms {
            self.changed.push("VALARM".to_owned());
        }
        let mut names: Vec<String> = self.changed.clone();
        for name in ["DTSTAMP", "LAST-MODIFIED"] {
            self.edit
                .set(self.component, &When::utc(stamp.now).to_line(name));
            names.push(name.to_owned());
        }
        if stamp.counts {
            let sequence = self
                .component
                .get("SEQUENCE")
                .and_then(|line| line.value.trim().parse::<u32>().ok())
                .unwrap_or(0);
            self.edit.set(
                self.component,
                &ContentLine::new("SEQUENCE", sequence.saturating_add(1).to_string()),
            );
            names.push("SEQUENCE".to_owned());
        }
        let text = self.edit.finish();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        verify::changed_only(document, &text, self.component, &names, self.alarms)?;
        Ok(Some(Edited {
            text,
            changed: self.changed,
        }))
    }
}
