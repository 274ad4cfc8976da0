//! `move_event`: an event or task goes to another calendar whole, as it is.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::locate::{Located, locate};
use crate::dav::{self, Home, Kind, Moved};
use crate::event;
use crate::ical::Document;

pub(crate) const DESCRIPTION: &str = "Moves an event or task to another calendar, unchanged and without messages to attendees; of a \
series, all of it. Example: event_uid \"4f6e…\", target_calendar \"work\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Of an event or task.
    event_uid: String,
    target_calendar: String,
    calendar_name: Option<String>,
    /// If changed since: refused.
    etag: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MoveReply {
    uid: String,
    title: String,
    from: String,
    calendar: String,
    /// A series: every occurrence moved.
    whole_series: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn move_event(arguments: Arguments) -> Result<Reply<MoveReply>, Failure> {
    let home = Home::of_caller()?;
    let calendars = dav::list(&home)?;
    let target = dav::choose(&calendars, &arguments.target_calendar)?;
    let located = locate(
        &home,
        &calendars,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    let Located {
        calendar,
        kind,
        object,
    } = &located;
    calendar.for_writing(*kind)?;
    if !object.has(arguments.etag.as_deref()) {
        return Err(changed(&home, &located));
    }
    if dav::move_to(&home, object, target)? == Moved::Changed {
        return Err(changed(&home, &located));
    }
    // The move is done; what follows only shows it.
    let now = dav::read(&home, &target.name, &object.name).ok();
    let (title, whole_series) = summary(&object.text, *kind);
    let what = if whole_series {
        format!("the whole series \"{title}\"")
    } else {
        format!("\"{title}\"")
    };
    let text = format!(
        "Moved {what} from \"{}\" to \"{}\".",
        calendar.name, target.name
    );
    let link = now
        .as_ref()
        .filter(|_| *kind == Kind::Event)
        .map(|now| event::link(&home, now));
    let reply = MoveReply {
        uid: arguments.event_uid.trim().to_owned(),
        title,
        from: calendar.name.clone(),
        calendar: target.name.clone(),
        whole_series,
        etag: now.map(|now| now.etag),
        link,
    };
    Ok(Reply::new(text, reply))
}

/// Title, and whether it repeats.
fn summary(text: &str, kind: Kind) -> (String, bool) {
    let Ok(document) = Document::parse(text) else {
        return (String::new(), false);
    };
    let items: Vec<_> = document.calendar.children(kind.component()).collect();
    let title = items.first().and_then(|item| event::text(item, "SUMMARY"));
    let repeats = |name| items.iter().any(|item| item.get(name).is_some());
    let whole_series = ["RRULE", "RDATE", "RECURRENCE-ID"].into_iter().any(repeats);
    (title.unwrap_or_default(), whole_series)
}

/// Somebody else was faster: what is there now.
fn changed(home: &Home, located: &Located) -> Failure {
    let kind = located.kind;
    let failure = Failure::conflict(format!(
        "The {} changed since it was read, so nothing was moved. Look at it again, and move it with the etag that it has now.",
        kind.singular()
    ));
    match dav::read(home, &located.calendar.name, &located.object.name) {
        Ok(now) => {
            let (title, _) = summary(&now.text, kind);
            failure.with(&json!({"title": title, "etag": now.etag}))
        }
        Err(_) => failure,
    }
}
