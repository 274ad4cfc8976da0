//! Writes a VTIMEZONE for an IANA zone: small, and right around the event that needs it.
//!
//! Changes that come back every year become one RRULE each; the others are listed, from a year before the event to a
//! year after it (five where the event repeats without end). So most zones take two observances, and one whose
//! changes follow the moon (Morocco) takes a few dates more.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Dst, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Zone;
use super::observance::Observances;
use crate::ical::{Component, ContentLine, format_datetime};
use crate::recurrence::weekday_code;

/// A rule is taken for one when it holds this many years on.
const PATTERN_YEARS: i16 = 30;
/// How far changes without a rule are listed for an event that repeats without end.
const OPEN_YEARS: i16 = 5;

/// One change of offset.
#[derive(Debug, Clone, PartialEq)]
struct Onset {
    /// The wall clock that it ends.
    local: DateTime,
    from: Offset,
    to: Offset,
    daylight: bool,
    name: String,
}

/// The content lines of a VTIMEZONE called `tzid`, right for the years of an event.
pub(crate) fn vtimezone(
    zone: &TimeZone,
    tzid: &str,
    years: RangeInclusive<i16>,
    open_ended: bool,
) -> Vec<ContentLine> {
    let (first, last) = (
        years.start().saturating_sub(1),
        years.end().saturating_add(1),
    );
    let listed = if open_ended {
        last.saturating_add(OPEN_YEARS)
    } else {
        last
    };
    let begin = new_year(first);
    let onsets = onsets(zone, begin, first.saturating_add(PATTERN_YEARS));
    let mut lines = vec![
        ContentLine::new("BEGIN", "VTIMEZONE"),
        ContentLine::new("TZID", tzid),
    ];
    if onsets
        .first()
        .is_none_or(|onset| onset.local.year() > first)
    {
        write(&mut lines, &in_force(zone, begin), None, &[]);
    }
    let mut rest = onsets.clone();
    while let Some(onset) = rest.first().cloned() {
        let (alike, other): (Vec<Onset>, Vec<Onset>) =
            rest.into_iter().partition(|next| is_alike(&onset, next));
        rest = other;
        match yearly(&alike, first.saturating_add(PATTERN_YEARS)) {
            Some(rule) => write(&mut lines, &onset, Some(&rule), &[]),
            None if onset.local.year() <= listed => {
                let dates: Vec<&Onset> = alike[1..]
                    .iter()
                    .filter(|next| next.local.year() <= listed)
                    .collect();
                write(&mut lines, &onset, None, &dates);
            }
            None => {}
        }
    }
    lines.push(ContentLine::new("END", "VTIMEZONE"));
    lines
}

/// Whether a VTIMEZONE that is there already says what the zone database says at these instants.
pub(crate) fn covers(component: &Component, zone: &TimeZone, instants: &[Timestamp]) -> bool {
    let Some(observances) = Observances::read(component) else {
        return false;
    };
    let zone = Zone::Iana(zone.clone());
    instants
        .iter()
        .all(|at| observances.offset(*at) == zone.offset(*at))
}

/// The changes from `begin` to the end of the year `last`.
fn onsets(zone: &TimeZone, begin: Timestamp, last: i16) -> Vec<Onset> {
    let mut from = zone.to_offset(begin);
    let mut onsets = Vec::new();
    for transition in zone.following(begin) {
        let local = from.to_datetime(transition.timestamp());
        if local.year() > last {
            break;
        }
        let to = transition.offset();
        // A change of name alone is none.
        if to != from {
            let daylight = transition.dst() == Dst::Yes;
            onsets.push(Onset {
                local,
                from,
                to,
                daylight,
                name: transition.abbreviation().to_owned(),
            });
        }
        from = to;
    }
    onsets
}

