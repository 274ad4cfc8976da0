//! `list_events`: the occurrences in a range of time, over one calendar or all, filtered, sorted, paged.

use std::fmt::Write as _;

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{given, zone_note};
use super::filter::Filter;
use super::page::Key;
use super::range::window;
use super::search::{Page, Problem, Search};
use crate::dav::{self, Calendar, Home, Kind};
use crate::event::{Event, Status};

pub(crate) const DESCRIPTION: &str = "Lists events in a range of days, repeating ones expanded to their occurrences, sorted by \
start, in one calendar or (without calendar_name) in all. Filters apply before the limit. Times are the user's. Says when more \
follows (next_cursor) and which calendars could not be read. Example: start_date 2026-12-01, end_date 2026-12-31, title_contains \
\"review\".";

const DEFAULT_LIMIT: u32 = 50;
/// What a model can still read at once.
const MAX_LIMIT: u32 = 500;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Name or display name; empty: all calendars.
    calendar_name: Option<String>,
    /// First day (2026-12-01) or time; default: today.
    pub(super) start_date: Option<String>,
    /// Last day, inclusive, or time, exclusive; default: 30 days after the start.
    pub(super) end_date: Option<String>,
    /// Most events to return, 50 unless said.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// `next_cursor` of the page before; repeat the other arguments.
    cursor: Option<String>,
    /// All calendars, as leaving `calendar_name` out does.
    search_all_calendars: Option<bool>,
    /// Part of the title, in any case.
    pub(super) title_contains: Option<String>,
    /// Part of the location, in any case.
    pub(super) location_contains: Option<String>,
    /// One of these categories, separated by commas.
    pub(super) categories: Option<String>,
    /// Only events with this status; an event that says none is CONFIRMED.
    pub(super) status: Option<Status>,
    /// At least so long.
    #[schemars(range(min = 0))]
    pub(super) min_duration_minutes: Option<u32>,
    /// At least so many attendees.
    pub(super) min_attendees: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    events: Vec<Event>,
    /// The time zone of the times here.
    shown_in: String,
    /// The range that was searched; its end is exclusive.
    from: String,
    to: String,
    /// There are more; pass it as cursor, with the same arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Calendars that could not be read: their events are missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Problem>,
    /// Stored events that are not understood, and so missing here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Problem>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn list_events(arguments: Arguments) -> Result<Reply<Found>, Failure> {
    let home = Home::of_caller()?;
    let limit = usize::try_from(arguments.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT))
        .unwrap_or(usize::MAX);
    let after = given(arguments.cursor.as_deref())
        .map(Key::of_cursor)
        .transpose()?;
    let window = window(&arguments, &home.zone, after.as_ref())?;
    let calendars = dav::list(&home)?;
    let searched = searched(&calendars, &arguments)?;
    let mut search = Search::new(&home, Filter::new(&arguments), window, after, limit);
    let mut failed = Vec::new();
    let answers = dav::in_range(
        &home,
        &searched,
        Kind::Event,
        window.from.max(window.starting),
        window.to,
    );
    for (calendar, objects) in answers {
        match objects {
            Ok(objects) => objects.iter().for_each(|object| search.add(object)),
            Err(failure) if searched.len() == 1 => return Err(failure),
            Err(failure) => failed.push(Problem {
                calendar: calendar.name.clone(),
                object: None,
                reason: failure.message,
            }),
        }
    }
    let (page, unreadable) = search.finish();
    let text = summary(&home, &page, &failed, &unreadable);
    let show = |at: Timestamp| at.display_with_offset(home.zone.to_offset(at)).to_string();
    let found = Found {
        events: page.events,
        shown_in: home.zone_name().to_owned(),
        from: show(window.from),
        to: show(window.to),
        next_cursor: page.next_cursor,
        failed,
        unreadable,
    };
    Ok(Reply::new(text, found))
}

fn summary(home: &Home, page: &Page, failed: &[Problem], unreadable: &[Problem]) -> String {
    let count = page.events.len();
    let mut text = format!("{count} event{}", if count == 1 { "" } else { "s" });
    text.push_str(if page.next_cursor.is_some() {
        ", and there are more: go on with next_cursor."
    } else {
        "."
    });
    if !failed.is_empty() {
        let names: Vec<&str> = failed
            .iter()
            .map(|problem| problem.calendar.as_str())
            .collect();
        let _ = write!(text, " Not read, so missing here: {}.", names.join(", "));
    }
    if !unreadable.is_empty() {
        let _ = write!(
            text,
            " {} stored events are not understood and missing here.",
            unreadable.len()
        );
    }
    text.push_str(zone_note(home));
    text
}

fn searched<'c>(
    calendars: &'c [Calendar],
    arguments: &Arguments,
) -> Result<Vec<&'c Calendar>, Failure> {
    match given(arguments.calendar_name.as_deref()) {
        Some(_) if arguments.search_all_calendars == Some(true) => Err(Failure::invalid(
            "calendar_name names one calendar and search_all_calendars asks for all: leave one of them out.",
        )),
        Some(name) => Ok(vec![dav::choose(calendars, name)?.holding(Kind::Event)?]),
        None => Ok(calendars
            .iter()
            .filter(|calendar| calendar.holds(Kind::Event))
            .collect()),
    }
}
