//! Stored objects (events, tasks): finding, reading and writing them, and what Nextcloud's statuses mean here.
//!
//! Nothing is written blindly: creation says `If-None-Match: *`, everything else `If-Match`.

use jiff::{SignedDuration, Timestamp};
use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, Response, send_all};

use super::calendars::Calendar;
use super::home::Home;
use super::kind::Kind;
use super::query::{self, Filter};
use super::xml::{CALDAV, DAV, Entry, multistatus};
use super::xml_text::comes_through;

/// Nextcloud reads days and floating times as UTC, people read them where they are: between 12 hours behind and 14
/// ahead. What comes too many is sorted out by whoever asks.
pub(super) const WIDEN: SignedDuration = SignedDuration::from_hours(14);
pub(super) const ICALENDAR: &str = "text/calendar; charset=utf-8";

/// A stored event or task.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// The calendar's name, as in its address.
    pub(crate) calendar: String,
    /// The last part of its own address.
    pub(crate) name: String,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) text: String,
}

impl Object {
    /// Whether it has this etag, where one was given.
    pub(crate) fn has(&self, etag: Option<&str>) -> bool {
        etag.map(str::trim)
            .filter(|etag| !etag.is_empty())
            .is_none_or(|etag| same_etag(etag, &self.etag))
    }
}

/// The objects of each calendar that may have an occurrence in `[from, to)`, all asked side by side. A task without any
/// date is in every range (RFC 4791, 9.9).
pub(crate) fn in_range<'a>(
    home: &Home,
    calendars: &[&'a Calendar],
    kind: Kind,
    from: Timestamp,
    to: Timestamp,
) -> Vec<(&'a Calendar, Result<Vec<Object>, Failure>)> {
    let from = from.saturating_sub(WIDEN).unwrap_or(from);
    let to = to.saturating_add(WIDEN).unwrap_or(to);
    query_all(home, calendars, kind, Filter::Range(from, to))
}

/// The objects of each calendar whose UID contains this text; the caller compares. Of text that XML cannot carry there
/// are none, since Nextcloud could neither take nor give it.
pub(crate) fn find<'a>(
    home: &Home,
    calendars: &[&'a Calendar],
    kind: Kind,
    uid: &str,
) -> Vec<(&'a Calendar, Result<Vec<Object>, Failure>)> {
    if !comes_through(uid) {
        return calendars
            .iter()
            .map(|calendar| (*calendar, Ok(Vec::new())))
            .collect();
    }
    query_all(home, calendars, kind, Filter::Uid(uid))
}

/// Every object of this kind in each calendar.
pub(crate) fn all<'a>(
    home: &Home,
    calendars: &[&'a Calendar],
    kind: Kind,
) -> Vec<(&'a Calendar, Result<Vec<Object>, Failure>)> {
    query_all(home, calendars, kind, Filter::All)
}

fn query_all<'a>(
    home: &Home,
    calendars: &[&'a Calendar],
    kind: Kind,
    filter: Filter<'_>,
) -> Vec<(&'a Calendar, Result<Vec<Object>, Failure>)> {
    let body = query::objects(kind, filter);
    let answers = send_all(
        calendars
            .iter()
            .map(|calendar| report(home, calendar, body.clone())),
    );
    let objects = |calendar: &Calendar, answer| {
        let entries = entries(answer)?;
        Ok(entries
            .iter()
            .filter_map(|entry| object(calendar, entry))
            .collect())
    };
    calendars
        .iter()
        .zip(answers)
        .map(|(calendar, answer)| (*calendar, objects(calendar, answer)))
        .collect()
}

/// A REPORT on a calendar.
pub(super) fn report(home: &Home, calendar: &Calendar, body: Vec<u8>) -> Request {
    Request::new("REPORT", home.calendar(&calendar.name))
        // Depth 0, the default, is an error (recording `caldav/076`).
        .header("depth", "1")
        .header("x-nc-caldav-webcal-caching", "On")
        .body("application/xml; charset=utf-8", body)
        .about(format!("the calendar \"{}\"", calendar.name))
}

/// What a REPORT found.
pub(super) fn entries(answer: Result<Response, Failure>) -> Result<Vec<Entry>, Failure> {
    let answer = answer?.ok()?;
    multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))
}

pub(super) fn object(calendar: &Calendar, entry: &Entry) -> Option<Object> {
    let etag = entry.text(DAV, "getetag")?;
    let text = entry.property(CALDAV, "calendar-data")?.text.clone();
    Some(Object {
        calendar: calendar.name.clone(),
        name: entry.name()?,
        etag: bare(etag).to_owned(),
        text,
    })
}

/// The object as it is stored, to the byte. (A REPORT passes through XML, which turns CR LF into LF.)
pub(crate) fn read(home: &Home, calendar: &str, name: &str) -> Result<Object, Failure> {
    let answer = Request::get(home.object(calendar, name))
        .about("the item")
        .send();
    as_stored(calendar, name, answer)
}

