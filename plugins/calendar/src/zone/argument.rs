//! Dates and times as a tool's arguments give them: ISO 8601, with or without offset and zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::iana;

/// What the text says; nothing is filled in yet.
#[derive(Debug, Clone)]
pub(crate) enum Argument {
    /// `2026-12-24`
    Day(Date),
    /// `2026-12-24T09:00`, with `+01:00` or `Z`, with `[Europe/Berlin]`
    Time {
        local: DateTime,
        offset: Option<Offset>,
        zone: Option<TimeZone>,
    },
}

impl Argument {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let pieces = Pieces::parse(text.trim()).map_err(|_| {
            format!("`{text}` is no date or time: write 2026-12-24, 2026-12-24T09:00 or 2026-12-24T09:00:00+01:00")
        })?;
        let annotated = pieces.time_zone_annotation().is_some();
        let Some(time) = pieces.time() else {
            if annotated {
                return Err(format!(
                    "`{text}` is a day, and a day has no zone: write {}",
                    pieces.date()
                ));
            }
            return Ok(Self::Day(pieces.date()));
        };
        let zone = pieces
            .to_time_zone()
            .map_err(|_| format!("`{text}` names a time zone that does not exist"))?;
        let time = time.with().subsec_nanosecond(0).build().unwrap_or(time);
        let local = pieces.date().to_datetime(time);
        let offset = pieces.to_numeric_offset();
        let (zone, fixed) = match zone.filter(|_| annotated) {
            Some(zone) if zone.iana_name().is_some() => (Some(zone), None),
            // `[+02:00]` pins the instant and is no zone to keep.
            other => (None, other.and_then(|zone| zone.to_fixed_offset().ok())),
        };
        if let (Some(offset), Some(zone)) = (offset, &zone)
            && offset
                .to_timestamp(local)
                .is_ok_and(|at| zone.to_offset(at) != offset)
        {
            return Err(format!(
                "`{text}` has an offset that its zone does not have then"
            ));
        }
        Ok(Self::Time {
            local,
            offset: offset.or(fixed),
            zone,
        })
    }

    pub(crate) fn date(&self) -> Date {
        match self {
            Self::Day(date) => *date,
            Self::Time { local, .. } => local.date(),
        }
    }
}

/// The instant of a wall clock: pinned by its offset, else read in `zone`, where one that the clocks skip is refused
/// and of one that they repeat the first is meant.
pub(crate) fn timestamp_in(
    local: DateTime,
    offset: Option<Offset>,
    zone: &TimeZone,
) -> Result<Timestamp, String> {
    let beyond = |_| format!("{local} is beyond the calendar");
    if let Some(offset) = offset {
        return offset.to_timestamp(local).map_err(beyond);
    }
    let there = zone.to_ambiguous_timestamp(local);
    if let AmbiguousOffset::Gap { .. } = there.offset() {
        return Err(format!(
            "{local} does not exist in {}: the clocks skip it",
            zone.iana_name().unwrap_or("UTC")
        ));
    }
    there.compatible().map_err(beyond)
}

/// A zone by its IANA name.
pub(crate) fn named_zone(name: &str) -> Result<TimeZone, String> {
    iana(name.trim())
        .ok_or_else(|| format!("`{name}` is no IANA time zone such as Europe/Berlin or UTC"))
}
