//! Which days of a period a rule takes: the BY parts that speak of dates.
//!
//! One test a day serves every frequency: RFC 5545's table of "expand" and "limit" (3.3.10) says the same as
//! "every day of the period that fits all parts given", with the missing parts taken from DTSTART.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::rule::{Frequency, Rule, WeekdayNum};

/// What a numbered weekday is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Month,
    Year,
    /// The frequency is finer than a month: the number means nothing.
    Nothing,
}

/// The day parts of a rule, completed from DTSTART.
#[derive(Debug)]
pub(super) struct Days {
    pub(super) by_month: Vec<i8>,
    by_month_day: Vec<i8>,
    by_year_day: Vec<i16>,
    by_week_no: Vec<i8>,
    by_day: Vec<WeekdayNum>,
    within: Within,
    week_start: Weekday,
}

impl Days {
    pub(super) fn new(rule: &Rule, start: Date) -> Self {
        let within = match rule.freq {
            Frequency::Monthly => Within::Month,
            Frequency::Yearly if !rule.by_month.is_empty() => Within::Month,
            Frequency::Yearly => Within::Year,
            _ => Within::Nothing,
        };
        let mut days = Self {
            by_month: rule.by_month.clone(),
            by_month_day: rule.by_month_day.clone(),
            by_year_day: rule.by_year_day.clone(),
            by_week_no: rule.by_week_no.clone(),
            by_day: rule.by_day.clone(),
            within,
            week_start: rule.week_start,
        };
        if days.by_month_day.is_empty() && days.by_year_day.is_empty() && days.by_day.is_empty() {
            days.complete(rule.freq, start);
        }
        days
    }

    /// "Information that is missing is taken from DTSTART": a day of the month, or a weekday.
    fn complete(&mut self, freq: Frequency, start: Date) {
        let weekday = WeekdayNum {
            nth: 0,
            weekday: start.weekday(),
        };
        match freq {
            _ if !self.by_week_no.is_empty() => self.by_day.push(weekday),
            Frequency::Weekly => self.by_day.push(weekday),
            Frequency::Monthly => self.by_month_day.push(start.day()),
            Frequency::Yearly => {
                if self.by_month.is_empty() {
                    self.by_month.push(start.month());
                }
                self.by_month_day.push(start.day());
            }
            _ => {}
        }
    }

    pub(super) fn contains(&self, date: Date) -> bool {
        let fits = |empty: bool, test: &dyn Fn() -> bool| empty || test();
        fits(self.by_month.is_empty(), &|| {
            self.by_month.contains(&date.month())
        }) && fits(self.by_month_day.is_empty(), &|| {
            let from_end = date.day() - date.days_in_month() - 1;
            self.by_month_day
                .iter()
                .any(|day| *day == date.day() || *day == from_end)
        }) && fits(self.by_year_day.is_empty(), &|| {
            let from_end = date.day_of_year() - date.days_in_year() - 1;
            self.by_year_day
                .iter()
                .any(|day| *day == date.day_of_year() || *day == from_end)
        }) && fits(self.by_day.is_empty(), &|| {
            self.by_day.iter().any(|day| self.fits_weekday(*day, date))
        }) && fits(self.by_week_no.is_empty(), &|| self.fits_week(date))
    }

    fn fits_weekday(&self, wanted: WeekdayNum, date: Date) -> bool {
        if wanted.weekday != date.weekday() {
            return false;
        }
        let (day, length) = match self.within {
            Within::Month => (i16::from(date.day()), i16::from(date.days_in_month())),
            Within::Year => (date.day_of_year(), date.days_in_year()),
            Within::Nothing => return true,
        };
        let nth = i16::from(wanted.nth);
        nth == 0 || nth == (day - 1) / 7 + 1 || nth == -((length - day) / 7 + 1)
    }

    /// Week 1 is the first with four days in the year (RFC 5545); so a week belongs to the year of its fourth day.
    fn fits_week(&self, date: Date) -> bool {
        let Ok(fourth) =
            start_of_week(date, self.week_start).and_then(|first| first.checked_add(3.days()))
        else {
            return false;
        };
        let number = (fourth.day_of_year() - 1) / 7 + 1;
        let weeks = number + (fourth.days_in_year() - fourth.day_of_year()) / 7;
        self.by_week_no.iter().any(|wanted| {
            let wanted = i16::from(*wanted);
            wanted == number || wanted == number - weeks - 1
        })
    }
}

pub(super) fn start_of_week(date: Date, week_start: Weekday) -> Result<Date, jiff::Error> {
    date.checked_sub(i64::from(week_start.until(date.weekday())).days())
}
