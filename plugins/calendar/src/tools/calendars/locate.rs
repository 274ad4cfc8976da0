//! One event or task by its UID, whichever of the two it is.

use nextcloud_mcp_plugin::Failure;

use super::super::shared::{checked_uid, given, with_uid};
use crate::dav::{self, Calendar, Home, Kind, Object};

/// What was found, and where.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) calendar: Calendar,
    pub(crate) kind: Kind,
    /// From a REPORT, so its lines end in LF; see [`dav::read`].
    pub(crate) object: Object,
}

/// Looks in one calendar, or in all; for a task only where there is no such event.
pub(crate) fn locate(
    home: &Home,
    calendars: &[Calendar],
    calendar_name: Option<&str>,
    uid: &str,
) -> Result<Located, Failure> {
    let uid = checked_uid(uid)?;
    let among: Vec<&Calendar> = match given(calendar_name) {
        Some(name) => vec![dav::choose(calendars, name)?],
        None => calendars.iter().collect(),
    };
    let mut failed = None;
    for kind in [Kind::Event, Kind::Task] {
        let searched: Vec<&Calendar> = among
            .iter()
            .copied()
            .filter(|calendar| calendar.holds(kind))
            .collect();
        let (mut found, unread) = with_uid(home, &searched, kind, uid);
        failed = unread.or(failed);
        if found.len() > 1 {
            return Err(several(&found));
        }
        if let Some((calendar, object)) = found.pop() {
            return Ok(Located {
                calendar,
                kind,
                object,
            });
        }
    }
    Err(failed.unwrap_or_else(|| {
        let names: Vec<&str> = among.iter().map(|calendar| calendar.name.as_str()).collect();
        Failure::not_found(format!(
            "There is no event or task \"{uid}\" in {}. list_events and list_todos show what is there, list_trash what was \
             deleted.",
            names.join(", ")
        ))
    }))
}

fn several(found: &[(Calendar, Object)]) -> Failure {
    let names: Vec<&str> = found
        .iter()
        .map(|(calendar, _)| calendar.name.as_str())
        .collect();
    Failure::invalid(format!(
        "It is in several calendars. Say in calendar_name which one: {}.",
        names.join(", ")
    ))
}
