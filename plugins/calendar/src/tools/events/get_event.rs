//! `get_event`: one event with everything that a calendar shows of it.

use jiff::{Span, Timestamp};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{
    EventReply, document, find, now, occurrence_of, series, show, show_occurrence, title, when,
    zone_note,
};
use crate::dav::{Home, Kind, Object};
use crate::event::{self, Event, occurrence_of_argument};
use crate::recurrence::{Budget, Item, Series, Window};

pub(crate) const DESCRIPTION: &str = "Reads one event in full; of a series also the next occurrences and the changed \
ones, or with recurrence_id that one. Its etag goes into update_event and delete_event. Example: event_uid \"4f6e…\" as \
list_events shows it.";

/// Occurrences of a series to show.
const NEXT: usize = 5;
/// How far to look for them.
const NEXT_YEARS: i16 = 10;
const BUDGET: u32 = 400_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    event_uid: String,
    calendar_name: Option<String>,
    recurrence_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    #[serde(flatten)]
    shown: EventReply,
    /// Of a series: the starts of the next occurrences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
    /// Occurrences that differ from the series: changed, moved or called off (status CANCELLED).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<Exception>,
    /// Occurrences that were taken out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excluded: Vec<String>,
}

/// An occurrence that differs.
#[derive(Debug, Serialize, JsonSchema)]
struct Exception {
    /// Where the series has it.
    recurrence_id: String,
    start: String,
    end: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn get_event(arguments: Arguments) -> Result<Reply<Answer>, Failure> {
    let home = Home::of_caller()?;
    let (_, object) = find(
        &home,
        Kind::Event,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    let document = document(&object)?;
    let series = series(&home, &object, &document)?;
    let one = occurrence_of_argument(arguments.recurrence_id.as_deref(), &series)?;
    let shown = match &one {
        Some(id) => show_occurrence(&home, &object, id)?,
        None => show(&home, &object, &series)?,
    };
    let text = format!(
        "{}, {}, in \"{}\".{}",
        title(&shown.event),
        when(&shown.event),
        object.calendar,
        zone_note(&home)
    );
    let reader = series.zones.reader();
    let mut answer = Answer {
        shown,
        next: Vec::new(),
        exceptions: Vec::new(),
        excluded: Vec::new(),
    };
    if one.is_none() {
        answer.next = next(&series);
        answer.exceptions = exceptions(&object, &series);
        let excluded = series.excluded.iter();
        answer.excluded = excluded
            .map(|moment| event::day_or_time(moment, reader))
            .collect();
    }
    Ok(Reply::new(text, answer))
}

fn next(series: &Series<'_>) -> Vec<String> {
    if !series.is_recurring() {
        return Vec::new();
    }
    let reader = series.zones.reader();
    let from = now();
    let to = from
        .to_zoned(reader.clone())
        .checked_add(Span::new().years(NEXT_YEARS))
        .map_or(Timestamp::MAX, |to| to.timestamp());
    let window = Window {
        from,
        to,
        starting: Timestamp::MIN,
    };
    // What takes too much work is left out here: the event itself is what was asked for.
    let found = series
        .occurrences(window, NEXT, &mut Budget::new(BUDGET), &|_, _| true)
        .unwrap_or_default();
    found
        .iter()
        .take(NEXT)
        .map(|occurrence| event::day_or_time(&occurrence.start, reader))
        .collect()
}

fn exceptions(object: &Object, series: &Series<'_>) -> Vec<Exception> {
    let exception = |item: &Item<'_>| {
        let Event {
            title,
            start,
            end,
            status,
            recurrence_id,
            ..
        } = event::present(object, series, &occurrence_of(item)?);
        Some(Exception {
            recurrence_id: recurrence_id?,
            start,
            end,
            title,
            status,
        })
    };
    // Without a master the first one is the event that is shown.
    let shown = usize::from(series.master.is_none());
    series
        .overrides
        .iter()
        .skip(shown)
        .filter_map(exception)
        .collect()
}
