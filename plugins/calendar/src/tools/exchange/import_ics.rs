//! `import_ics`: the events and tasks of an iCalendar text, each stored where none is, each with an outcome of its own.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use super::super::digest::hex;
use super::imported::{ImportReply, Item, Skipped, Why};
use super::split::{Part, split};
use crate::dav::{self, Calendar, Home, Kind, NewObject, Stored};
use crate::event;
use crate::ical::Document;

pub(crate) const DESCRIPTION: &str = "Imports the events and tasks of an iCalendar text (.ics) into a calendar, each as it is written. What \
the calendar has already (same UID) is skipped and named. Example: calendar_name \"work\", ics \"BEGIN:VCALENDAR…\", dry_run true.";

/// Each is a request, of which a call has 500.
const MOST_ITEMS: usize = 400;
/// Nextcloud's limit for one item, by default (`max-resource-size` in recording `caldav/007`).
const MOST_BYTES: usize = 10_000_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    calendar_name: String,
    ics: String,
    dry_run: Option<bool>,
    /// Meetings too: Nextcloud then writes to their people in the user's name.
    send_invitations: Option<bool>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn import_ics(arguments: Arguments) -> Result<Reply<ImportReply>, Failure> {
    if arguments.ics.len() > MOST_BYTES {
        return Err(Failure::limited(format!(
            "ics has {} bytes, more than the {MOST_BYTES} that go at once: import it in parts.",
            arguments.ics.len()
        )));
    }
    let (parts, invalid) = split(&arguments.ics)?;
    if parts.is_empty() && invalid.is_empty() {
        return Err(Failure::invalid("There is no event and no task in ics."));
    }
    if parts.len() > MOST_ITEMS {
        return Err(Failure::limited(format!(
            "ics has {} items, more than the {MOST_ITEMS} that go at once: import it in parts. Nothing was imported.",
            parts.len()
        )));
    }
    let home = Home::of_caller()?;
    let calendars = dav::list(&home)?;
    let calendar = dav::choose(&calendars, &arguments.calendar_name)?;
    let dry_run = arguments.dry_run == Some(true);
    let mut skipped: Vec<Skipped> = invalid.into_iter().map(Skipped::invalid).collect();
    let fitting = fitting(
        calendar,
        parts,
        arguments.send_invitations == Some(true),
        &mut skipped,
    )?;
    let outcomes = if dry_run {
        look_up(&home, calendar, &fitting)?
    } else {
        store(&home, calendar, &fitting)
    };
    let mut imported = Vec::new();
    for (part, outcome) in fitting.into_iter().zip(outcomes) {
        match outcome {
            Ok(Stored::Done) => imported.push(Item {
                uid: part.uid,
                title: part.title,
            }),
            Ok(Stored::Duplicate) => skipped.push(Skipped::of(
                part,
                Why::Duplicate,
                "the calendar has this UID already".to_owned(),
            )),
            Err(failure) => skipped.push(Skipped::of(part, Why::Refused, failure.message)),
        }
    }
    let reply = ImportReply {
        calendar: calendar.name.clone(),
        dry_run,
        imported,
        skipped,
    };
    Ok(Reply::new(reply.sentence(), reply))
}

/// What the calendar takes, and what may be sent without writing to anybody.
fn fitting(
    calendar: &Calendar,
    parts: Vec<Part>,
    send_invitations: bool,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Part>, Failure> {
    let mut fitting = Vec::new();
    for part in parts {
        match calendar.for_writing(part.kind) {
            Err(failure) if !calendar.writable => return Err(failure),
            Err(failure) => skipped.push(Skipped::of(part, Why::Refused, failure.message)),
            Ok(_) if part.is_meeting && !send_invitations => skipped.push(Skipped::of(
                part,
                Why::Meeting,
                "it has an organizer and attendees, to whom Nextcloud would write: ask the user, then call with \
                 send_invitations true"
                    .to_owned(),
            )),
            Ok(_) => fitting.push(part),
        }
    }
    Ok(fitting)
}

fn store(home: &Home, calendar: &Calendar, parts: &[Part]) -> Vec<Result<Stored, Failure>> {
    let objects: Vec<NewObject> = parts
        .iter()
        .map(|part| NewObject {
            name: name(&part.uid),
            text: part.text.clone(),
        })
        .collect();
    dav::create_all(home, calendar, &objects)
}

/// What storing would answer, as far as that can be known: by the UIDs that are there.
fn look_up(
    home: &Home,
    calendar: &Calendar,
    parts: &[Part],
) -> Result<Vec<Result<Stored, Failure>>, Failure> {
    let mut known = std::collections::BTreeSet::new();
    for kind in [Kind::Event, Kind::Task] {
        if !calendar.holds(kind) || parts.is_empty() {
            continue;
        }
        for (_, objects) in dav::all(home, &[calendar], kind) {
            for object in objects? {
                let document = Document::parse(&object.text);
                let uid = document.ok().and_then(|document| {
                    document
                        .calendar
                        .children(kind.component())
                        .next()
                        .map(event::uid_of)
                });
                known.extend(uid);
            }
        }
    }
    let outcome = |part: &Part| {
        Ok(if known.contains(&part.uid) {
            Stored::Duplicate
        } else {
            Stored::Done
        })
    };
    Ok(parts.iter().map(outcome).collect())
}

/// The same for the same UID, so that a second import meets the first; a UID may hold what a name in a path cannot.
fn name(uid: &str) -> String {
    let plain = uid.len() <= 200
        && !uid.starts_with('.')
        && uid
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte));
    if plain {
        return format!("{uid}.ics");
    }
    format!("{}.ics", hex(uid, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_becomes_a_name_that_an_address_can_have() {
        assert_eq!(name("4f6e-1@example.org"), "4f6e-1@example.org.ics");
        for odd in ["a/b", "..", "ü", "a b", "https://example.org/1?x#y"] {
            let made = name(odd);
            assert_eq!((made.len(), name(odd)), (68, made.clone()), "{odd}");
            assert!(
                made.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
            );
        }
    }
}
