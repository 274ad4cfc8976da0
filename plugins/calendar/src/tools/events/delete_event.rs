//! `delete_event`: a whole series only when the call says so.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{changed_meanwhile, document, find, given, series, show};
use crate::dav::{self, Home, Kind, Object};

pub(crate) const DESCRIPTION: &str = "Deletes an event; Nextcloud keeps it in the calendar's trash bin for a while. Of a repeating event \
the whole series goes, so that needs scope all. Example: event_uid \"4f6e…\", calendar_name \"personal\", etag \"a1b2…\".";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// The whole series.
    All,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// As `list_events` shows it.
    event_uid: String,
    /// Name or display name; empty: wherever the event is.
    calendar_name: Option<String>,
    /// What the event was when it was read: then nothing else is deleted.
    etag: Option<String>,
    /// For a repeating event.
    scope: Option<Scope>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeleteReply {
    deleted_uid: String,
    calendar: String,
    title: String,
    start: String,
    /// A series: every occurrence is gone.
    whole_series: bool,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn delete_event(arguments: Arguments) -> Result<Reply<DeleteReply>, Failure> {
    let home = Home::of_caller()?;
    let (calendar, object) = find(
        &home,
        Kind::Event,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    calendar.for_writing(Kind::Event)?;
    if given(arguments.etag.as_deref()).is_some_and(|etag| !dav::same_etag(etag, &object.etag)) {
        return Err(changed_meanwhile(&home, &object));
    }
    let summary = summary(&home, &object)?;
    if summary.whole_series && arguments.scope != Some(Scope::All) {
        return Err(Failure::invalid(format!(
            "\"{}\" is a series, first on {}. Nothing was deleted. To delete every occurrence, past and future, call again \
             with scope \"all\". Deleting a single occurrence is not possible here yet.",
            summary.title, summary.start
        )));
    }
    if !dav::delete(&home, &object)? {
        return Err(changed_meanwhile(&home, &object));
    }
    let what = if summary.whole_series {
        "the whole series "
    } else {
        ""
    };
    let text = format!(
        "Deleted {what}\"{}\" ({}) from \"{}\". It can be restored from the calendar's trash bin.",
        summary.title, summary.start, calendar.name
    );
    Ok(Reply::new(text, summary))
}

fn summary(home: &Home, object: &Object) -> Result<DeleteReply, Failure> {
    let document = document(object)?;
    let series = series(home, object, &document)?;
    let event = show(home, object, &series)?.event;
    Ok(DeleteReply {
        whole_series: series.is_recurring(),
        deleted_uid: event.uid,
        calendar: event.calendar,
        title: event.title,
        start: event.start,
    })
}