/// What is in force at `at`, since long ago.
fn in_force(zone: &TimeZone, at: Timestamp) -> Onset {
    let info = zone.to_offset_info(at);
    let since = zone.preceding(at).next();
    let local = match &since {
        Some(transition) => info.offset().to_datetime(transition.timestamp()),
        None => DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
    };
    Onset {
        local,
        from: info.offset(),
        to: info.offset(),
        daylight: info.dst() == Dst::Yes,
        name: info.abbreviation().to_owned(),
    }
}

/// Same change, same month, same time of day, same weekday: maybe the same rule.
fn is_alike(one: &Onset, other: &Onset) -> bool {
    let key = |onset: &Onset| {
        (
            onset.local.month(),
            onset.local.time(),
            onset.local.weekday(),
        )
    };
    let change = |onset: &Onset| (onset.from, onset.to, onset.daylight, onset.name.clone());
    key(one) == key(other) && change(one) == change(other)
}

/// The RRULE of changes that come once a year until `last` at least.
fn yearly(onsets: &[Onset], last: i16) -> Option<String> {
    let dates: Vec<Date> = onsets.iter().map(|onset| onset.local.date()).collect();
    let steady = dates
        .windows(2)
        .all(|pair| pair[1].year() == pair[0].year() + 1);
    if !steady || dates.len() < 3 || dates.last()?.year() != last {
        return None;
    }
    let (low, high) = (
        dates.iter().map(|date| date.day()).min()?,
        dates.iter().map(|date| date.day()).max()?,
    );
    let (month, weekday) = (dates[0].month(), weekday_code(dates[0].weekday()));
    let nth = (low - 1) / 7 + 1;
    if dates
        .iter()
        .all(|date| date.day() + 7 > date.days_in_month())
    {
        Some(format!("FREQ=YEARLY;BYMONTH={month};BYDAY=-1{weekday}"))
    } else if (high - 1) / 7 + 1 == nth {
        Some(format!("FREQ=YEARLY;BYMONTH={month};BYDAY={nth}{weekday}"))
    } else if high - low <= 6 {
        let days: Vec<String> = (low..=high).map(|day| day.to_string()).collect();
        Some(format!(
            "FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={};BYDAY={weekday}",
            days.join(",")
        ))
    } else {
        None
    }
}

fn write(lines: &mut Vec<ContentLine>, onset: &Onset, rule: Option<&str>, dates: &[&Onset]) {
    let kind = if onset.daylight {
        "DAYLIGHT"
    } else {
        "STANDARD"
    };
    lines.push(ContentLine::new("BEGIN", kind));
    lines.push(ContentLine::new("DTSTART", format_datetime(onset.local)));
    lines.push(ContentLine::new("TZOFFSETFROM", format_offset(onset.from)));
    lines.push(ContentLine::new("TZOFFSETTO", format_offset(onset.to)));
    // `+03` is the zone database's word for "has no name".
    if onset
        .name
        .chars()
        .all(|letter| letter.is_ascii_alphabetic())
    {
        lines.push(ContentLine::new("TZNAME", onset.name.as_str()));
    }
    if let Some(rule) = rule {
        lines.push(ContentLine::new("RRULE", rule));
    }
    if !dates.is_empty() {
        let dates: Vec<String> = dates
            .iter()
            .map(|next| format_datetime(next.local))
            .collect();
        lines.push(ContentLine::new("RDATE", dates.join(",")));
    }
    lines.push(ContentLine::new("END", kind));
}

fn format_offset(offset: Offset) -> String {
    let total = offset.seconds();
    let (sign, size) = if total < 0 {
        ('-', -total)
    } else {
        ('+', total)
    };
    let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
    if seconds == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{seconds:02}")
    }
}

fn new_year(year: i16) -> Timestamp {
    let local = Date::new(year, 1, 1)
        .unwrap_or(Date::MIN)
        .to_datetime(jiff::civil::Time::midnight());
    // A day early: it is New Year's Eve somewhere.
    let utc = Offset::UTC.to_timestamp(local).unwrap_or(Timestamp::MIN);
    utc.saturating_sub(SignedDuration::from_hours(24))
        .unwrap_or(Timestamp::MIN)
}
