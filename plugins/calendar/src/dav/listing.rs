//! What lies in the calendar home: calendars, deleted ones, and how long deleted things are kept.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, Response};

use super::calendars::Calendar;
use super::color::Color;
use super::home::Home;
use super::query;
use super::xml::{
    APPLE, CALDAV, CALENDARSERVER, DAV, Entry, NEXTCLOUD, OWNCLOUD, last_segment, multistatus,
};
use crate::ical::Document;

/// The calendar home as one PROPFIND shows it.
#[derive(Debug)]
pub(crate) struct Listing {
    /// In Nextcloud's order.
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) deleted: Vec<DeletedCalendar>,
    pub(crate) trash: Trash,
}

/// A calendar in the trash bin.
#[derive(Debug, Clone)]
pub(crate) struct DeletedCalendar {
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) deleted_at: Option<Timestamp>,
}

/// What becomes of deleted things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trash {
    /// This server has no trash bin.
    None,
    /// It keeps them, so many seconds where Nextcloud says; 0: the administrator switched it off.
    Keeps(Option<u64>),
}

impl Trash {
    /// Whether what is deleted is gone at once.
    pub(crate) fn is_off(self) -> bool {
        matches!(self, Self::None | Self::Keeps(Some(0)))
    }

    /// Behind "is kept": `for 30 days`.
    pub(crate) fn how_long(self) -> String {
        const HOUR: u64 = 60 * 60;
        match self {
            Self::Keeps(Some(seconds)) if seconds >= 48 * HOUR => {
                format!("for {} days", seconds / (24 * HOUR))
            }
            Self::Keeps(Some(seconds)) if seconds > 0 => {
                format!("for {} hours", seconds.div_ceil(HOUR))
            }
            // Nextcloud's default.
            Self::Keeps(None) => {
                "for 30 days, unless the administrator set another time".to_owned()
            }
            Self::None | Self::Keeps(Some(_)) => "not at all".to_owned(),
        }
    }
}

/// Asks for the home.
pub(super) fn request(home: &Home) -> Request {
    Request::new("PROPFIND", home.path())
        .header("depth", "1")
        // Without it Nextcloud lists subscriptions, but does not let their events be read.
        .header("x-nc-caldav-webcal-caching", "On")
        .body("application/xml; charset=utf-8", query::calendars())
        .about("the user's calendars")
}

pub(super) fn read(home: &Home, answer: Response) -> Result<Listing, Failure> {
    let answer = answer.ok()?;
    let entries = multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))?;
    Ok(Listing {
        calendars: entries
            .iter()
            .filter_map(|entry| calendar(entry, home))
            .collect(),
        deleted: entries.iter().filter_map(deleted).collect(),
        trash: entries.iter().find_map(trash).unwrap_or(Trash::None),
    })
}

/// Everything in the calendar home.
pub(crate) fn listing(home: &Home) -> Result<Listing, Failure> {
    read(home, request(home).send()?)
}

/// Every calendar of the user, in Nextcloud's order.
pub(crate) fn list(home: &Home) -> Result<Vec<Calendar>, Failure> {
    Ok(listing(home)?.calendars)
}

/// `None` for what lies beside the calendars: inbox, outbox, trash bin, deleted calendars (recording `caldav/127`).
pub(super) fn calendar(entry: &Entry, home: &Home) -> Option<Calendar> {
    let kinds = entry.property(DAV, "resourcetype")?;
    let subscribed = kinds.has(CALENDARSERVER, "subscribed");
    if !kinds.has(CALDAV, "calendar") && !subscribed {
        return None;
    }
    let name = entry.name()?;
    let subscribed_from = source(entry);
    let owner = owner(entry).filter(|owner| *owner != home.account.id);
    let word = |namespace, name| entry.text(namespace, name).map(str::to_owned);
    Some(Calendar {
        display_name: word(DAV, "displayname").unwrap_or_else(|| name.clone()),
        writable: !subscribed
            && subscribed_from.is_none()
            && may(entry, &["all", "write", "write-content", "bind"]),
        // Nextcloud counts `write-acl` as a part of `write`, but shares nothing on for others.
        may_share: owner.is_none() && !subscribed && may(entry, &["all", "write-acl"]),
        components: components(entry),
        description: word(CALDAV, "calendar-description"),
        color: entry.text(APPLE, "calendar-color").map(Color::of_stored),
        shared_by: owner
            .as_ref()
            .map(|owner| word(NEXTCLOUD, "owner-displayname").unwrap_or_else(|| owner.clone())),
        owner,
        subscribed_from,
        order: entry
            .text(APPLE, "calendar-order")
            .and_then(|order| order.parse().ok())
            .filter(|order| *order != 0),
        hidden: entry.text(OWNCLOUD, "calendar-enabled") == Some("0"),
        transparent: entry
            .property(CALDAV, "schedule-calendar-transp")
            .is_some_and(|word| word.has(CALDAV, "transparent")),
        time_zone: entry.text(CALDAV, "calendar-timezone").and_then(zone_of),
        name,
    })
}

fn components(entry: &Entry) -> Vec<String> {
    match entry.property(CALDAV, "supported-calendar-component-set") {
        Some(set) => set
            .children()
            .filter_map(|part| part.attribute("name"))
            .map(str::to_uppercase)
            .collect(),
        // A server that does not say takes all of them (RFC 4791, 5.2.3).
        None => vec!["VEVENT".to_owned(), "VTODO".to_owned()],
    }
}

fn source(entry: &Entry) -> Option<String> {
    let source = entry.property(CALENDARSERVER, "source")?;
    let href = source.child(DAV, "href").unwrap_or(source).text.trim();
    (!href.is_empty()).then(|| href.to_owned())
}

/// A read-only share has `write-properties` only, and so has the calendar of birthdays (recording `caldav/104`).
fn may(entry: &Entry, privileges: &[&str]) -> bool {
    entry
        .property(DAV, "current-user-privilege-set")
        .is_some_and(|set| {
            set.children()
                .any(|privilege| privileges.iter().any(|name| privilege.has(DAV, name)))
        })
}

fn owner(entry: &Entry) -> Option<String> {
    last_segment(&entry.property(DAV, "owner")?.child(DAV, "href")?.text)
}

/// The zone that a calendar's VTIMEZONE names.
fn zone_of(text: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let zone = document.calendar.children("VTIMEZONE").next()?;
    Some(zone.get("TZID")?.value.trim().to_owned())
}

fn deleted(entry: &Entry) -> Option<DeletedCalendar> {
    if !entry
        .property(DAV, "resourcetype")?
        .has(NEXTCLOUD, "deleted-calendar")
    {
        return None;
    }
    let name = entry.name()?;
    Some(DeletedCalendar {
        display_name: entry.text(DAV, "displayname").unwrap_or(&name).to_owned(),
        deleted_at: deleted_at(entry),
        name,
    })
}

/// When something was deleted, as an ISO date (recordings `caldav/127` and `caldav/139`).
pub(super) fn deleted_at(entry: &Entry) -> Option<Timestamp> {
    entry.text(NEXTCLOUD, "deleted-at")?.parse().ok()
}

fn trash(entry: &Entry) -> Option<Trash> {
    let is_bin = entry
        .property(DAV, "resourcetype")?
        .has(NEXTCLOUD, "trash-bin");
    let seconds = || {
        entry
            .text(NEXTCLOUD, "trash-bin-retention-duration")
            .and_then(|seconds| seconds.parse().ok())
    };
    is_bin.then(|| Trash::Keeps(seconds()))
}
