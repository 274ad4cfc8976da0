//! Hours of the day and days of the week: from arguments to the periods of a range in which they come round.

use jiff::civil::{Time, Weekday as Day};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Deserialize;

use super::period::{Period, merged};
use crate::zone::Zone;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

// As RFC 5545 writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Weekday {
    Mo,
    Tu,
    We,
    Th,
    Fr,
    Sa,
    Su,
}

impl Weekday {
    pub(crate) const WORKING: [Self; 5] = [Self::Mo, Self::Tu, Self::We, Self::Th, Self::Fr];
    pub(crate) const ALL: [Self; 7] = [
        Self::Mo,
        Self::Tu,
        Self::We,
        Self::Th,
        Self::Fr,
        Self::Sa,
        Self::Su,
    ];

    fn of(day: Day) -> Self {
        Self::ALL[usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)]
    }
}

/// From one minute of a day to another; one that is not later is on the day after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours {
    from: u16,
    to: u16,
}

impl Hours {
    pub(crate) const WHOLE_DAY: Self = Self { from: 0, to: DAY };
    pub(crate) const BUSINESS: Self = Self {
        from: 9 * 60,
        to: 17 * 60,
    };

    /// `09:00-12:30,14:00-18:00`; `argument` is what the text was given for.
    pub(crate) fn list(text: &str, argument: &str) -> Result<Vec<Self>, Failure> {
        let bad = || {
            Failure::invalid(format!(
                "{argument}: `{text}` are no hours such as 09:00-17:00 or 09:00-12:30,14:00-18:00."
            ))
        };
        let hours: Option<Vec<Self>> = text
            .split(',')
            .map(|part| Self::parse(part.trim()))
            .collect();
        hours.ok_or_else(bad)
    }

    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from.trim())?, minute(to.trim())?);
        (from < DAY && from != to).then_some(Self { from, to })
    }
}

/// `9`, `09:00` or `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
    let number = |digits: &str, most: usize| {
        let fits = !digits.is_empty() && digits.len() <= most;
        (fits && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse::<u16>().ok())
            .flatten()
    };
    let (hour, minute) = (
        number(hour, 2)?,
        number(minute, 2).filter(|_| minute.len() == 2)?,
    );
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY).then_some(minutes)
}

/// The hours of each of the days that touch `range`, by the clock of `zone`, cut to the range. What a change of offset
/// makes longer or shorter is longer or shorter here.
pub(crate) fn windows(
    range: Period,
    zone: &TimeZone,
    hours: &[Hours],
    days: &[Weekday],
) -> Vec<Period> {
    let clock = Zone::Iana(zone.clone());
    let mut found = Vec::new();
    // Hours that pass midnight begin on the day before.
    let first = zone.to_datetime(range.from).date();
    let mut date = first.yesterday().unwrap_or(first);
    let last = zone.to_datetime(range.to).date();
    while date <= last {
        if days.contains(&Weekday::of(date.weekday())) {
            let at = |minutes: u16| -> Option<Timestamp> {
                let day = date
                    .checked_add(Span::new().days(i64::from(minutes / DAY)))
                    .ok()?;
                let minutes = minutes % DAY;
                let hour = i8::try_from(minutes / 60).ok()?;
                let time = Time::new(hour, i8::try_from(minutes % 60).ok()?, 0, 0).ok()?;
                clock.instant(day.to_datetime(time))
            };
            for Hours { from, to } in hours {
                let to = if to <= from { to + DAY } else { *to };
                let period = at(*from)
                    .zip(at(to))
                    .and_then(|(from, to)| Period::new(from, to));
                found.extend(period.and_then(|period| period.within(&range)));
            }
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    merged(found)
}
