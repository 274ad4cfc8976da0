//! `export_ics`: an item, a calendar, or what a calendar has in a range of days, as iCalendar text.

use nextcloud_mcp_plugin::{Body, Content, Embedded, Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::calendars::locate::locate;
use super::super::shared::given;
use super::join::{Joined, join};
use super::range::range;
use crate::dav::{self, Calendar, Home, Kind, Object};

pub(crate) const DESCRIPTION: &str = "Exports iCalendar text (.ics): one event or task, or a calendar, whole or what it has from \
start_date to end_date. Example: calendar_name \"work\", start_date 2026-12-01, end_date 2026-12-31.";

/// More than this no model reads in one answer, and a client that keeps it has a file for it.
const MOST_BYTES: usize = 1 << 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Needed unless `event_uid` is given.
    calendar_name: Option<String>,
    /// Of an event or task.
    event_uid: Option<String>,
    start_date: Option<String>,
    /// Last day, or time.
    end_date: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Exported {
    calendar: String,
    /// Events and tasks; a series is one.
    items: usize,
    bytes: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct LeftOut {
    uid: String,
    reason: String,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn export_ics(arguments: Arguments) -> Result<Reply<Exported>, Failure> {
    let home = Home::of_caller()?;
    let range = range(
        given(arguments.start_date.as_deref()),
        given(arguments.end_date.as_deref()),
        &home.zone,
    )?;
    let name = given(arguments.calendar_name.as_deref());
    match (given(arguments.event_uid.as_deref()), name) {
        (Some(_), _) if range.is_some() => Err(Failure::invalid(
            "One item is exported whole: leave start_date and end_date out, or event_uid.",
        )),
        (Some(uid), name) => one(&home, uid, name),
        (None, None) => Err(Failure::invalid(
            "What shall be exported? Give calendar_name, or the event_uid of one item.",
        )),
        (None, Some(name)) => {
            let calendars = dav::list(&home)?;
            let calendar = dav::choose(&calendars, name)?;
            let mut objects = Vec::new();
            for kind in [Kind::Event, Kind::Task] {
                if calendar.holds(kind) {
                    let found = match range {
                        Some((from, to)) => dav::in_range(&home, &[calendar], kind, from, to),
                        None => dav::all(&home, &[calendar], kind),
                    };
                    for (_, found) in found {
                        objects.extend(found?);
                    }
                }
            }
            several(&home, calendar, &objects)
        }
    }
}

/// One item as it is stored, to the byte.
fn one(home: &Home, uid: &str, calendar_name: Option<&str>) -> Result<Reply<Exported>, Failure> {
    let calendars = dav::list(home)?;
    let located = locate(home, &calendars, calendar_name, uid)?;
    let object = dav::read(home, &located.calendar.name, &located.object.name)?;
    let joined = Joined {
        text: object.text,
        items: 1,
        left_out: Vec::new(),
    };
    let address = format!(
        "{}{}",
        home.server.url,
        home.address(&object.calendar, Some(&object.name))
    );
    reply(&object.calendar, joined, address)
}

fn several(
    home: &Home,
    calendar: &Calendar,
    objects: &[Object],
) -> Result<Reply<Exported>, Failure> {
    // Where a person finds the same: Nextcloud's own export.
    let address = format!(
        "{}{}?export",
        home.server.url,
        home.address(&calendar.name, None)
    );
    reply(
        &calendar.name,
        join(objects, &calendar.display_name),
        address,
    )
}

fn reply(calendar: &str, joined: Joined, address: String) -> Result<Reply<Exported>, Failure> {
    let bytes = joined.text.len();
    if bytes > MOST_BYTES {
        return Err(Failure::limited(format!(
            "That is {bytes} bytes of iCalendar text, more than the {MOST_BYTES} that one answer carries. Export a smaller \
             range of days; the user can download all of it at {address}"
        )));
    }
    let count = match joined.items {
        1 => "1 item".to_owned(),
        items => format!("{items} items"),
    };
    let missing = match joined.left_out.len() {
        0 => String::new(),
        left_out => {
            format!(" {left_out} could not be put into one text with the others; see left_out.")
        }
    };
    let text = format!("Exported {count} of \"{calendar}\", {bytes} bytes.{missing}");
    let left_out = joined
        .left_out
        .into_iter()
        .map(|(uid, reason)| LeftOut { uid, reason })
        .collect();
    let exported = Exported {
        calendar: calendar.to_owned(),
        items: joined.items,
        bytes,
        left_out,
    };
    Ok(
        Reply::new(text, exported).content(Content::Embedded(Embedded {
            uri: address,
            mime_type: Some("text/calendar".to_owned()),
            body: Body::Text(joined.text),
        })),
    )
}
