//! `weekly_review`: the week that ends and the one that begins.

use jiff::Span;
use jiff::civil::{Date, Weekday};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Message};
use serde::Deserialize;

use super::{DATA_FOLLOWS, data};
use crate::dav::Home;
use crate::tools::reading::{day_of, events_between, tasks_due_by};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// Any day of the week to look back at; this week unless said.
    date: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a prompt's function owns its arguments"
)]
pub(super) fn weekly_review(arguments: Arguments) -> Result<Vec<Message>, Failure> {
    let monday = monday_of(day_of(&Home::of_caller()?, arguments.date.as_deref())?)?;
    let sunday = later(monday, 6)?;
    let (next_monday, next_sunday) = (later(monday, 7)?, later(monday, 13)?);
    let mut text = request(monday, sunday);
    text.push_str(DATA_FOLLOWS);
    text.push_str(&data("The week", &events_between(monday, sunday)?)?);
    text.push_str(&data(
        "The week after",
        &events_between(next_monday, next_sunday)?,
    )?);
    text.push_str(&data(
        "Open tasks due by the end of the week after",
        &tasks_due_by(next_sunday)?,
    )?);
    Ok(vec![Message::user(text)])
}

fn request(monday: Date, sunday: Date) -> String {
    format!(
        "Review my week with me: {} to {}. First look back: what took the time, which meetings seem to need a follow-up, \
         which tasks are overdue. Then look ahead at the week after: the days that are full, what clashes, what I should \
         prepare and by when. End with the three things that matter most, and ask what to put into the calendar or the \
         task list; change nothing before I say so.",
        monday.strftime("%-d %B"),
        sunday.strftime("%-d %B %Y")
    )
}

fn monday_of(day: Date) -> Result<Date, Failure> {
    let since = day.weekday().since(Weekday::Monday);
    later(day, -i64::from(since))
}

fn later(day: Date, days: i64) -> Result<Date, Failure> {
    day.checked_add(Span::new().days(days))
        .map_err(|_| Failure::invalid("The date is beyond the calendar."))
}
