//! The range of time that `list_events` is asked for.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::Failure;

use super::super::shared::{given, now};
use super::list_events::Arguments;
use super::page::Key;
use crate::recurrence::Window;
use crate::zone::{Argument, timestamp_in};

/// Without `end_date`: a month.
const DEFAULT_DAYS: i64 = 30;

/// The range that the arguments ask for, from `after` on.
pub(super) fn window(
    arguments: &Arguments,
    zone: &TimeZone,
    after: Option<&Key>,
) -> Result<Window, Failure> {
    let invalid = |message: String| Failure::invalid(format!("{message}."));
    let beyond = || Failure::invalid("The range is beyond the calendar.");
    let midnight = |date: jiff::civil::Date| {
        date.to_zoned(zone.clone())
            .map(|zoned| zoned.timestamp())
            .map_err(|_| beyond())
    };
    let later = |date: jiff::civil::Date, days: i64| {
        date.checked_add(Span::new().days(days))
            .map_err(|_| beyond())
    };
    let moment = |text: &str, day: i64| match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => midnight(later(date, day)?),
        Argument::Time {
            local,
            offset,
            zone: written,
        } => timestamp_in(local, offset, written.as_ref().unwrap_or(zone)).map_err(invalid),
    };
    let from = match given(arguments.start_date.as_deref()) {
        Some(text) => moment(text, 0)?,
        None => midnight(zone.to_datetime(now()).date())?,
    };
    let to = match given(arguments.end_date.as_deref()) {
        // The last day counts to its end.
        Some(text) => moment(text, 1)?,
        None => midnight(later(zone.to_datetime(from).date(), DEFAULT_DAYS)?)?,
    };
    if to <= from {
        return Err(Failure::invalid("end_date lies before start_date."));
    }
    let years = 1..=9998;
    if !years.contains(&zone.to_datetime(from).year())
        || !years.contains(&zone.to_datetime(to).year())
    {
        return Err(beyond());
    }
    let starting = after.map_or(Timestamp::MIN, |key| key.start);
    if starting >= to {
        return Err(Failure::invalid(
            "cursor belongs to another range: repeat the arguments of the page before.",
        ));
    }
    Ok(Window { from, to, starting })
}
