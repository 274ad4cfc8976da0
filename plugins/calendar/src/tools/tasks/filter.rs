//! Which tasks a list takes.

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use super::super::shared::given;
use crate::dav::Home;
use crate::event::{categories, text};
use crate::ical::Component;
use crate::task::{Status, To, parent_of};
use crate::zone::{Argument, Moment, timestamp_in};

/// The arguments that listing and searching have in common.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct Conditions {
    pub(super) status: Option<Status>,
    /// 1 highest, 9 any that has one.
    #[schemars(range(min = 1, max = 9))]
    pub(super) min_priority: Option<u8>,
    /// Any of these, comma-separated.
    pub(super) categories: Option<String>,
    pub(super) summary_contains: Option<String>,
    pub(super) include_completed: Option<bool>,
}

/// What a task must be.
#[derive(Debug, Default)]
pub(super) struct Filter {
    status: Option<Status>,
    min_priority: Option<u8>,
    categories: Vec<String>,
    summary: Option<String>,
    /// Each is somewhere in its texts.
    words: Vec<String>,
    due_before: Option<Timestamp>,
    due_after: Option<Timestamp>,
    parent: Option<String>,
    done: bool,
}

impl Filter {
    pub(super) fn new(conditions: &Conditions) -> Result<Self, Failure> {
        let categories = conditions.categories.as_deref().unwrap_or_default();
        let status = conditions.status;
        if conditions.include_completed == Some(false) && status.is_some_and(Status::is_done) {
            return Err(Failure::invalid(
                "status asks for finished tasks and include_completed leaves them out: leave include_completed out.",
            ));
        }
        Ok(Self {
            status,
            min_priority: conditions.min_priority,
            categories: categories
                .split(',')
                .map(|item| item.trim().to_lowercase())
                .filter(|item| !item.is_empty())
                .collect(),
            summary: given(conditions.summary_contains.as_deref()).map(str::to_lowercase),
            done: conditions.include_completed == Some(true) || status.is_some_and(Status::is_done),
            ..Self::default()
        })
    }

    pub(super) fn of_parent(mut self, uid: Option<&str>) -> Self {
        self.parent = given(uid).map(str::to_owned);
        self
    }

    /// Due in `[after, before)`, each a day or a time.
    pub(super) fn due(
        mut self,
        after: Option<&str>,
        before: Option<&str>,
        home: &Home,
    ) -> Result<Self, Failure> {
        self.due_after = moment(after, "due_after", home)?;
        self.due_before = moment(before, "due_before", home)?;
        Ok(self)
    }

    pub(super) fn with_words(mut self, query: Option<&str>) -> Self {
        let words = query.unwrap_or_default().split_whitespace();
        self.words = words.map(str::to_lowercase).collect();
        self
    }

    /// Whether finished tasks are wanted: then they are asked for.
    pub(super) fn wants_done(&self) -> bool {
        self.done
    }

    pub(super) fn takes(&self, to: &To<'_>, home: &Home) -> bool {
        let task = to.component;
        let status = to.progress.status;
        let due = to.due.as_ref().map(|due| due.instant(&home.zone));
        (self.done || !status.is_done())
            && self.status.is_none_or(|wanted| wanted == status)
            && self.takes_priority(task)
            && self
                .due_before
                .is_none_or(|end| due.is_some_and(|due| due < end))
            && self
                .due_after
                .is_none_or(|start| due.is_some_and(|due| due >= start))
            && (self.parent.is_none() || parent_of(task) == self.parent)
            && self.takes_texts(task)
    }

    fn takes_priority(&self, task: &Component) -> bool {
        let Some(least) = self.min_priority else {
            return true;
        };
        let priority = task
            .get("PRIORITY")
            .and_then(|line| line.value.trim().parse::<u8>().ok());
        priority.is_some_and(|priority| (1..=least).contains(&priority))
    }

    fn takes_texts(&self, task: &Component) -> bool {
        let lower = |name| text(task, name).unwrap_or_default().to_lowercase();
        let own: Vec<String> = categories(task)
            .iter()
            .map(|item| item.to_lowercase())
            .collect();
        let found = |word: &String| {
            ["SUMMARY", "DESCRIPTION", "LOCATION"]
                .iter()
                .any(|name| lower(name).contains(word))
                || own.iter().any(|item| item.contains(word))
        };
        self.summary
            .as_ref()
            .is_none_or(|part| lower("SUMMARY").contains(part))
            && (self.categories.is_empty() || own.iter().any(|item| self.categories.contains(item)))
            && self.words.iter().all(found)
    }
}

/// A day begins at the user's midnight.
fn moment(text: Option<&str>, name: &str, home: &Home) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = given(text) else {
        return Ok(None);
    };
    let invalid = |why: String| Failure::invalid(format!("{name}: {why}."));
    let zone = &home.zone;
    let at = match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => Moment::Day(date).instant(zone),
        Argument::Time {
            local,
            offset,
            zone: written,
        } => timestamp_in(local, offset, written.as_ref().unwrap_or(zone)).map_err(invalid)?,
    };
    Ok(Some(at))
}
