//! `get_upcoming_events`: what runs now and what comes next.

use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::shared::{given, now};
use super::filter::Filter;
use super::found::{Found, Searched};
use super::list_events::named_or_all;
use super::search::Search;
use crate::dav::{self, Home};
use crate::recurrence::Window;

pub(crate) const DESCRIPTION: &str = "What runs now and what comes next, in one calendar or (without calendar_name) in \
all, by start, in the user's times. Example: days_ahead 2.";

const DEFAULT_DAYS: u16 = 7;
const MAX_DAYS: u16 = 366;
const DEFAULT_LIMIT: u8 = 10;
const MAX_LIMIT: u8 = 100;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    calendar_name: Option<String>,
    #[schemars(range(min = 1, max = 366))]
    #[schemars(extend("default" = DEFAULT_DAYS))]
    days_ahead: Option<u16>,
    #[schemars(range(min = 1, max = 100))]
    #[schemars(extend("default" = DEFAULT_LIMIT))]
    limit: Option<u8>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn get_upcoming_events(arguments: Arguments) -> Result<Reply<Found>, Failure> {
    upcoming(&arguments, now())
}

pub(crate) fn upcoming(arguments: &Arguments, from: Timestamp) -> Result<Reply<Found>, Failure> {
    let home = Home::of_caller()?;
    let days = arguments
        .days_ahead
        .unwrap_or(DEFAULT_DAYS)
        .clamp(1, MAX_DAYS);
    let limit = arguments.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    // Days by the user's calendar: the same time of day, whatever the clocks do until then.
    let to = from
        .to_zoned(home.zone.clone())
        .checked_add(Span::new().days(days))
        .map_err(|_| Failure::invalid("days_ahead is beyond the calendar."))?
        .timestamp();
    let everything = dav::list(&home)?;
    let calendars = named_or_all(&everything, given(arguments.calendar_name.as_deref()))?;
    let filter = Filter::default();
    let window = Window {
        from,
        to,
        starting: Timestamp::MIN,
    };
    let page = Search::new(&home, &filter, window, usize::from(limit)).run(&calendars);
    Searched {
        home: &home,
        calendars: &calendars,
        filter: &filter,
        from,
        to,
        go_on: "go on with list_events, with start_date and end_date as from and to are here, and cursor",
    }
    .reply(page)
}
