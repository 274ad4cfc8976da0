//! `daily_agenda`: one day.

use jiff::civil::Date;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Message};
use serde::Deserialize;

use super::{DATA_FOLLOWS, data};
use crate::dav::Home;
use crate::tools::reading::{day_of, events_between, tasks_due_by};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// Such as 2026-12-24; today unless said.
    date: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a prompt's function owns its arguments"
)]
pub(super) fn daily_agenda(arguments: Arguments) -> Result<Vec<Message>, Failure> {
    let day = day_of(&Home::of_caller()?, arguments.date.as_deref())?;
    let mut text = request(day);
    text.push_str(DATA_FOLLOWS);
    text.push_str(&data("Events", &events_between(day, day)?)?);
    text.push_str(&data("Open tasks due by then", &tasks_due_by(day)?)?);
    Ok(vec![Message::user(text)])
}

fn request(day: Date) -> String {
    format!(
        "Go through my day with me: {}. Tell me in the order of time what is on, where something overlaps or leaves too \
         little time to get from one place to the next, which invitations I have not answered, and where the tasks could \
         fit in. Be brief. Then ask what I want changed; change nothing before I say so.",
        day.strftime("%A, %-d %B %Y")
    )
}
