//! New objects stored side by side, each only where none is (`If-None-Match: *`), and what became of each.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, send_all};

use super::calendars::Calendar;
use super::home::Home;
use super::objects::{ICALENDAR, explain_write};

/// An object to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewObject {
    /// The last part of its address.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// How storing one ended that Nextcloud did not refuse for its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Done,
    /// The calendar has this UID, or this name, already (recordings `caldav/026` and `caldav/052`).
    Duplicate,
}

/// Stores them; answers in their order.
pub(crate) fn create_all(
    home: &Home,
    calendar: &Calendar,
    objects: &[NewObject],
) -> Vec<Result<Stored, Failure>> {
    let requests = objects.iter().map(|object| {
        Request::put(home.object(&calendar.name, &object.name))
            .if_absent()
            .body(ICALENDAR, object.text.as_str())
            .about("the item")
    });
    send_all(requests)
        .into_iter()
        .map(|answer| {
            let answer = answer?;
            match answer.status() {
                412 => Ok(Stored::Duplicate),
                400 if answer.text().contains("uid already exists") => Ok(Stored::Duplicate),
                // What RFC 4791, 5.3.2.1 asks for, and other servers say.
                403 | 409 if answer.text().contains("no-uid-conflict") => Ok(Stored::Duplicate),
                _ if answer.is_success() => answer.data().map(|_| Stored::Done),
                _ => Err(explain_write(&answer, &calendar.name)),
            }
        })
        .collect()
}
