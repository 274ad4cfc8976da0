//! The range of a search for free times, and what is missing in its result.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Serialize;

use super::super::shared::given;
use crate::people::Period;
use crate::zone::{Argument, timestamp_in};

/// Without an end: a week.
const DEFAULT_DAYS: i64 = 7;
/// Nobody looks for a free hour further away at once, and Nextcloud expands no more than 200 occurrences of a series.
const MOST_DAYS: i64 = 62;

/// Something that could not be read, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Missing {
    /// A calendar, the inbox.
    pub(super) what: String,
    /// The stored event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<String>,
    pub(super) reason: String,
}

impl Missing {
    pub(super) fn of(what: &str, reason: String) -> Self {
        Self {
            what: what.to_owned(),
            object: None,
            reason,
        }
    }
}

/// From the arguments; what has passed by `now` is left out.
pub(super) fn range(
    start: Option<&str>,
    end: Option<&str>,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Period, Failure> {
    let from = match given(start) {
        Some(text) => moment(text, zone, 0)?.max(now),
        None => now,
    };
    let to = match given(end) {
        Some(text) => moment(text, zone, 1)?,
        None => zone
            .to_datetime(from)
            .date()
            .checked_add(Span::new().days(DEFAULT_DAYS))
            .and_then(|date| date.to_zoned(zone.clone()))
            .map_err(|_| beyond())?
            .timestamp(),
    };
    let range = Period::new(from, to).ok_or_else(|| {
        Failure::invalid(format!(
            "The range is over, or ends before it starts: it is now {}.",
            now.display_with_offset(zone.to_offset(now))
        ))
    })?;
    // A day more, so that a change of offset refuses nobody.
    if range.length() > SignedDuration::from_hours(24 * (MOST_DAYS + 1)) {
        return Err(Failure::invalid(format!(
            "The range is longer than {MOST_DAYS} days: ask for less at a time."
        )));
    }
    Ok(range)
}

/// A time, or midnight of a day, `days` later.
fn moment(text: &str, zone: &TimeZone, days: i64) -> Result<Timestamp, Failure> {
    let invalid = |message: String| Failure::invalid(format!("{message}."));
    match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => date
            .checked_add(Span::new().days(days))
            .and_then(|date| date.to_zoned(zone.clone()))
            .map(|zoned| zoned.timestamp())
            .map_err(|_| beyond()),
        Argument::Time {
            local,
            offset,
            zone: written,
        } => timestamp_in(local, offset, written.as_ref().unwrap_or(zone)).map_err(invalid),
    }
}

fn beyond() -> Failure {
    Failure::invalid("The range is beyond the calendar.")
}
