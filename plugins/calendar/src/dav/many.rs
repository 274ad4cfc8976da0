//! Reading and writing several objects side by side. Every write says `If-Match`; each has an outcome of its own.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, Response, send_all};

use super::calendars::Calendar;
use super::home::Home;
use super::moving::{self, Moved};
use super::objects::{ICALENDAR, Object, as_stored, explain_write};

/// What becomes of an object.
#[derive(Debug, Clone)]
pub(crate) enum Write<'a> {
    /// Its new text.
    Put(String),
    Delete,
    /// Into another calendar.
    Move(&'a Calendar),
}

/// How a write ended that Nextcloud did not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Done,
    /// The object has another etag by now: nothing was written.
    NotAsBefore,
}

/// The objects as they are stored, to the byte; see [`super::read`].
pub(crate) fn read_all(home: &Home, objects: &[&Object]) -> Vec<Result<Object, Failure>> {
    let request = |object: &&Object| {
        Request::get(home.object(&object.calendar, &object.name)).about("the item")
    };
    let answers = send_all(objects.iter().map(request));
    objects
        .iter()
        .zip(answers)
        .map(|(object, answer)| as_stored(&object.calendar, &object.name, answer))
        .collect()
}

/// Writes all of them; answers in their order.
pub(crate) fn write_all(
    home: &Home,
    writes: &[(&Object, Write<'_>)],
) -> Vec<Result<Written, Failure>> {
    let answers = send_all(writes.iter().map(|(object, write)| {
        let path = || home.object(&object.calendar, &object.name);
        let request = match write {
            Write::Put(text) => Request::put(path()).body(ICALENDAR, text.as_str()),
            Write::Delete => Request::delete(path()),
            Write::Move(target) => return moving::request(home, object, target),
        };
        request.if_match(&object.etag).about("the item")
    }));
    writes
        .iter()
        .zip(answers)
        .map(|((object, write), answer)| match write {
            Write::Move(target) => Ok(match moving::outcome(answer?, target)? {
                Moved::Done => Written::Done,
                Moved::Changed => Written::NotAsBefore,
            }),
            Write::Put(_) | Write::Delete => outcome(answer?, &object.calendar),
        })
        .collect()
}

fn outcome(answer: Response, calendar: &str) -> Result<Written, Failure> {
    match answer.status() {
        412 => Ok(Written::NotAsBefore),
        _ if answer.is_success() => answer.data().map(|_| Written::Done),
        _ => Err(explain_write(&answer, calendar)),
    }
}
