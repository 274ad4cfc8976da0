//! Finding one event or task, showing events, and the words that several tools say.

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Serialize;

use crate::dav::{self, Calendar, Home, Kind, Object};
use crate::event::{self, Event};
use crate::ical::Document;
use crate::recurrence::{Item, Occurrence, Series};
use crate::zone::{Moment, Zones};

/// One event in full.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventReply {
    pub(crate) event: Event,
    /// The time zone of the times here.
    pub(crate) shown_in: String,
    /// Opens the event in the Calendar app.
    pub(crate) link: String,
}

/// Arguments that are absent and arguments that are empty mean the same where a name is expected.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The stored object with this UID, in one calendar or wherever it is.
pub(crate) fn find(
    home: &Home,
    kind: Kind,
    calendar_name: Option<&str>,
    uid: &str,
) -> Result<(Calendar, Object), Failure> {
    let uid = checked_uid(uid)?;
    let calendars = dav::list(home)?;
    let searched: Vec<&Calendar> = match given(calendar_name) {
        Some(name) => vec![dav::choose(&calendars, name)?.holding(kind)?],
        None => calendars
            .iter()
            .filter(|calendar| calendar.holds(kind))
            .collect(),
    };
    if searched.is_empty() {
        return Err(Failure::not_found(format!(
            "None of the user's calendars holds {}. list_calendars shows what there is.",
            kind.plural()
        )));
    }
    let (mut found, failed) = with_uid(home, &searched, kind, uid);
    match (found.len(), failed) {
        (1, _) => found
            .pop()
            .ok_or_else(|| Failure::internal("the object vanished")),
        (0, Some(failure)) => Err(failure),
        (0, None) => {
            let names: Vec<&str> = searched
                .iter()
                .map(|calendar| calendar.name.as_str())
                .collect();
            Err(Failure::not_found(format!(
                "There is no {} \"{uid}\" in {}. list_{} shows what is there.",
                kind.singular(),
                names.join(", "),
                kind.listed_by(),
            )))
        }
        _ => {
            let names: Vec<&str> = found
                .iter()
                .map(|(calendar, _)| calendar.name.as_str())
                .collect();
            Err(Failure::invalid(format!(
                "This {} is in several calendars. Say in calendar_name which one: {}.",
                kind.singular(),
                names.join(", ")
            )))
        }
    }
}

/// As [`find`], in a calendar that the user may write to.
pub(crate) fn find_for_writing(
    home: &Home,
    kind: Kind,
    calendar_name: Option<&str>,
    uid: &str,
) -> Result<(Calendar, Object), Failure> {
    let (calendar, object) = find(home, kind, calendar_name, uid)?;
    calendar.for_writing(kind)?;
    Ok((calendar, object))
}

/// The objects in these calendars with this UID, and why one of the calendars could not be read.
pub(crate) fn with_uid(
    home: &Home,
    calendars: &[&Calendar],
    kind: Kind,
    uid: &str,
) -> (Vec<(Calendar, Object)>, Option<Failure>) {
    let (mut found, mut failed) = (Vec::new(), None);
    for (calendar, objects) in dav::find(home, calendars, kind, uid) {
        match objects {
            Ok(objects) => found.extend(
                objects
                    .into_iter()
                    .filter(|object| has_uid(object, kind, uid))
                    .map(|object| (calendar.clone(), object)),
            ),
            Err(failure) => failed = Some(failure),
        }
    }
    (found, failed)
}

/// A UID as a caller gave it.
pub(crate) fn checked_uid(uid: &str) -> Result<&str, Failure> {
    let uid = uid.trim();
    if uid.is_empty() || uid.chars().any(char::is_control) {
        return Err(Failure::invalid(
            "The uid is empty or has control characters in it: give the one that the lists show.",
        ));
    }
    Ok(uid)
}

pub(crate) fn has_uid(object: &Object, kind: Kind, uid: &str) -> bool {
    Document::parse(&object.text).is_ok_and(|document| {
        document
            .calendar
            .children(kind.component())
            .any(|item| event::uid_of(item) == uid)
    })
}

/// The text and its series, or why they are not understood.
pub(crate) fn document(object: &Object) -> Result<Document, Failure> {
    Document::parse(&object.text).map_err(|bad| not_understood(object, &bad.0))
}