pub(super) fn as_stored(
    calendar: &str,
    name: &str,
    answer: Result<Response, Failure>,
) -> Result<Object, Failure> {
    let answer = answer?.data()?;
    let etag = answer.etag().unwrap_or_default().to_owned();
    let text = String::from_utf8(answer.bytes().to_vec()).map_err(|_| {
        Failure::other(
            "The item is not stored as UTF-8, so it cannot be changed here without damage.",
        )
    })?;
    Ok(Object {
        calendar: calendar.to_owned(),
        name: name.to_owned(),
        etag,
        text,
    })
}

/// Stores a new object, and gives it as Nextcloud has it.
pub(crate) fn create(
    home: &Home,
    calendar: &Calendar,
    name: &str,
    text: &str,
) -> Result<Object, Failure> {
    create_in(home, &calendar.name, name, text)
}

/// As [`create`], in the calendar of this name.
pub(crate) fn create_in(
    home: &Home,
    calendar: &str,
    name: &str,
    text: &str,
) -> Result<Object, Failure> {
    let answer = Request::put(home.object(calendar, name))
        .if_absent()
        .body(ICALENDAR, text)
        .about(format!("an item in the calendar \"{calendar}\""))
        .send()?;
    if !answer.is_success() {
        return Err(explain_write(&answer, calendar));
    }
    stored(home, calendar, name, text, answer)
}

/// Replaces an object that still has this etag. `Ok(None)`: it has another one by now.
pub(crate) fn put(home: &Home, object: &Object, text: &str) -> Result<Option<Object>, Failure> {
    let answer = Request::put(home.object(&object.calendar, &object.name))
        .if_match(&object.etag)
        .body(ICALENDAR, text)
        .about("the item")
        .send()?;
    match answer.status() {
        412 => Ok(None),
        _ if answer.is_success() => {
            stored(home, &object.calendar, &object.name, text, answer).map(Some)
        }
        _ => Err(explain_write(&answer, &object.calendar)),
    }
}

/// Deletes an object that still has this etag. `Ok(false)`: it has another one by now.
pub(crate) fn delete(home: &Home, object: &Object) -> Result<bool, Failure> {
    let answer = Request::delete(home.object(&object.calendar, &object.name))
        .if_match(&object.etag)
        .about("the item")
        .send()?;
    match answer.status() {
        412 => Ok(false),
        _ if answer.is_success() => answer.data().map(|_| true),
        _ => Err(explain_write(&answer, &object.calendar)),
    }
}

/// Nextcloud sends no etag when it stored something else than it was given (recordings `caldav/041` and
/// `caldav/099`): then only reading tells what is there.
fn stored(
    home: &Home,
    calendar: &str,
    name: &str,
    text: &str,
    answer: Response,
) -> Result<Object, Failure> {
    let answer = answer.data()?;
    let Some(etag) = answer.etag() else {
        return read(home, calendar, name).map_err(|failure| Failure {
            message: format!(
                "The item was written, but could not be read back. {}",
                failure.message
            ),
            ..failure
        });
    };
    Ok(Object {
        calendar: calendar.to_owned(),
        name: name.to_owned(),
        etag: etag.to_owned(),
        text: text.to_owned(),
    })
}

/// What a refused write means.
pub(super) fn explain_write(answer: &Response, calendar: &str) -> Failure {
    let said = answer.text();
    match answer.status() {
        // A read-only share answers so for every write (recordings `caldav/105` and `caldav/106`).
        404 if said.contains("Calendar with name") || said.contains("Node with name") => {
            Failure::denied(format!(
                "Nextcloud takes no change in the calendar \"{calendar}\": it is shared with the user for reading only, or \
             it is gone. list_calendars shows what is writable."
            ))
        }
        // Gone since it was found (recordings `caldav/120` and `caldav/123`).
        404 if said.contains("Calendar object not found") => Failure::not_found(format!(
            "It is not in the calendar \"{calendar}\" any more: deleted or moved meanwhile. list_trash shows what was deleted."
        )),
        400 if said.contains("uid already exists") => Failure::conflict(format!(
            "The calendar \"{calendar}\" has an item with this UID already: change that one instead."
        )),
        // Recordings `caldav/122` and `caldav/144`.
        500 if said.contains("SQLSTATE[23")
            || said.contains("UNIQUE constraint")
            || said.contains("Duplicate entry") =>
        {
            Failure::conflict(format!(
                "An item with this UID lies in the trash bin of the calendar \"{calendar}\", and Nextcloud refuses a second \
                 one. list_trash shows it, restore_from_trash brings it back."
            ))
        }
        403 if said.contains("InvalidComponentType") => Failure::invalid(format!(
            "The calendar \"{calendar}\" does not take this kind of item: list_calendars shows what each one holds."
        )),
        // The calendar of birthdays, for one (recording `caldav/132`).
        403 => Failure::denied(format!(
            "Nextcloud lets nobody write to the calendar \"{calendar}\" this way. list_calendars shows what is writable."
        )),
        405 => Failure::unsupported(format!(
            "Nextcloud takes no items in \"{calendar}\": it is no ordinary calendar. list_calendars shows those that are."
        )),
        _ => answer.failure(),
    }
}

/// Whether two etags are the same, quoted or not.
pub(crate) fn same_etag(one: &str, other: &str) -> bool {
    bare(one) == bare(other)
}

fn bare(etag: &str) -> &str {
    etag.trim().trim_start_matches("W/").trim_matches('"')
}
