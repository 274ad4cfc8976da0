//! `meeting_notes`: the beginning of a meeting's notes.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Message};
use serde::Deserialize;

use super::{DATA_FOLLOWS, data};
use crate::tools::reading::one_event;

const REQUEST: &str = "Prepare the notes of the meeting below as Markdown: a heading with title and date, then People, Agenda (from the \
description, if it has one), Notes, Decisions, Actions (who, what, until when). Leave empty what nobody can know yet. Show me the \
draft, and once I agree save it as a note in the category Meetings (nc_notes_create_note, where that tool is there).";

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// The event's uid.
    event_uid: String,
    /// Its calendar; wherever it is unless said.
    calendar_name: Option<String>,
    /// Which occurrence of a series.
    recurrence_id: Option<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a prompt's function owns its arguments"
)]
pub(super) fn meeting_notes(arguments: Arguments) -> Result<Vec<Message>, Failure> {
    let event = one_event(
        &arguments.event_uid,
        arguments.calendar_name.as_deref(),
        arguments.recurrence_id.as_deref(),
    )?;
    let text = format!("{REQUEST}{DATA_FOLLOWS}{}", data("The meeting", &event)?);
    Ok(vec![Message::user(text)])
}
