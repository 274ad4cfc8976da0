//! A recurrence rule as a value, and how it is written.

use std::fmt::{self, Display};

use jiff::civil::Weekday;

use crate::ical::When;

/// Coarsest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Frequency {
    Yearly,
    Monthly,
    Weekly,
    Daily,
    Hourly,
    Minutely,
    Secondly,
}

/// `MO`, `2TU`, `-1FR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WeekdayNum {
    /// 0: every such weekday; negative counts from the end.
    pub(crate) nth: i8,
    pub(crate) weekday: Weekday,
}

/// Where a rule ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    Never,
    /// Instances, DTSTART included.
    Count(u32),
    /// The last moment at which an instance may start.
    Until(When),
}

/// RRULE, checked part by part. Empty lists are parts that the rule does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) freq: Frequency,
    /// At least 1.
    pub(crate) interval: u32,
    pub(crate) bound: Bound,
    pub(crate) by_second: Vec<i8>,
    pub(crate) by_minute: Vec<i8>,
    pub(crate) by_hour: Vec<i8>,
    pub(crate) by_day: Vec<WeekdayNum>,
    pub(crate) by_month_day: Vec<i8>,
    pub(crate) by_year_day: Vec<i16>,
    pub(crate) by_week_no: Vec<i8>,
    pub(crate) by_month: Vec<i8>,
    pub(crate) by_set_pos: Vec<i16>,
    pub(crate) week_start: Weekday,
}

impl Rule {
    pub(crate) fn new(freq: Frequency) -> Self {
        Self {
            freq,
            interval: 1,
            bound: Bound::Never,
            by_second: Vec::new(),
            by_minute: Vec::new(),
            by_hour: Vec::new(),
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_week_no: Vec::new(),
            by_month: Vec::new(),
            by_set_pos: Vec::new(),
            week_start: Weekday::Monday,
        }
    }

    /// Whether each period has exactly one instance, so that the n-th can be computed instead of counted.
    pub(crate) fn is_plain(&self) -> bool {
        self.freq >= Frequency::Weekly
            && self.by_second.is_empty()
            && self.by_minute.is_empty()
            && self.by_hour.is_empty()
            && self.by_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_year_day.is_empty()
            && self.by_week_no.is_empty()
            && self.by_month.is_empty()
            && self.by_set_pos.is_empty()
    }

    /// Why a new event may not carry this rule although it can be read: combinations that RFC 5545, 3.3.10 forbids
    /// and programs disagree about.
    pub(crate) fn forbidden(&self, all_day: bool) -> Option<&'static str> {
        let numbered = self.by_day.iter().any(|day| day.nth != 0);
        if numbered && !matches!(self.freq, Frequency::Yearly | Frequency::Monthly) {
            return Some("numbered weekdays such as 2MO in BYDAY need FREQ=MONTHLY or YEARLY");
        }
        if numbered && !self.by_week_no.is_empty() {
            return Some("BYDAY must not be numbered beside BYWEEKNO");
        }
        if !self.by_month_day.is_empty() && self.freq == Frequency::Weekly {
            return Some("BYMONTHDAY does not go with FREQ=WEEKLY");
        }
        if !self.by_week_no.is_empty() && self.freq != Frequency::Yearly {
            return Some("BYWEEKNO needs FREQ=YEARLY");
        }
        if !self.by_year_day.is_empty()
            && matches!(
                self.freq,
                Frequency::Daily | Frequency::Weekly | Frequency::Monthly
            )
        {
            return Some("BYYEARDAY does not go with FREQ=DAILY, WEEKLY or MONTHLY");
        }
        let has_other_by = !Self {
            by_set_pos: Vec::new(),
            freq: Frequency::Daily,
            ..self.clone()
        }
        .is_plain();
        if !self.by_set_pos.is_empty() && !has_other_by {
            return Some("BYSETPOS needs another BY part to choose from");
        }
        let has_time =
            !(self.by_hour.is_empty() && self.by_minute.is_empty() && self.by_second.is_empty());
        if all_day && (has_time || self.freq > Frequency::Daily) {
            return Some(
                "an all-day event repeats by days: no BYHOUR, BYMINUTE, BYSECOND or FREQ below DAILY",
            );
        }
        None
    }
}

impl Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yearly => "YEARLY",
            Self::Monthly => "MONTHLY",
            Self::Weekly => "WEEKLY",
            Self::Daily => "DAILY",
            Self::Hourly => "HOURLY",
            Self::Minutely => "MINUTELY",
            Self::Secondly => "SECONDLY",
        })
    }
}

impl Display for WeekdayNum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nth != 0 {
            write!(f, "{}", self.nth)?;
        }
        f.write_str(weekday_code(self.weekday))
    }
}

/// `MO` to `SU`.
pub(crate) fn weekday_code(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

/// The value of RRULE.
impl Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FREQ={}", self.freq)?;
        match &self.bound {
            Bound::Never => {}
            Bound::Count(count) => write!(f, ";COUNT={count}")?,
            Bound::Until(until) => write!(f, ";UNTIL={}", until.to_line("UNTIL").value)?,
        }
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        write_list(f, "BYSECOND", &self.by_second)?;
        write_list(f, "BYMINUTE", &self.by_minute)?;
        write_list(f, "BYHOUR", &self.by_hour)?;
        write_list(f, "BYDAY", &self.by_day)?;
        write_list(f, "BYMONTHDAY", &self.by_month_day)?;
        write_list(f, "BYYEARDAY", &self.by_year_day)?;
        write_list(f, "BYWEEKNO", &self.by_week_no)?;
        write_list(f, "BYMONTH", &self.by_month)?;
        write_list(f, "BYSETPOS", &self.by_set_pos)?;
        if self.week_start != Weekday::Monday {
            write!(f, ";WKST={}", weekday_code(self.week_start))?;
        }
        Ok(())
    }
}

fn write_list<T: Display>(f: &mut fmt::Formatter<'_>, name: &str, list: &[T]) -> fmt::Result {
    for (index, item) in list.iter().enumerate() {
        if index == 0 {
            write!(f, ";{name}={item}")?;
        } else {
            write!(f, ",{item}")?;
        }
    }
    Ok(())
}
