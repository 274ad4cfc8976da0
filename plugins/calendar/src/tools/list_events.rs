//! `list_events`: the occurrences in a range of time, over one calendar or all, filtered, sorted, paged.

use std::fmt::Write as _;

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::page::Key;
use super::range::window;
use super::shared::{given, zone_note};
use crate::dav::{self, Calendar, Home, Object};
use crate::event::{self, Event, Status};
use crate::ical::{Component, Document};
use crate::recurrence::{Budget, Series, Window};
use crate::zone::Zones;

pub(crate) const DESCRIPTION: &str = "Lists events in a range of days, repeating ones expanded to their occurrences, sorted by \
start, in one calendar or (without calendar_name) in all. Filters apply before the limit. Times are the user's. Says when more \
follows (next_cursor) and which calendars could not be read. Example: start_date 2026-12-01, end_date 2026-12-31, title_contains \
\"review\".";

const DEFAULT_LIMIT: u32 = 50;
/// What a model can still read at once.
const MAX_LIMIT: u32 = 500;
/// Work for all series of a call; see `recurrence::Budget`. Some hundred milliseconds.
const CALL_BUDGET: u32 = 4_000_000;
/// Characters of a description in a list; `get_event` shows the whole.
const DESCRIPTION_LIMIT: usize = 300;

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

/// Something that is missing, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Problem {
    calendar: String,
    /// The stored event.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    reason: String,
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
    let mut search = Search {
        home: &home,
        filter: Filter::new(&arguments),
        window,
        after,
        most: limit + 2,
        budget: Budget::new(CALL_BUDGET),
        found: Vec::new(),
        unreadable: Vec::new(),
    };
    let mut failed = Vec::new();
    let answers = dav::in_range(
        &home,
        &searched,
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
    Ok(answer(&home, search, limit, failed))
}

fn answer(home: &Home, search: Search<'_>, limit: usize, failed: Vec<Problem>) -> Reply<Found> {
    let Search {
        mut found,
        unreadable,
        window,
        ..
    } = search;
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let next_cursor = found
        .get(limit)
        .and_then(|_| found.get(limit - 1))
        .map(|(key, _)| key.cursor());
    found.truncate(limit);
    let events: Vec<Event> = found.into_iter().map(|(_, event)| event).collect();
    let show = |at: Timestamp| at.display_with_offset(home.zone.to_offset(at)).to_string();
    let mut text = format!(
        "{} event{}",
        events.len(),
        if events.len() == 1 { "" } else { "s" }
    );
    text.push_str(if next_cursor.is_some() {
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
    let (from, to) = (show(window.from), show(window.to));
    Reply::new(
        text,
        Found {
            events,
            shown_in: home.zone_name().to_owned(),
            from,
            to,
            next_cursor,
            failed,
            unreadable,
        },
    )
}

fn searched<'c>(
    calendars: &'c [Calendar],
    arguments: &Arguments,
) -> Result<Vec<&'c Calendar>, Failure> {
    match given(arguments.calendar_name.as_deref()) {
        Some(_) if arguments.search_all_calendars == Some(true) => Err(Failure::invalid(
            "calendar_name names one calendar and search_all_calendars asks for all: leave one of them out.",
        )),
        Some(name) => {
            let calendar = dav::choose(calendars, name)?;
            if !calendar.holds_events() {
                return Err(Failure::invalid(format!(
                    "The calendar \"{}\" holds no events.",
                    calendar.name
                )));
            }
            Ok(vec![calendar])
        }
        None => Ok(calendars
            .iter()
            .filter(|calendar| calendar.holds_events())
            .collect()),
    }
}

/// A search under way.
struct Search<'a> {
    home: &'a Home,
    filter: Filter,
    window: Window,
    after: Option<Key>,
    most: usize,
    budget: Budget,
    found: Vec<(Key, Event)>,
    unreadable: Vec<Problem>,
}

impl Search<'_> {
    fn add(&mut self, object: &Object) {
        if let Err(reason) = self.try_add(object) {
            let (calendar, name) = (object.calendar.clone(), Some(object.name.clone()));
            self.unreadable.push(Problem {
                calendar,
                object: name,
                reason,
            });
        }
    }

    fn try_add(&mut self, object: &Object) -> Result<(), String> {
        let document = Document::parse(&object.text).map_err(|bad| bad.0)?;
        let zones = Zones::of(&document, self.home.zone.clone());
        let series = Series::read(&document, zones).map_err(|bad| bad.0)?;
        let takes = |event: &Component, length: jiff::SignedDuration| {
            self.filter.takes(event, length.as_secs())
        };
        let occurrences = series
            .occurrences(self.window, self.most, &mut self.budget, &takes)
            .map_err(|bad| bad.0)?;
        for occurrence in occurrences {
            let key = Key {
                start: occurrence.start.instant(&self.home.zone),
                calendar: object.calendar.clone(),
                uid: event::uid_of(occurrence.component),
            };
            if self.after.as_ref().is_none_or(|after| key > *after) {
                let mut event = event::present(object, &series, &occurrence);
                shorten(&mut event.description);
                self.found.push((key, event));
            }
        }
        Ok(())
    }
}

/// Cuts a long description, visibly.
fn shorten(description: &mut Option<String>) {
    if let Some(text) = description
        && let Some((end, _)) = text.char_indices().nth(DESCRIPTION_LIMIT)
    {
        text.truncate(end);
        text.push_str("… (cut; get_event shows all)");
    }
}
