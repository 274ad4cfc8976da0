//! How far a task is: STATUS, PERCENT-COMPLETE and COMPLETED, three properties that must not contradict each other
//! (RFC 5545, 3.8.1.8, 3.8.1.11, 3.8.2.1).

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::event::{Property, text};
use crate::ical::{Component, ContentLine, When};
use crate::zone::{Argument, timestamp_in};

/// Clocks differ a little; a completion beyond that is a mistake.
const CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub(crate) enum Status {
    NeedsAction,
    InProcess,
    Completed,
    Cancelled,
}

/// What the three properties say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) status: Status,
    /// 1 to 100.
    pub(crate) percent: Option<u8>,
    pub(crate) completed: Option<When>,
}

/// The arguments that say something about progress.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) status: Option<Status>,
    pub(super) percent: Option<u8>,
    /// Empty: not completed after all.
    pub(super) completed: Option<&'a str>,
}

impl Status {
    /// As iCalendar writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NeedsAction => "NEEDS-ACTION",
            Self::InProcess => "IN-PROCESS",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Nothing is left to do.
    pub(crate) fn is_done(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }
}

impl Progress {
    /// A task that has not been touched.
    pub(super) const NEW: Self = Self {
        status: Status::NeedsAction,
        percent: None,
        completed: None,
    };

    /// A time of completion makes it completed whatever STATUS says, as in the Tasks app.
    pub(crate) fn of(task: &Component) -> Self {
        let percent = task
            .get("PERCENT-COMPLETE")
            .and_then(|line| line.value.trim().parse().ok())
            .filter(|percent| (1..=100).contains(percent));
        let completed = task.get("COMPLETED").and_then(|line| When::of(line).ok());
        let said = text(task, "STATUS").map(|word| word.trim().to_uppercase());
        let status = match said.as_deref() {
            Some("CANCELLED") => Status::Cancelled,
            Some("COMPLETED") => Status::Completed,
            _ if completed.is_some() => Status::Completed,
            Some("IN-PROCESS") => Status::InProcess,
            Some("NEEDS-ACTION") => Status::NeedsAction,
            _ if percent == Some(100) => Status::Completed,
            _ if percent.is_some() => Status::InProcess,
            _ => Status::NeedsAction,
        };
        Self {
            status,
            percent,
            completed,
        }
    }

    /// Completed at this time.
    pub(super) fn completed(at: Timestamp) -> Self {
        Self {
            status: Status::Completed,
            percent: Some(100),
            completed: Some(When::utc(at)),
        }
    }

    /// What it is after a change: the properties that were not named follow. `None` where nothing was asked for.
    pub(super) fn after(
        &self,
        wanted: Wanted<'_>,
        user: &TimeZone,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let given = wanted.completed.map(str::trim);
        let at = given
            .filter(|text| !text.is_empty())
            .map(|text| completion(text, user, now))
            .transpose()?;
        let implied = match (at, wanted.percent) {
            (Some(_), _) | (None, Some(100)) => Some(Status::Completed),
            (None, Some(0)) => Some(Status::NeedsAction),
            (None, Some(_)) => Some(Status::InProcess),
            (None, None) if given.is_some() => {
                (self.status == Status::Completed).then_some(Status::NeedsAction)
            }
            (None, None) => None,
        };
        refuse_contradiction(wanted, at)?;
        if wanted.status.is_none() && implied.is_none() {
            return Ok(None);
        }
        let status = wanted.status.or(implied).unwrap_or(self.status);
        let percent = wanted.percent.or(self.percent);
        Ok(Some(match status {
            Status::Completed => Self {
                completed: at
                    .map(When::utc)
                    .or_else(|| self.completed.clone())
                    .or_else(|| Some(When::utc(now))),
                ..Self::completed(now)
            },
            _ => Self {
                status,
                percent: percent.filter(|percent| (1..100).contains(percent)),
                completed: None,
            },
        }))
    }

    pub(super) fn properties(&self) -> Vec<Property> {
        let percent = self
            .percent
            .map_or(Property::Remove("PERCENT-COMPLETE"), |percent| {
                Property::Set(ContentLine::new("PERCENT-COMPLETE", percent.to_string()))
            });
        let completed = self
            .completed
            .as_ref()
            .map_or(Property::Remove("COMPLETED"), |at| {
                Property::Set(at.to_line("COMPLETED"))
            });
        let status = Property::Set(ContentLine::new("STATUS", self.status.word()));
        vec![status, percent, completed]
    }
}

fn refuse_contradiction(wanted: Wanted<'_>, at: Option<Timestamp>) -> Result<(), Failure> {
    let reopened = wanted.completed.is_some() && at.is_none();
    let completed = wanted.status.map(|status| status == Status::Completed);
    let wrong = match (completed, wanted.percent) {
        (Some(true), Some(percent)) if percent < 100 => true,
        (Some(false), Some(100)) => true,
        (Some(true), _) => reopened,
        (Some(false), _) => at.is_some(),
        (None, Some(percent)) => (at.is_some() && percent < 100) || (reopened && percent == 100),
        (None, None) => false,
    };
    if wrong {
        return Err(Failure::invalid(
            "status, percent_complete and completed contradict each other: COMPLETED, 100 and a time of completion belong \
             together. Give one of them; the others follow.",
        ));
    }
    Ok(())
}

/// COMPLETED is an instant in the past.
pub(crate) fn completion(
    text: &str,
    user: &TimeZone,
    now: Timestamp,
) -> Result<Timestamp, Failure> {
    let invalid = |why: String| Failure::invalid(format!("completed: {why}."));
    let at = match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => {
            return Err(Failure::invalid(format!(
                "completed is a time: write {date}T18:00 instead of {date}."
            )));
        }
        Argument::Time {
            local,
            offset,
            zone,
        } => timestamp_in(local, offset, zone.as_ref().unwrap_or(user)).map_err(invalid)?,
    };
    if at.duration_since(now) > CLOCK_DIFFERENCE {
        return Err(Failure::invalid(format!(
            "completed ({text}) lies in the future."
        )));
    }
    Ok(at)
}
