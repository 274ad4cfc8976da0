//! Reminders of tasks (VALARM, RFC 5545, 3.6.6), in the same form as argument and as answer.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::event::day_or_time;
use crate::ical::{Component, ContentLine, Duration, When, escape};
use crate::zone::{Argument, Moment, Zone, timestamp_in};

/// What a reminder says where the task has no summary.
const NO_TITLE: &str = "Reminder";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Action {
    Display,
    Email,
    Audio,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Related {
    Start,
    End,
}

// No docs for the schema: the argument says what goes together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reminder {
    #[serde(skip_serializing_if = "Option::is_none")]
    minutes_before: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<Related>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// What a reminder needs to know of its task and its user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) title: &'a str,
    pub(super) has_start: bool,
    pub(super) has_due: bool,
    /// The user's own.
    pub(super) address: Option<&'a str>,
    pub(super) user: &'a TimeZone,
}

impl Reminder {
    /// The whole component.
    pub(super) fn lines(&self, setting: Setting<'_>) -> Result<Vec<ContentLine>, Failure> {
        let title = if setting.title.is_empty() {
            NO_TITLE
        } else {
            setting.title
        };
        let body = escape(self.description.as_deref().unwrap_or(title));
        let mut lines = vec![ContentLine::new("BEGIN", "VALARM")];
        match self.action.unwrap_or(Action::Display) {
            Action::Display => lines.extend([
                ContentLine::new("ACTION", "DISPLAY"),
                ContentLine::new("DESCRIPTION", body),
            ]),
            Action::Audio => lines.push(ContentLine::new("ACTION", "AUDIO")),
            Action::Email => {
                let address = setting.address.ok_or_else(|| {
                    Failure::invalid(
                        "Nextcloud knows no e-mail address of the user, so a reminder cannot go there. Leave action out.",
                    )
                })?;
                let subject = escape(self.summary.as_deref().unwrap_or(title));
                lines.extend([
                    ContentLine::new("ACTION", "EMAIL"),
                    ContentLine::new("SUMMARY", subject),
                    ContentLine::new("DESCRIPTION", body),
                    ContentLine::new("ATTENDEE", format!("mailto:{address}")),
                ]);
            }
        }
        lines.push(self.trigger_line(setting)?);
        lines.push(ContentLine::new("END", "VALARM"));
        Ok(lines)
    }

    fn trigger_line(&self, setting: Setting<'_>) -> Result<ContentLine, Failure> {
        let value = match (self.minutes_before, &self.trigger, &self.trigger_at) {
            (None, None, Some(at)) if self.related.is_none() => {
                let at = When::utc(instant(at, setting.user)?);
                return Ok(at.to_line("TRIGGER").with_param("VALUE", "DATE-TIME"));
            }
            (Some(0), None, None) => "PT0S".to_owned(),
            (Some(minutes), None, None) => format!("-PT{minutes}M"),
            (None, Some(duration), None) => {
                let duration = duration.trim().to_ascii_uppercase();
                Duration::parse(&duration)
                    .map_err(|bad| Failure::invalid(format!("reminders: {}.", bad.0)))?;
                duration
            }
            _ => {
                return Err(Failure::invalid(
                    "A reminder takes one of minutes_before, trigger (such as -P1D) and trigger_at, which goes without related.",
                ));
            }
        };
        let from_due = match self.related {
            Some(related) => related == Related::End,
            None => setting.has_due,
        };
        let (there, name) = if from_due {
            (setting.has_due, "due")
        } else {
            (setting.has_start, "dtstart")
        };
        if !there {
            return Err(Failure::invalid(format!(
                "A reminder counts from {name}, which the task does not have: give it, or trigger_at instead."
            )));
        }
        let line = ContentLine::new("TRIGGER", value);
        Ok(if from_due {
            line.with_param("RELATED", "END")
        } else {
            line
        })
    }
}

pub(super) fn reminders(task: &Component, reader: &TimeZone) -> Vec<Reminder> {
    task.children("VALARM")
        .filter_map(|alarm| reminder(alarm, reader))
        .collect()
}

fn reminder(alarm: &Component, reader: &TimeZone) -> Option<Reminder> {
    let trigger = alarm.get("TRIGGER")?;
    let value = trigger.value.trim();
    let is = |name: &str, line: &str| {
        alarm
            .get(line)
            .is_some_and(|line| line.value.trim().eq_ignore_ascii_case(name))
    };
    let action = if is("EMAIL", "ACTION") {
        Some(Action::Email)
    } else {
        is("AUDIO", "ACTION").then_some(Action::Audio)
    };
    let reminder = Reminder {
        action,
        ..Reminder::default()
    };
    if let Ok(When::Utc(at)) = When::parse(value, None) {
        let at = Moment::at(at, Zone::Iana(TimeZone::UTC))?;
        return Some(Reminder {
            trigger_at: Some(day_or_time(&at, reader)),
            ..reminder
        });
    }
    let from_due = trigger
        .param("RELATED")
        .is_some_and(|related| related.eq_ignore_ascii_case("END"));
    let minutes = Duration::parse(value)
        .ok()
        .and_then(|Duration { days, exact }| {
            let before = -(i64::from(days) * 24 * 60 + exact.as_mins());
            u32::try_from(before).ok()
        });
    Some(Reminder {
        minutes_before: minutes,
        trigger: minutes.is_none().then(|| value.to_owned()),
        related: Some(if from_due {
            Related::End
        } else {
            Related::Start
        }),
        ..reminder
    })
}

fn instant(text: &str, user: &TimeZone) -> Result<Timestamp, Failure> {
    let invalid = |why: String| Failure::invalid(format!("trigger_at: {why}."));
    match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => Err(Failure::invalid(format!(
            "trigger_at is a time: write {date}T09:00 instead of {date}."
        ))),
        Argument::Time {
            local,
            offset,
            zone,
        } => timestamp_in(local, offset, zone.as_ref().unwrap_or(user)).map_err(invalid),
    }
}
