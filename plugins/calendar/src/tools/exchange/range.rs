//! The range of days or times that an export is asked for.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::Failure;

use crate::zone::{Argument, timestamp_in};

/// From when until when, its end exclusive. A last day counts to its end.
pub(super) fn range(
    start: Option<&str>,
    end: Option<&str>,
    zone: &TimeZone,
) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
    let (start, end) = match (start, end) {
        (None, None) => return Ok(None),
        (Some(start), Some(end)) => (moment(start, 0, zone)?, moment(end, 1, zone)?),
        _ => {
            return Err(Failure::invalid(
                "start_date and end_date go together; without both the whole calendar is exported.",
            ));
        }
    };
    if end <= start {
        return Err(Failure::invalid("end_date lies before start_date."));
    }
    Ok(Some((start, end)))
}

fn moment(text: &str, days_later: i64, zone: &TimeZone) -> Result<Timestamp, Failure> {
    let invalid = |message: String| Failure::invalid(format!("{message}."));
    let beyond = |_| Failure::invalid(format!("`{text}` is beyond the calendar."));
    let at = match Argument::parse(text).map_err(invalid)? {
        Argument::Day(date) => date
            .checked_add(Span::new().days(days_later))
            .and_then(|date| date.to_zoned(zone.clone()))
            .map_err(beyond)?
            .timestamp(),
        Argument::Time {
            local,
            offset,
            zone: written,
        } => timestamp_in(local, offset, written.as_ref().unwrap_or(zone)).map_err(invalid)?,
    };
    // What a REPORT can say has four digits of years.
    if !(1..=9998).contains(&zone.to_datetime(at).year()) {
        return Err(Failure::invalid(format!(
            "`{text}` is beyond the calendar."
        )));
    }
    Ok(at)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn berlin(start: &str, end: &str) -> Result<String, Failure> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        range(Some(start), Some(end), &zone).map(|found| {
            let (from, to) = found.unwrap();
            format!("{from} {to}")
        })
    }

    #[test]
    fn days_are_whole_days_of_the_user() {
        assert_eq!(
            berlin("2026-12-01", "2026-12-01").unwrap(),
            "2026-11-30T23:00:00Z 2026-12-01T23:00:00Z"
        );
        assert_eq!(
            berlin("2026-12-01T10:00", "2026-12-01T11:00:00Z").unwrap(),
            "2026-12-01T09:00:00Z 2026-12-01T11:00:00Z"
        );
    }

    #[test]
    fn half_a_range_and_nonsense_are_refused() {
        for (start, end) in [
            ("2026-12-02", "2026-12-01"),
            ("soon", "2026-12-01"),
            ("9999-12-31", "9999-12-31"),
        ] {
            assert!(berlin(start, end).is_err(), "{start} {end}");
        }
        assert!(range(Some("2026-12-01"), None, &TimeZone::UTC).is_err());
        assert_eq!(range(None, None, &TimeZone::UTC).unwrap(), None);
    }
}