pub(crate) fn series<'d>(
    home: &Home,
    object: &Object,
    document: &'d Document,
) -> Result<Series<'d>, Failure> {
    Series::read(document, Zones::of(document, home.zone.clone()))
        .map_err(|bad| not_understood(object, &bad.0))
}

fn not_understood(object: &Object, why: &str) -> Failure {
    Failure::other(format!(
        "The event as it is stored (\"{}\" in the calendar \"{}\") is not understood: {why}. Nothing was changed; the \
         Calendar app may open it.",
        object.name, object.calendar
    ))
}

/// The event itself: the master of a series, or the occurrence to which the user is invited.
pub(crate) fn show(
    home: &Home,
    object: &Object,
    series: &Series<'_>,
) -> Result<EventReply, Failure> {
    let item = series.master.as_ref().or_else(|| series.overrides.first());
    let occurrence = item
        .and_then(occurrence_of)
        .ok_or_else(|| not_understood(object, "it holds no event"))?;
    Ok(EventReply {
        event: event::present(object, series, &occurrence),
        shown_in: home.zone_name().to_owned(),
        link: event::link(home, object),
    })
}

/// Reads a text that was just written or read, and shows it.
pub(crate) fn show_object(home: &Home, object: &Object) -> Result<EventReply, Failure> {
    let document = document(object)?;
    show(home, object, &series(home, object, &document)?)
}

/// One occurrence of what was just written.
pub(crate) fn show_occurrence(
    home: &Home,
    object: &Object,
    id: &Moment,
) -> Result<EventReply, Failure> {
    let document = document(object)?;
    let series = series(home, object, &document)?;
    let occurrence = series
        .occurrence_at(id)
        .map_err(|bad| not_understood(object, &bad.0))?
        .ok_or_else(|| not_understood(object, "the occurrence is not in it"))?;
    Ok(EventReply {
        event: event::present(object, &series, &occurrence),
        shown_in: home.zone_name().to_owned(),
        link: event::link(home, object),
    })
}

/// As [`show_object`], after it was stored: what follows does not undo that.
pub(crate) fn show_stored(home: &Home, object: &Object) -> Result<EventReply, Failure> {
    show_object(home, object).map_err(|_| {
        Failure::other(format!(
            "The event was written (\"{}\" in the calendar \"{}\"), but what Nextcloud made of it is not understood: look at \
             it in the Calendar app.",
            object.name, object.calendar
        ))
    })
}

pub(crate) fn occurrence_of<'d>(item: &Item<'d>) -> Option<Occurrence<'d>> {
    Some(Occurrence {
        component: item.component,
        start: item.start.clone(),
        end: item.end()?,
        id: item.id.clone(),
    })
}

/// Somebody else was faster: what is there now.
pub(crate) fn changed_meanwhile(home: &Home, object: &Object) -> Failure {
    let failure = Failure::conflict(
        "The event changed since it was read, so nothing was written. This is what is there now: repeat the change on it, \
         with its etag.",
    );
    match dav::read(home, &object.calendar, &object.name).and_then(|now| show_object(home, &now)) {
        Ok(shown) => failure.with(&shown),
        Err(_) => Failure::conflict(
            "The event changed since it was read, so nothing was written. Read it again with get_event.",
        ),
    }
}

/// `Team sync`, or that there is no title.
pub(crate) fn title(event: &Event) -> String {
    if event.title.is_empty() {
        "An event without title".to_owned()
    } else {
        format!("\"{}\"", event.title)
    }
}

/// When an event is, in a form to read.
pub(crate) fn when(event: &Event) -> String {
    let repeats = if event.recurrence_rule.is_some() && event.recurrence_id.is_none() {
        ", repeating"
    } else {
        ""
    };
    if event.all_day {
        let last = event
            .last_day
            .as_ref()
            .map(|last| format!(" to {last}"))
            .unwrap_or_default();
        return format!("{}{last}, all day{repeats}", event.start);
    }
    format!("{} to {}{repeats}", event.start, event.end)
}

/// What a reader of naive times must know where Nextcloud does not say the user's zone.
pub(crate) fn zone_note(home: &Home) -> &'static str {
    if home.zone_known {
        ""
    } else {
        " Nextcloud does not say the user's time zone, so times without one are UTC; the user sets it under Settings > Personal."
    }
}

/// The clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}
