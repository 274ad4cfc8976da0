//! What a bulk operation answers: each event or occurrence with what would be or was done to it, and what is missing.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Serialize;

use super::super::problem::{self, Problem};
use super::super::shared::zone_note;
use super::order::{Operation, Order};
use super::prepare::Step;
use crate::dav::{Home, Trash, Unread};

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// This was a dry run. The same call with this as confirm does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm: Option<String>,
    /// Everything that fits: nothing is left out.
    items: Vec<Item>,
    /// The time zone of the times here.
    shown_in: String,
    /// Calendars that were left out because the user may only read them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    read_only: Vec<String>,
    /// Calendars that could not be read: their events are not touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Problem>,
    /// Stored events that are not understood, and so not touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Would be done.
    Planned,
    Done,
    /// Is so already.
    Unchanged,
    Skipped,
    Failed,
}

/// An event or occurrence.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Item {
    pub(super) result: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    pub(super) title: String,
    pub(super) start: String,
    pub(super) uid: String,
    pub(super) calendar: String,
    /// One occurrence of a series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recurrence_id: Option<String>,
    /// Every occurrence.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) whole_series: bool,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) attendees: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// What is known beside the events themselves.
pub(super) struct Report<'a> {
    pub(super) home: &'a Home,
    pub(super) order: &'a Order<'a>,
    pub(super) trash: Trash,
    pub(super) read_only: Vec<String>,
    pub(super) skipped: Vec<Item>,
    pub(super) unreadable: Vec<Problem>,
    pub(super) unread: Vec<Unread>,
}

impl Report<'_> {
    /// Nothing was done: what would be.
    pub(super) fn dry_run(self, steps: Vec<Step>, handle: String) -> Reply<Answer> {
        let (home, order, trash) = (self.home, self.order, self.trash);
        let mut answer = self.answer(steps);
        let planned = answer.count(Outcome::Planned);
        let mut text = String::new();
        if planned == 0 {
            let conditions = order.filter.conditions().join(", ");
            let with = if conditions.is_empty() { "" } else { " with " };
            let _ = write!(
                text,
                "Nothing to {}: of what fits{with}{conditions}, nothing is left to do.",
                word(order.operation)
            );
        } else {
            let _ = write!(
                text,
                "Dry run, nothing was done: this would {} {planned} event{}, all of them listed.",
                word(order.operation),
                plural(planned)
            );
        }
        answer.tell_the_rest(&mut text);
        let invited = answer
            .items
            .iter()
            .filter(|item| item.result == Outcome::Planned && item.attendees > 0)
            .count();
        if invited > 0 && order.operation != Operation::Move {
            let _ = write!(
                text,
                " {invited} of them have attendees, whom Nextcloud may inform."
            );
        }
        if order.operation == Operation::Delete {
            answer.tell_what_is_kept(&mut text, Outcome::Planned, trash);
        }
        if planned > 0 {
            let _ = write!(
                text,
                " To do it, call again with the same arguments and confirm \"{handle}\"."
            );
            answer.confirm = Some(handle);
        }
        text.push_str(zone_note(home));
        Reply::new(text, answer)
    }

    /// How it ended. A failure where nothing at all was done and something should have been.
    pub(super) fn done(self, steps: Vec<Step>) -> Result<Reply<Answer>, Failure> {
        let (home, operation, trash) = (self.home, self.order.operation, self.trash);
        let answer = self.answer(steps);
        let (done, failed) = (answer.count(Outcome::Done), answer.count(Outcome::Failed));
        let mut text = format!("{} {done} of {} events.", past(operation), done + failed);
        if failed > 0 {
            let _ = write!(text, " {failed} failed, each with its reason.");
        }
        answer.tell_the_rest(&mut text);
        if operation == Operation::Delete {
            answer.tell_what_is_kept(&mut text, Outcome::Done, trash);
        }
        text.push_str(zone_note(home));
        if done == 0 && failed > 0 {
            return Err(Failure::other(text).with(&answer));
        }
        Ok(Reply::new(text, answer))
    }

    fn answer(self, steps: Vec<Step>) -> Answer {
        let touched = steps.into_iter().flat_map(|step| step.items);
        let items = touched.chain(self.skipped).collect();
        let failed = self.unread.into_iter().map(|unread| Problem {
            calendar: unread.calendar,
            object: None,
            reason: unread.failure.message,
        });
        Answer {
            confirm: None,
            items,
            shown_in: self.home.zone_name().to_owned(),
            read_only: self.read_only,
            failed: failed.collect(),
            unreadable: self.unreadable,
        }
    }
}

impl Answer {
    fn count(&self, result: Outcome) -> usize {
        self.items
            .iter()
            .filter(|item| item.result == result)
            .count()
    }

    /// What of the deleted comes back from the trash bin.
    fn tell_what_is_kept(&self, text: &mut String, result: Outcome, trash: Trash) {
        let has = |occurrence| {
            self.items
                .iter()
                .any(|item| item.result == result && item.recurrence_id.is_some() == occurrence)
        };
        if has(false) && trash.is_off() {
            text.push_str(" This Nextcloud keeps nothing that is deleted.");
        } else if has(false) {
            let _ = write!(
                text,
                " Whole events stay in the trash bin {}; restore_from_trash brings them back.",
                trash.how_long()
            );
        }
        if has(true) {
            text.push_str(" Single occurrences do not go to the trash bin.");
        }
    }

    /// What was left as it is, and what was not looked at.
    fn tell_the_rest(&self, text: &mut String) {
        let (unchanged, skipped) = (self.count(Outcome::Unchanged), self.count(Outcome::Skipped));
        if unchanged > 0 {
            let _ = write!(text, " {unchanged} are so already.");
        }
        if skipped > 0 {
            let _ = write!(
                text,
                " {skipped} fit and are skipped, each with its reason."
            );
        }
        if !self.read_only.is_empty() {
            let _ = write!(
                text,
                " Left out, because the user may only read them: {}.",
                self.read_only.join(", ")
            );
        }
        if !self.failed.is_empty() {
            let _ = write!(
                text,
                " Not read or not wholly, so events of them are missing here: {}.",
                problem::calendars(&self.failed)
            );
        }
        if !self.unreadable.is_empty() {
            let _ = write!(
                text,
                " {} stored events are not understood and stay as they are.",
                self.unreadable.len()
            );
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Update => "update",
        Operation::Delete => "delete",
        Operation::Move => "move",
    }
}

fn past(operation: Operation) -> &'static str {
    match operation {
        Operation::Update => "Updated",
        Operation::Delete => "Deleted",
        Operation::Move => "Moved",
    }
}
