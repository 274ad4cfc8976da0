//! Dates, date-times and durations as iCalendar writes them (RFC 5545, 3.3.4 to 3.3.6). Strict: what is not
//! exactly one of these is an error, never a guess.

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};

use super::line::ContentLine;

/// A value that is not what its property calls for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadValue(pub(crate) String);

/// A date or date-time with what the text says about its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum When {
    Date(Date),
    /// No zone: the same wall clock wherever the reader is.
    Floating(DateTime),
    Utc(DateTime),
    /// With a TZID, not resolved yet.
    Zoned(DateTime, String),
}

impl When {
    /// The single value of DTSTART, DTEND, RECURRENCE-ID and the like.
    pub(crate) fn of(line: &ContentLine) -> Result<Self, BadValue> {
        Self::parse(line.value.trim(), line.param("TZID"))
    }

    /// The values of EXDATE and RDATE; a period (`VALUE=PERIOD`) stands for its start.
    pub(crate) fn list(line: &ContentLine) -> Result<Vec<Self>, BadValue> {
        line.value
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| Self::parse(item.split('/').next().unwrap_or(item), line.param("TZID")))
            .collect()
    }

    pub(crate) fn parse(text: &str, tzid: Option<&str>) -> Result<Self, BadValue> {
        let bad = || BadValue(format!("`{text}` is no iCalendar date or date-time"));
        let (local, utc) = match text.strip_suffix(['Z', 'z']) {
            Some(local) => (local, true),
            None => (text, false),
        };
        if !utc && local.len() == 8 {
            return Ok(Self::Date(parse_date(local).ok_or_else(bad)?));
        }
        let (date, time) = local.split_once(['T', 't']).ok_or_else(bad)?;
        let date = parse_date(date).ok_or_else(bad)?;
        let [hour, minute, second] = digits(time).ok_or_else(bad)?;
        // 60 is a leap second, which no clock here has.
        let second = if second == 60 { 59 } else { second };
        let time = jiff::civil::Time::new(hour, minute, second, 0).map_err(|_| bad())?;
        let at = date.to_datetime(time);
        Ok(match tzid {
            _ if utc => Self::Utc(at),
            // Some writers say `TZID=UTC` where the standard wants a Z.
            Some(tzid) if !tzid.trim().is_empty() => Self::Zoned(at, tzid.trim().to_owned()),
            _ => Self::Floating(at),
        })
    }

    /// The content line that says this.
    pub(crate) fn to_line(&self, name: &str) -> ContentLine {
        match self {
            Self::Date(date) => {
                ContentLine::new(name, format_date(*date)).with_param("VALUE", "DATE")
            }
            Self::Floating(at) => ContentLine::new(name, format_datetime(*at)),
            Self::Utc(at) => ContentLine::new(name, format!("{}Z", format_datetime(*at))),
            Self::Zoned(at, tzid) => {
                ContentLine::new(name, format_datetime(*at)).with_param("TZID", tzid)
            }
        }
    }

    /// An instant, in UTC.
    pub(crate) fn utc(at: Timestamp) -> Self {
        Self::Utc(jiff::tz::Offset::UTC.to_datetime(at))
    }

    /// The wall clock; midnight for a date.
    pub(crate) fn civil(&self) -> DateTime {
        match self {
            Self::Date(date) => date.to_datetime(jiff::civil::Time::midnight()),
            Self::Floating(at) | Self::Utc(at) | Self::Zoned(at, _) => *at,
        }
    }

    pub(crate) fn is_date(&self) -> bool {
        matches!(self, Self::Date(_))
    }
}

pub(crate) fn format_date(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

pub(crate) fn format_datetime(at: DateTime) -> String {
    format!(
        "{}T{:02}{:02}{:02}",
        format_date(at.date()),
        at.hour(),
        at.minute(),
        at.second()
    )
}

fn parse_date(text: &str) -> Option<Date> {
    let (year, [month, day]) = (text.get(..4)?, digits(text.get(4..)?)?);
    let year = year
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| year.parse().ok())??;
    Date::new(year, month, day).ok()
}

