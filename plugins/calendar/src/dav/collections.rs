//! Calendars themselves: made, changed and deleted, and what Nextcloud says to that.
//!
//! A collection has no etag, so no request here can say `If-Match`: MKCALENDAR refuses a name that is taken by itself,
//! PROPPATCH names only what is to change, and what is deleted goes to the trash bin.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::Request;

use super::calendars::Calendar;
use super::home::Home;
use super::kind::Kind;
use super::listing;
use super::properties::Properties;
use super::query;
use super::xml::{DAV, multistatus};

const XML: &str = "application/xml; charset=utf-8";

/// Something that lies in a calendar.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Percent-encoded, as Nextcloud gives it.
    pub(crate) href: String,
    pub(crate) etag: String,
    /// `None` for what is neither event nor task.
    pub(crate) kind: Option<Kind>,
}

/// How an attempt to make a calendar ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Done,
    /// Something has this name: a calendar, or one in the trash bin (recordings `caldav/018` and `caldav/129`).
    NameTaken,
}

/// Makes a calendar.
pub(crate) fn make(
    home: &Home,
    name: &str,
    properties: &Properties,
    holds: &[Kind],
) -> Result<Made, Failure> {
    let answer = Request::new("MKCALENDAR", home.calendar(name))
        .body(XML, properties.mkcalendar(holds))
        .about(format!("the calendar \"{name}\""))
        .send()?;
    match answer.status() {
        405 => Ok(Made::NameTaken),
        _ => answer.data().map(|_| Made::Done),
    }
}

/// Changes a calendar: all that is asked for, or nothing (RFC 4918, 9.2).
pub(crate) fn change(
    home: &Home,
    calendar: &Calendar,
    properties: &Properties,
) -> Result<(), Failure> {
    let answer = Request::new("PROPPATCH", home.calendar(&calendar.name))
        .body(XML, properties.proppatch())
        .about(format!("the calendar \"{}\"", calendar.name))
        .send()?
        .ok()?;
    let entries = multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))?;
    let refused = properties.unconfirmed(&entries);
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::denied(format!(
        "Nextcloud does not let the user change {} of the calendar \"{}\", so nothing was changed.",
        refused.join(", "),
        calendar.name
    )))
}

/// One calendar as it is now.
pub(crate) fn read_calendar(home: &Home, name: &str) -> Result<Calendar, Failure> {
    let answer = Request::new("PROPFIND", home.calendar(name))
        .header("depth", "0")
        .header("x-nc-caldav-webcal-caching", "On")
        .body(XML, query::calendars())
        .about(format!("the calendar \"{name}\""))
        .send()?
        .ok()?;
    let entries = multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))?;
    entries
        .iter()
        .find_map(|entry| listing::calendar(entry, home))
        .ok_or_else(|| Failure::not_found(format!("There is no calendar \"{name}\" any more.")))
}

/// Everything that lies in a calendar.
pub(crate) fn members(home: &Home, calendar: &Calendar) -> Result<Vec<Member>, Failure> {
    let answer = Request::new("PROPFIND", home.calendar(&calendar.name))
        .header("depth", "1")
        .body(XML, query::members())
        .about(format!("the calendar \"{}\"", calendar.name))
        .send()?
        .ok()?;
    let entries = multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))?;
    // The calendar itself is the first entry, and has no etag.
    let member = |entry: &super::xml::Entry| {
        let kind = entry.text(DAV, "getcontenttype").and_then(|kind| {
            [Kind::Event, Kind::Task].into_iter().find(|one| {
                kind.to_uppercase()
                    .ends_with(&format!("COMPONENT={}", one.component()))
            })
        });
        Some(Member {
            etag: entry.text(DAV, "getetag")?.to_owned(),
            href: entry.href.clone(),
            kind,
        })
    };
    Ok(entries.iter().filter_map(member).collect())
}

/// Deletes a calendar of the user's own; ends a share or a subscription for the user alone.
pub(crate) fn remove(home: &Home, calendar: &Calendar) -> Result<(), Failure> {
    let answer = Request::delete(home.calendar(&calendar.name))
        .about(format!("the calendar \"{}\"", calendar.name))
        .send()?;
    // Deleted, or no longer shared, meanwhile (recording `caldav/115`).
    if answer.status() == 404 {
        return Err(Failure::not_found(format!(
            "The calendar \"{}\" is not there any more.",
            calendar.name
        )));
    }
    answer.data().map(drop)
}
