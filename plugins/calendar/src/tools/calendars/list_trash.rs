//! `list_trash`: what was deleted and can come back.

use jiff::Timestamp;
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::given;
use crate::dav::{self, Deleted, Home, Kind};
use crate::event;
use crate::ical::{Component, Document, When};
use crate::zone::Zones;

pub(crate) const DESCRIPTION: &str = "Lists deleted calendars, events and tasks in the trash bin, last deleted first, with the id that \
restore_from_trash takes. Example: calendar_name \"work\".";

/// Deleted events and tasks in one answer, unless asked for otherwise.
const PAGE: usize = 50;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    calendar_name: Option<String>,
    #[schemars(range(min = 1, max = 200))]
    #[schemars(extend("default" = PAGE))]
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Trash {
    calendars: Vec<TrashedCalendar>,
    /// Events and tasks, of calendars that are not deleted themselves.
    items: Vec<TrashedItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TrashedCalendar {
    id: String,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TrashedItem {
    id: String,
    /// Where it goes back to.
    calendar: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<String>,
    #[serde(flatten)]
    what: What,
}

/// What is known of a deleted item; nothing of one that cannot be read.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct What {
    /// event or task.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Or when a task is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn list_trash(arguments: Arguments) -> Result<Reply<Trash>, Failure> {
    let after = given(arguments.cursor.as_deref())
        .map(Place::of_cursor)
        .transpose()?;
    let home = Home::of_caller()?;
    let (listing, mut deleted) = dav::trashed(&home)?;
    let only = match given(arguments.calendar_name.as_deref()) {
        Some(name) => Some(dav::choose(&listing.calendars, name)?.name.clone()),
        None => None,
    };
    deleted.retain(|one| only.as_ref().is_none_or(|name| *name == one.calendar));
    let total = deleted.len();
    deleted.sort_by_key(Place::of);
    deleted.retain(|one| after.is_none_or(|after| Place::of(one) > after));
    let limit = arguments.limit.unwrap_or(PAGE);
    let more = deleted.len() > limit;
    deleted.truncate(limit);

    let next_cursor = deleted
        .last()
        .filter(|_| more)
        .map(|last| Place::of(last).cursor());
    // The calendars of the first page are those of every page.
    let calendars: Vec<TrashedCalendar> = listing
        .deleted
        .iter()
        .filter(|_| after.is_none() && only.is_none())
        .map(|calendar| TrashedCalendar {
            id: format!("calendar:{}", calendar.name),
            display_name: calendar.display_name.clone(),
            deleted_at: shown(&home, calendar.deleted_at),
        })
        .collect();
    let items = items(&home, &deleted)?;
    let text = sentence(calendars.len(), items.len(), total, listing.trash);
    let trash = Trash {
        calendars,
        items,
        next_cursor,
    };
    Ok(Reply::new(text, trash))
}

/// With what they are, which is asked for those alone that are shown.
fn items(home: &Home, deleted: &[Deleted]) -> Result<Vec<TrashedItem>, Failure> {
    let texts = dav::texts(home, deleted)?;
    let item = |(one, text): (&Deleted, &Option<String>)| TrashedItem {
        id: format!("item:{}", one.id),
        calendar: one.calendar.clone(),
        deleted_at: shown(home, one.at),
        what: text
            .as_deref()
            .and_then(|text| what(home, text))
            .unwrap_or_default(),
    };
    Ok(deleted.iter().zip(&texts).map(item).collect())
}

fn shown(home: &Home, at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.display_with_offset(home.zone.to_offset(at)).to_string())
}

fn sentence(calendars: usize, items: usize, total: usize, trash: dav::Trash) -> String {
    let shown = if items == total {
        format!("{total} deleted events and tasks")
    } else {
        format!("{items} of {total} deleted events and tasks")
    };
    format!(
        "{shown} and {calendars} deleted calendars. What is deleted is kept {}.",
        trash.how_long()
    )
}

/// Where an item stands in the list: last deleted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place(std::cmp::Reverse<i64>, std::cmp::Reverse<u64>);

impl Place {
    fn of(one: &Deleted) -> Self {
        let at = one.at.map_or(0, Timestamp::as_second);
        Self(std::cmp::Reverse(at), std::cmp::Reverse(one.id))
    }

    fn cursor(self) -> String {
        format!("{}/{}", self.0.0, self.1.0)
    }

    fn of_cursor(cursor: &str) -> Result<Self, Failure> {
        let parse = || {
            let (at, id) = cursor.split_once('/')?;
            Some(Self(
                std::cmp::Reverse(at.parse().ok()?),
                std::cmp::Reverse(id.parse().ok()?),
            ))
        };
        parse().ok_or_else(|| {
            Failure::invalid("cursor is what next_cursor of the page before said; this is none.")
        })
    }
}

fn what(home: &Home, text: &str) -> Option<What> {
    let document = Document::parse(text).ok()?;
    let (kind, item) = [Kind::Event, Kind::Task].into_iter().find_map(|kind| {
        let item = document.calendar.children(kind.component()).next()?;
        Some((kind, item))
    })?;
    Some(What {
        kind: Some(kind.singular()),
        uid: event::text(item, "UID"),
        title: event::text(item, "SUMMARY"),
        start: start(home, &document, item),
    })
}

/// In the user's zone; `None` for one that has no date, or none that is understood.
fn start(home: &Home, document: &Document, item: &Component) -> Option<String> {
    let line = item.get("DTSTART").or_else(|| item.get("DUE"))?;
    let zones = Zones::of(document, home.zone.clone());
    let moment = zones.moment(&When::of(line).ok()?).ok()?;
    Some(event::day_or_time(&moment, zones.reader()))
}