/// Numbers of two digits that take up the whole text.
fn digits<const N: usize>(text: &str) -> Option<[i8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut out = [0; N];
    for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *slot = std::str::from_utf8(pair).ok()?.parse().ok()?;
    }
    Some(out)
}

/// A duration: weeks and days are nominal (calendar days), the rest is exact (RFC 5545, 3.8.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Duration {
    pub(crate) days: i32,
    pub(crate) exact: SignedDuration,
}

impl Duration {
    pub(crate) fn days(days: i32) -> Self {
        Self {
            days,
            exact: SignedDuration::ZERO,
        }
    }

    /// `-PT15M`, `P1DT12H`, `P2W`.
    pub(crate) fn parse(text: &str) -> Result<Self, BadValue> {
        let bad = || BadValue(format!("`{text}` is no iCalendar duration"));
        let (negative, body) = match text.trim().strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text.trim().trim_start_matches('+')),
        };
        let body = body.strip_prefix(['P', 'p']).ok_or_else(bad)?;
        let (mut days, mut seconds) = (0_i64, 0_i64);
        let (mut number, mut in_time, mut any) = (None::<i64>, false, false);
        for character in body.chars() {
            if let Some(digit) = character.to_digit(10) {
                let grown = number
                    .unwrap_or(0)
                    .checked_mul(10)
                    .and_then(|n| n.checked_add(i64::from(digit)));
                // Ten digits of seconds are three centuries: more is no event.
                number = Some(grown.filter(|n| *n < 10_000_000_000).ok_or_else(bad)?);
                continue;
            }
            let unit = character.to_ascii_uppercase();
            if unit == 'T' && number.is_none() && !in_time {
                in_time = true;
                continue;
            }
            let amount = number.take().ok_or_else(bad)?;
            any = true;
            match (unit, in_time) {
                ('W', false) => days += amount * 7,
                ('D', false) => days += amount,
                ('H', true) => seconds += amount * 3600,
                ('M', true) => seconds += amount * 60,
                ('S', true) => seconds += amount,
                _ => return Err(bad()),
            }
        }
        if number.is_some() || !any {
            return Err(bad());
        }
        let sign = if negative { -1 } else { 1 };
        let days = i32::try_from(days * sign).map_err(|_| bad())?;
        Ok(Self {
            days,
            exact: SignedDuration::from_secs(seconds * sign),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use jiff::civil::{date, datetime};

    #[test]
    fn the_four_kinds_of_time_are_told_apart() {
        let parse = |text: &str| When::of(&ContentLine::parse(text).unwrap()).unwrap();
        assert_eq!(
            parse("DTSTART;VALUE=DATE:20261124"),
            When::Date(date(2026, 11, 24))
        );
        assert_eq!(
            parse("DTSTART:20261124T100000"),
            When::Floating(datetime(2026, 11, 24, 10, 0, 0, 0))
        );
        assert_eq!(
            parse("DTSTART:20261124T100000Z"),
            When::Utc(datetime(2026, 11, 24, 10, 0, 0, 0))
        );
        let zoned = parse("DTSTART;TZID=\"W. Europe Standard Time\":20261124T100000");
        assert_eq!(
            zoned,
            When::Zoned(
                datetime(2026, 11, 24, 10, 0, 0, 0),
                "W. Europe Standard Time".to_owned()
            )
        );
        assert_eq!(
            ContentLine::parse(zoned.to_line("DTSTART").to_folded("\n").trim_end()).unwrap(),
            zoned.to_line("DTSTART")
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2026112",
            "20261331",
            "20260230",
            "2026-11-24",
            "20261124T",
            "20261124T2500",
            "20261124T250000",
            "20261124T1000000",
            "+2026112",
            "20261124T10:000",
        ] {
            assert!(When::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_tell_days_from_hours() {
        let parsed = Duration::parse("-P1DT12H30M").unwrap();
        assert_eq!((parsed.days, parsed.exact.as_secs()), (-1, -45_000));
        assert_eq!(Duration::parse("P2W").unwrap().days, 14);
        for text in [
            "",
            "P",
            "PT",
            "P1H",
            "PT1D",
            "1D",
            "P1",
            "PT99999999999S",
            "P-1D",
        ] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }
}
