//! Reads RRULE. Strict: an unknown, doubled or senseless part makes the whole rule unreadable, because a rule that
//! is half understood gives wrong dates.

use std::str::FromStr;

use jiff::civil::Weekday;

use super::rule::{Bound, Frequency, Rule, WeekdayNum};
use crate::ical::When;

/// Why a rule is not understood, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadRule(pub(crate) String);

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let text = text.trim();
        let text = text
            .get(..6)
            .filter(|head| head.eq_ignore_ascii_case("RRULE:"))
            .map_or(text, |_| &text[6..]);
        let parts = split_parts(text)?;
        let freq = parts
            .iter()
            .find(|(name, _)| name == "FREQ")
            .ok_or_else(|| BadRule("FREQ is missing, as in FREQ=WEEKLY;BYDAY=MO".to_owned()))?;
        let mut rule = Rule::new(parse_frequency(&freq.1)?);
        let mut ends = 0;
        for (name, value) in &parts {
            ends += usize::from(matches!(name.as_str(), "COUNT" | "UNTIL"));
            set_part(&mut rule, name, value)?;
        }
        if ends > 1 {
            return Err(BadRule("COUNT and UNTIL exclude each other".to_owned()));
        }
        Ok(rule)
    }
}

fn split_parts(text: &str) -> Result<Vec<(String, String)>, BadRule> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| BadRule(format!("`{part}` is not NAME=VALUE")))?;
        let name = name.trim().to_ascii_uppercase();
        if parts.iter().any(|(known, _)| *known == name) {
            return Err(BadRule(format!("{name} is given twice")));
        }
        parts.push((name, value.trim().to_ascii_uppercase()));
    }
    Ok(parts)
}

fn set_part(rule: &mut Rule, name: &str, value: &str) -> Result<(), BadRule> {
    match name {
        "FREQ" => {}
        "INTERVAL" => rule.interval = positive(name, value)?,
        "COUNT" => rule.bound = Bound::Count(positive(name, value)?),
        "UNTIL" => {
            rule.bound = Bound::Until(When::parse(value, None).map_err(|bad| BadRule(bad.0))?);
        }
        "BYSECOND" => rule.by_second = sorted(&numbers(name, value, 0, 60, true)?),
        "BYMINUTE" => rule.by_minute = sorted(&numbers(name, value, 0, 59, true)?),
        "BYHOUR" => rule.by_hour = sorted(&numbers(name, value, 0, 23, true)?),
        "BYMONTH" => rule.by_month = sorted(&numbers(name, value, 1, 12, true)?),
        "BYMONTHDAY" => rule.by_month_day = numbers(name, value, -31, 31, false)?,
        "BYWEEKNO" => rule.by_week_no = numbers(name, value, -53, 53, false)?,
        "BYYEARDAY" => rule.by_year_day = numbers(name, value, -366, 366, false)?,
        "BYSETPOS" => rule.by_set_pos = numbers(name, value, -366, 366, false)?,
        "BYDAY" => {
            rule.by_day = value
                .split(',')
                .map(parse_weekday_num)
                .collect::<Result<_, _>>()?;
        }
        "WKST" => rule.week_start = parse_weekday(value)?,
        // RFC 7529: the Gregorian calendar that omits invalid dates is what RFC 5545 has anyway.
        "RSCALE" if value == "GREGORIAN" => {}
        "SKIP" if value == "OMIT" => {}
        _ => return Err(BadRule(format!("{name}={value} is not supported"))),
    }
    Ok(())
}

fn parse_frequency(value: &str) -> Result<Frequency, BadRule> {
    Ok(match value {
        "YEARLY" => Frequency::Yearly,
        "MONTHLY" => Frequency::Monthly,
        "WEEKLY" => Frequency::Weekly,
        "DAILY" => Frequency::Daily,
        "HOURLY" => Frequency::Hourly,
        "MINUTELY" => Frequency::Minutely,
        "SECONDLY" => Frequency::Secondly,
        other => {
            return Err(BadRule(format!(
                "FREQ={other} is none of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY"
            )));
        }
    })
}

fn positive(name: &str, value: &str) -> Result<u32, BadRule> {
    value
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| BadRule(format!("{name}={value} is not a number of 1 or more")))
}

/// A list of numbers in a range; `zero` says whether 0 is one of them.
fn numbers<T>(name: &str, value: &str, low: T, high: T, zero: bool) -> Result<Vec<T>, BadRule>
where
    T: FromStr + PartialOrd + Default + Copy,
{
    let number = |item: &str| {
        let parsed = item.trim().parse::<T>().ok()?;
        let fits = parsed >= low && parsed <= high && (zero || parsed != T::default());
        fits.then_some(parsed)
    };
    value
        .split(',')
        .map(|item| number(item).ok_or_else(|| BadRule(format!("`{item}` does not fit {name}"))))
        .collect()
}

/// Ascending, each once.
fn sorted(list: &[i8]) -> Vec<i8> {
    (0..=60).filter(|number| list.contains(number)).collect()
}

fn parse_weekday_num(text: &str) -> Result<WeekdayNum, BadRule> {
    let bad = || {
        BadRule(format!(
            "`{text}` in BYDAY is no weekday such as MO, 2TU or -1FR"
        ))
    };
    let text = text.trim();
    let at = text
        .len()
        .checked_sub(2)
        .filter(|at| text.is_char_boundary(*at))
        .ok_or_else(bad)?;
    let weekday = parse_weekday(&text[at..]).map_err(|_| bad())?;
    let nth = match &text[..at] {
        "" => 0,
        number => number
            .parse::<i8>()
            .ok()
            .filter(|nth| *nth != 0 && nth.abs() <= 53)
            .ok_or_else(bad)?,
    };
    Ok(WeekdayNum { nth, weekday })
}

fn parse_weekday(text: &str) -> Result<Weekday, BadRule> {
    Ok(match text {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        other => return Err(BadRule(format!("`{other}` is no weekday such as MO"))),
    })
}
