//! Recurrence (RFC 5545, 3.3.10 and 3.8.5): rules, the instances that they make, and whole series with exceptions.
//!
//! Instances are wall-clock times; what instant a wall clock shows is for [`crate::zone`]. Work is bounded by a
//! [`Budget`], never by trusting a rule: `FREQ=SECONDLY` from the year 1 costs no more than any other.

mod days;
mod instances;
mod item;
mod parse;
mod rule;
mod series;
#[cfg(test)]
mod series_tests;
mod set;
#[cfg(test)]
mod tests;

pub(crate) use instances::{Budget, Instances, TooMuchWork, first_fitting};
pub(crate) use item::Item;
pub(crate) use parse::BadRule;
pub(crate) use rule::{Bound, Frequency, Rule, weekday_code};
pub(crate) use series::{Occurrence, Series, Unreadable, Window};
