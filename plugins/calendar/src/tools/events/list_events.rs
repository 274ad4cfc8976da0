//! `list_events`: the occurrences in a range of time, over one calendar or all, filtered, sorted, paged.

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::shared::given;
use super::filter::{Filter, Filters};
use super::found::{Found, Searched};
use super::page::Sort;
use super::range::Range;
use super::search::Search;
use crate::dav::{self, Calendar, Home, Kind};
use crate::recurrence::Window;

pub(crate) const DESCRIPTION: &str = "Lists events in a range of days, series as their occurrences, of one calendar or \
(without calendar_name) of all. Filters apply before the limit and ignore case and accents. Times are the user's. \
Example: start_date 2026-12-01, end_date 2026-12-31, title_contains \"review\".";

const DEFAULT_LIMIT: u32 = 50;
/// What a model can still read at once.
const MAX_LIMIT: u32 = 500;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    calendar_name: Option<String>,
    /// Day (2026-12-01) or time; default: today.
    start_date: Option<String>,
    /// Day, inclusive, or time, exclusive; default: 30 days on.
    end_date: Option<String>,
    #[schemars(range(min = 1, max = 500))]
    #[schemars(extend("default" = DEFAULT_LIMIT))]
    limit: Option<u32>,
    /// `next_cursor`; repeat the other arguments.
    cursor: Option<String>,
    /// latest: the last start first.
    sort: Option<Sort>,
    search_all_calendars: Option<bool>,
    #[serde(flatten)]
    filters: Filters,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn list_events(arguments: Arguments) -> Result<Reply<Found>, Failure> {
    let home = Home::of_caller()?;
    let limit = usize::try_from(arguments.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT))
        .unwrap_or(usize::MAX);
    let sort = arguments.sort.unwrap_or_default();
    let after = given(arguments.cursor.as_deref())
        .map(|cursor| sort.of_cursor(cursor))
        .transpose()?;
    let range = Range::of_arguments(
        arguments.start_date.as_deref(),
        arguments.end_date.as_deref(),
        &home.zone,
    )?;
    let (from, to) = range.or_a_month(&home.zone)?;
    if after.as_ref().is_some_and(|after| after.start >= to) {
        return Err(Failure::invalid(
            "cursor belongs to another range: repeat the arguments of the page before.",
        ));
    }
    let filter = Filter::new(&arguments.filters)?;
    let everything = dav::list(&home)?;
    let calendars = searched(&everything, &arguments)?;
    let window = Window {
        from,
        to,
        starting: Timestamp::MIN,
    };
    let page = Search::new(&home, &filter, window, limit)
        .page(sort, after)
        .run(&calendars);
    Searched {
        home: &home,
        calendars: &calendars,
        filter: &filter,
        from,
        to,
        go_on: "go on with next_cursor",
    }
    .reply(page)
}

fn searched<'c>(
    calendars: &'c [Calendar],
    arguments: &Arguments,
) -> Result<Vec<&'c Calendar>, Failure> {
    let name = given(arguments.calendar_name.as_deref());
    if name.is_some() && arguments.search_all_calendars == Some(true) {
        return Err(Failure::invalid(
            "calendar_name names one calendar and search_all_calendars asks for all: leave one of them out.",
        ));
    }
    named_or_all(calendars, name)
}

/// The calendar of this name, or every one that holds events.
pub(super) fn named_or_all<'c>(
    calendars: &'c [Calendar],
    name: Option<&str>,
) -> Result<Vec<&'c Calendar>, Failure> {
    match name {
        Some(name) => Ok(vec![dav::choose(calendars, name)?.holding(Kind::Event)?]),
        None => Ok(calendars
            .iter()
            .filter(|calendar| calendar.holds(Kind::Event))
            .collect()),
    }
}
