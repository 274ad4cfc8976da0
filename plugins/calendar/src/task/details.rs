//! What creating and changing a task have in common: the same arguments, from texts to content lines.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use super::progress::{self, Status};
use super::reminder::Reminder;
use super::times;
use crate::event::{self, Property};

/// The same arguments in both tools. Absent: left as it is. Empty: taken out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(crate) struct Details {
    pub(crate) description: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) url: Option<String>,
    /// Comma-separated.
    pub(crate) categories: Option<String>,
    pub(crate) status: Option<Status>,
    /// 1 highest, 0 none.
    #[schemars(range(min = 0, max = 9))]
    pub(crate) priority: Option<u8>,
    /// 100 completes it.
    #[schemars(range(min = 0, max = 100))]
    pub(crate) percent_complete: Option<u8>,
    /// 2026-12-24T09:00, offset or Z where needed; or a date.
    pub(crate) dtstart: Option<String>,
    /// As dtstart; a date includes that day.
    pub(crate) due: Option<String>,
    /// Default: the user's.
    pub(crate) timezone: Option<String>,
    #[serde(flatten)]
    pub(crate) repetition: event::Repetition,
    /// All of them, each with `minutes_before`, trigger (-P1D) or `trigger_at` (a time).
    pub(crate) reminders: Option<Vec<Reminder>>,
    /// Makes it a subtask, in the same calendar.
    pub(crate) parent_uid: Option<String>,
}

impl Details {
    /// The texts and words; `summary` comes separately, since it is compulsory in one of the tools.
    pub(super) fn properties(&self, summary: Option<&str>) -> Result<Vec<Property>, Failure> {
        event::Details {
            description: self.description.clone(),
            location: self.location.clone(),
            categories: self.categories.clone(),
            priority: self.priority,
            url: self.url.clone(),
            ..event::Details::default()
        }
        .properties(summary)
    }

    pub(super) fn times(&self) -> times::Wanted<'_> {
        times::Wanted {
            start: self.dtstart.as_deref(),
            due: self.due.as_deref(),
            timezone: self.timezone.as_deref(),
        }
    }

    pub(super) fn progress<'a>(&self, completed: Option<&'a str>) -> progress::Wanted<'a> {
        progress::Wanted {
            status: self.status,
            percent: self.percent_complete,
            completed,
        }
    }
}
