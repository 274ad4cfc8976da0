//! Moving an event or task to another calendar by `WebDAV` MOVE: nothing is copied, and no byte is written anew, so
//! attendees, alarms and unknown properties go along. Nextcloud sends no message to attendees because of it (Sabre's
//! scheduling leaves MOVE alone).

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, Response};

use super::calendars::Calendar;
use super::home::Home;
use super::kind::Kind;
use super::objects::{Object, explain_write};
use crate::ical::Document;

/// How a move ended that Nextcloud did not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It is in the target calendar, under the same name and with the same etag.
    Done,
    /// It has another etag by now; nothing was moved.
    Changed,
}

/// Moves an object that still has this etag to a calendar that the user may write to. That the calendar where it lies
/// is writable is for the caller to know.
pub(crate) fn move_to(home: &Home, object: &Object, target: &Calendar) -> Result<Moved, Failure> {
    may_move(object, target)?;
    outcome(request(home, object, target).send()?, target)
}

/// Whether the target takes this object, before anything is sent.
pub(crate) fn may_move(object: &Object, target: &Calendar) -> Result<(), Failure> {
    let document = Document::parse(&object.text).map_err(|bad| {
        Failure::other(format!(
            "\"{}\" in the calendar \"{}\" is not understood: {}. Nothing was moved.",
            object.name, object.calendar, bad.0
        ))
    })?;
    let kind = [Kind::Event, Kind::Task]
        .into_iter()
        .find(|kind| {
            document
                .calendar
                .children(kind.component())
                .next()
                .is_some()
        })
        .ok_or_else(|| Failure::invalid("This is neither an event nor a task, so it stays."))?;
    target.for_writing(kind)?;
    if object.calendar == target.name {
        return Err(Failure::invalid(format!(
            "It is in the calendar \"{}\" already.",
            target.name
        )));
    }
    // Nextcloud hides them from everybody but the calendar's owner (recording `caldav/108`).
    let hidden = document.calendar.children(kind.component()).any(|item| {
        item.get("CLASS")
            .is_some_and(|class| !class.value.trim().eq_ignore_ascii_case("PUBLIC"))
    });
    match &target.shared_by {
        Some(owner) if hidden => Err(Failure::invalid(format!(
            "It is private or confidential, and the calendar \"{}\" is {owner}'s: the user would not see it there any more. \
             Nothing was moved.",
            target.name
        ))),
        _ => Ok(()),
    }
}

/// `Overwrite: F`: without it Nextcloud deletes what has the same name in the target (RFC 4918, 10.6).
pub(super) fn request(home: &Home, object: &Object, target: &Calendar) -> Request {
    Request::new("MOVE", home.object(&object.calendar, &object.name))
        .header(
            "destination",
            home.object(&target.name, &object.name).as_str(),
        )
        .header("overwrite", "F")
        .if_match(&object.etag)
        .about("the item")
}

pub(super) fn outcome(answer: Response, target: &Calendar) -> Result<Moved, Failure> {
    let said = answer.text().into_owned();
    let there_already = || {
        Failure::conflict(format!(
            "The calendar \"{}\" has this item already (the same UID or the same name), so nothing was moved. Look at the \
             one there; delete the one that is not wanted.",
            target.name
        ))
    };
    match answer.status() {
        412 if said.contains("overwrite") => Err(there_already()),
        412 => Ok(Moved::Changed),
        400 if said.contains("uid already exists") => Err(there_already()),
        // What the standard has for it (RFC 4791, 5.3.2.1).
        403 | 409 if said.contains("no-uid-conflict") => Err(there_already()),
        _ if answer.is_success() => answer.data().map(|_| Moved::Done),
        _ => Err(explain_write(&answer, &target.name)),
    }
}
