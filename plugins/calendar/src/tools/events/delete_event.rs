//! `delete_event`: one occurrence, one and all after it, or all. Of a series only what the call says.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::super::shared::{changed_meanwhile, document, find_for_writing, series, show};
use super::store::{Outcome, remove, stamp};
use crate::dav::{self, Home, Kind, Object};
use crate::event::{Reach, Scope, day_or_time};

pub(crate) const DESCRIPTION: &str = "Deletes an event, or of a series what scope says. Nextcloud keeps a whole event \
in the trash bin for a while. Example: event_uid \"4f6e…\", scope this, recurrence_id 2026-11-16T09:00:00+01:00.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    event_uid: String,
    calendar_name: Option<String>,
    /// If changed since: refused.
    etag: Option<String>,
    /// For a series; this and following with `recurrence_id`.
    scope: Option<Scope>,
    recurrence_id: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeleteReply {
    deleted_uid: String,
    calendar: String,
    title: String,
    /// Of what was deleted, the first.
    start: String,
    /// Nothing of the event is left.
    whole_event: bool,
    /// A series: every occurrence is gone.
    whole_series: bool,
    /// Of what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn delete_event(arguments: Arguments) -> Result<Reply<DeleteReply>, Failure> {
    let home = Home::of_caller()?;
    let (_, found) = find_for_writing(
        &home,
        Kind::Event,
        arguments.calendar_name.as_deref(),
        &arguments.event_uid,
    )?;
    if !found.has(arguments.etag.as_deref()) {
        return Err(changed_meanwhile(&home, &found));
    }
    let (mut reply, reach) = look(&home, &found, &arguments)?;
    // What stays must be written as it is stored, to the byte, which a REPORT does not give.
    let object = match reach {
        Reach::All => found,
        Reach::This(_) | Reach::Following(_) => dav::read(&home, &found.calendar, &found.name)
            .and_then(|object| {
                if dav::same_etag(&object.etag, &found.etag) {
                    Ok(object)
                } else {
                    Err(changed_meanwhile(&home, &object))
                }
            })?,
    };
    let outcome = remove(&home, &object, &reach, stamp(&home, &object)?)?;
    if let Outcome::Changed { object, .. } = &outcome {
        reply.whole_event = false;
        reply.etag = Some(object.etag.clone());
    }
    reply.whole_series = reply.whole_event && reply.whole_series;
    Ok(Reply::new(said(&reply, &reach), reply))
}

/// What the call is about, before anything is deleted.
fn look(
    home: &Home,
    object: &Object,
    arguments: &Arguments,
) -> Result<(DeleteReply, Reach), Failure> {
    let document = document(object)?;
    let series = series(home, object, &document)?;
    let event = show(home, object, &series)?.event;
    let reach = Reach::of_arguments(arguments.scope, arguments.recurrence_id.as_deref(), &series)?;
    let start = match &reach {
        Reach::All => event.start,
        Reach::This(id) | Reach::Following(id) => day_or_time(id, &home.zone),
    };
    let reply = DeleteReply {
        deleted_uid: event.uid,
        calendar: event.calendar,
        title: event.title,
        start,
        whole_event: true,
        whole_series: series.is_recurring(),
        etag: None,
    };
    Ok((reply, reach))
}

fn said(reply: &DeleteReply, reach: &Reach) -> String {
    let DeleteReply {
        title,
        calendar,
        start,
        ..
    } = reply;
    let bin = "It can be restored from the calendar's trash bin.";
    match (reach, reply.whole_event) {
        (Reach::This(_), false) => {
            format!("Deleted the occurrence of \"{title}\" on {start} from \"{calendar}\".")
        }
        (Reach::Following(_), false) => format!(
            "Deleted the occurrences of \"{title}\" from {start} on, from \"{calendar}\"; the earlier ones stay."
        ),
        (Reach::This(_) | Reach::Following(_), true) => format!(
            "Deleted \"{title}\" from \"{calendar}\" as a whole, since no occurrence was left. {bin}"
        ),
        (Reach::All, _) => {
            let what = if reply.whole_series {
                "the whole series "
            } else {
                ""
            };
            format!("Deleted {what}\"{title}\" ({start}) from \"{calendar}\". {bin}")
        }
    }
}
