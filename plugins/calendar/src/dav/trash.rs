//! The trash bin: what lies in it, and the way back. Nothing here deletes for good.
//!
//! Nextcloud's API for it (`apps/dav/lib/CalDAV/Trashbin` in its source): deleted events and tasks are found by a
//! REPORT on `trashbin/objects`, whose members have numbers for names (recordings `caldav/125` and `caldav/139`); what
//! is moved to `trashbin/restore` goes back to where it was.

use jiff::Timestamp;
use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Path, Request, Response, send_all};

use super::home::Home;
use super::listing::{self, Listing, deleted_at};
use super::query;
use super::xml::{CALDAV, Entry, NEXTCLOUD, multistatus};

/// A deleted event or task.
#[derive(Debug, Clone)]
pub(crate) struct Deleted {
    /// Its number.
    pub(crate) id: u64,
    /// Percent-encoded, as Nextcloud gives it.
    pub(crate) href: String,
    /// The calendar's name, as in its address.
    pub(crate) calendar: String,
    pub(crate) at: Option<Timestamp>,
}

/// The calendar home, and every deleted event and task of calendars that are not deleted themselves.
pub(crate) fn trashed(home: &Home) -> Result<(Listing, Vec<Deleted>), Failure> {
    let mut answers = send_all([
        listing::request(home),
        report(home, query::trashed()).about("the trash bin"),
    ])
    .into_iter();
    let mut next = || {
        answers
            .next()
            .unwrap_or_else(|| Err(Failure::internal("no answer")))
    };
    let (home_answer, bin_answer) = (next()?, next()?);
    let listing = listing::read(home, home_answer)?;
    if listing.trash == listing::Trash::None {
        return Err(no_trash_bin());
    }
    let deleted = entries(bin_answer)?.iter().filter_map(deleted).collect();
    Ok((listing, deleted))
}

/// The texts of deleted events and tasks, in their order; `None` for one that is not there any more.
pub(crate) fn texts(home: &Home, wanted: &[Deleted]) -> Result<Vec<Option<String>>, Failure> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let hrefs: Vec<&str> = wanted.iter().map(|deleted| deleted.href.as_str()).collect();
    let answer = report(home, query::trashed_texts(&hrefs))
        .about("the trash bin")
        .send()?;
    let found = entries(answer)?;
    let text = |deleted: &Deleted| {
        let entry = found.iter().find(|entry| id(entry) == Some(deleted.id))?;
        Some(entry.property(CALDAV, "calendar-data")?.text.clone())
    };
    Ok(wanted.iter().map(text).collect())
}

/// Puts a deleted event or task back. Its name is a number of its own, so nothing else can be meant by it, and what
/// lies in the trash bin does not change: it needs no `If-Match`.
pub(crate) fn restore(home: &Home, deleted: &Deleted) -> Result<(), Failure> {
    let path = bin(home)
        .segment("objects")
        .segment(format!("{}.ics", deleted.id));
    let answer = put_back(home, path).about("the deleted item").send()?;
    match answer.status() {
        // Nextcloud refuses so when the calendar has an item of the same name again.
        403 if answer.text().contains("already exists") => Err(Failure::conflict(format!(
            "The calendar \"{}\" has an item of the same name again, so the deleted one cannot come back beside it. Nothing \
             was changed. Look at that one first; to have both, move it to another calendar with move_event.",
            deleted.calendar
        ))),
        400 | 404 => Err(Failure::not_found(
            "It is not in the trash bin any more: restored already, or gone for good. list_trash shows what is there.",
        )),
        _ => answer.data().map(drop),
    }
}

/// Puts a deleted calendar back with everything in it. Of one that is not deleted Nextcloud says the same success, so
/// whoever calls looks first.
pub(crate) fn restore_calendar(home: &Home, name: &str) -> Result<(), Failure> {
    put_back(home, home.calendar(name))
        .about(format!("the deleted calendar \"{name}\""))
        .send()?
        .data()
        .map(drop)
}

fn put_back(home: &Home, path: Path) -> Request {
    // The last segment means nothing there; Nextcloud's own web page sends this one.
    let target = bin(home).segment("restore").segment("file");
    Request::new("MOVE", path)
        .header("destination", target.as_str())
        .header("overwrite", "F")
}

fn bin(home: &Home) -> Path {
    home.path().segment("trashbin")
}

fn report(home: &Home, body: Vec<u8>) -> Request {
    Request::new("REPORT", bin(home).segment("objects").folder())
        .header("depth", "1")
        .body("application/xml; charset=utf-8", body)
}

fn entries(answer: Response) -> Result<Vec<Entry>, Failure> {
    if answer.status() == 404 {
        return Err(no_trash_bin());
    }
    let answer = answer.ok()?;
    multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))
}

fn deleted(entry: &Entry) -> Option<Deleted> {
    Some(Deleted {
        id: id(entry)?,
        href: entry.href.clone(),
        calendar: entry.text(NEXTCLOUD, "calendar-uri")?.to_owned(),
        at: deleted_at(entry),
    })
}

fn id(entry: &Entry) -> Option<u64> {
    entry.name()?.strip_suffix(".ics")?.parse().ok()
}

fn no_trash_bin() -> Failure {
    Failure::unsupported(
        "This server's calendars have no trash bin: what is deleted there is gone.",
    )
}
