//! The range of time that a call asks for. Days and times without a zone are the user's own.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::Failure;

use super::super::shared::{given, now};
use crate::zone::{Argument, timestamp_in};

/// Without `end_date`: a month.
const DEFAULT_DAYS: i64 = 30;

/// Where two arguments begin and end, which may both be left out. The end is exclusive; a day as the end counts whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl Range {
    pub(crate) fn of_arguments(
        start_date: Option<&str>,
        end_date: Option<&str>,
        zone: &TimeZone,
    ) -> Result<Self, Failure> {
        let moment = |text, day| moment(text, day, zone);
        let range = Self {
            from: given(start_date).map(|text| moment(text, 0)).transpose()?,
            // The last day counts to its end.
            to: given(end_date).map(|text| moment(text, 1)).transpose()?,
        };
        let years = 1..=9998;
        let beyond = |at: &Timestamp| !years.contains(&zone.to_datetime(*at).year());
        if range.from.iter().chain(&range.to).any(beyond) {
            return Err(self::beyond());
        }
        if range
            .from
            .zip(range.to)
            .is_some_and(|(from, to)| to <= from)
        {
            return Err(Failure::invalid("end_date lies before start_date."));
        }
        Ok(range)
    }

    /// Both ends, for a list: from today, for a month.
    pub(crate) fn or_a_month(self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), Failure> {
        let from = match self.from {
            Some(from) => from,
            None => midnight(zone.to_datetime(now()).date(), zone)?,
        };
        let to = match self.to {
            Some(to) => to,
            None => midnight(later(zone.to_datetime(from).date(), DEFAULT_DAYS)?, zone)?,
        };
        if to <= from {
            return Err(Failure::invalid(
                "end_date lies before today, where the list begins unless start_date is given.",
            ));
        }
        Ok((from, to))
    }
}

fn moment(text: &str, day: i64, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let invalid = |message: String| Failure::invalid(format!("{message}."));
    match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => midnight(later(date, day)?, zone),
        Argument::Time {
            local,
            offset,
            zone: written,
        } => timestamp_in(local, offset, written.as_ref().unwrap_or(zone)).map_err(invalid),
    }
}

fn midnight(date: Date, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let zoned = date.to_zoned(zone.clone()).map_err(|_| beyond())?;
    Ok(zoned.timestamp())
}

fn later(date: Date, days: i64) -> Result<Date, Failure> {
    date.checked_add(Span::new().days(days))
        .map_err(|_| beyond())
}

fn beyond() -> Failure {
    Failure::invalid("The range is beyond the calendar.")
}
