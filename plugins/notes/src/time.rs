//! Points in time that a model names: a date, or a date and a time with an offset (RFC 3339).
//!
//! Without an offset it is UTC: the answers of these tools are too, and no zone's rules are carried for one filter.

use nextcloud_mcp_plugin::Failure;

/// Unix seconds of `text`.
pub(crate) fn parse(text: &str) -> Result<i64, Failure> {
    seconds(text.trim()).ok_or_else(|| {
        Failure::invalid(format!(
            "`{text}` is no date or time. Write 2026-11-01, 2026-11-01T09:00:00Z or 2026-11-01T09:00:00+01:00."
        ))
    })
}

fn seconds(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let [year, month, day] = numbers::<3>(date, '-')?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if date.len() != 10 || !(1..=length).contains(&day) {
        return None;
    }
    let of_day = time.map_or(Some(0), time_of_day)?;
    Some(days(year, month, day) * 86_400 + of_day)
}

/// Seconds after midnight in UTC, which an offset can take to the day before or after.
fn time_of_day(time: &str) -> Option<i64> {
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], offset(&time[at..])?),
        None => (time, 0),
    };
    // Notes knows whole seconds.
    let clock = clock.split('.').next()?;
    let [hour, minute, second] = match clock.len() {
        5 => numbers::<2>(clock, ':').map(|[hour, minute]| [hour, minute, 0])?,
        8 => numbers::<3>(clock, ':')?,
        _ => return None,
    };
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some(hour * 3_600 + minute * 60 + second - offset)
}

fn offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers::<2>(&text[1..], ':')?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let parts: Vec<i64> = text
        .split(separator)
        .map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok())?
        })
        .collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// Days from 1970-01-01, in the calendar that is used everywhere (proleptic Gregorian).
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Counted in years that begin in March, so that a leap day ends its year.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::parse;
    use crate::note::utc;

    #[test]
    fn dates_and_times_are_read_with_their_offset() {
        for (text, instant) in [
            ("2026-11-21", "2026-11-21T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"),
            ("2026-11-21T16:54", "2026-11-21T16:54:00Z"),
            ("2026-11-21T16:54:03Z", "2026-11-21T16:54:03Z"),
            ("2026-11-21 16:54:03.25+01:00", "2026-11-21T15:54:03Z"),
            ("2026-12-31T23:30:00-02:00", "2027-01-01T01:30:00Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(parse(text).unwrap()), instant, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_with_the_forms_there_are() {
        for text in [
            "",
            "yesterday",
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "26-11-21",
            "2026-11-21T",
            "2026-11-21T25:00",
            "2026-11-21T10:00+1",
            "2026-11-21T10:00:00+25:00",
            "+2026-11-21",
            "2026-11-21T10:00:00€",
        ] {
            let message = parse(text).unwrap_err().message;
            assert!(message.contains("2026-11-01"), "{text}: {message}");
        }
    }
}
