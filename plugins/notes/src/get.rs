//! `get_note`: one note with its content, or a part of a long one.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api;
use crate::note::{self, Note};

pub(crate) const DESCRIPTION: &str = "Reads one note: its Markdown content, its title and its category, and the etag that \
update_note takes. Example: note_id 118, a number that list_notes or search_notes showed.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    /// Characters to skip.
    #[serde(default)]
    offset: usize,
    /// At most so many characters.
    #[schemars(range(min = 1))]
    length: Option<usize>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Read {
    #[serde(flatten)]
    note: Note,
    /// Characters in all, where `content` is a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_length: Option<usize>,
    /// Where the next part begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
}

pub(crate) fn get_note(
    Arguments {
        note_id,
        offset,
        length,
    }: Arguments,
) -> Result<Reply<Read>, Failure> {
    let mut found = api::read(note_id)?.readable()?;
    let name = note::name(&found);
    if offset == 0 && length.is_none() {
        let read = Read {
            note: Note::new(found, &note::pages()?),
            total_length: None,
            next_offset: None,
        };
        return Ok(Reply::new(format!("{name}."), read));
    }
    let total = found.content.chars().count();
    if offset > total {
        return Err(Failure::invalid(format!(
            "{name} has {total} characters; offset {offset} is behind its end."
        )));
    }
    let end = offset.saturating_add(length.unwrap_or(total)).min(total);
    found.content = found
        .content
        .chars()
        .skip(offset)
        .take(end - offset)
        .collect();
    let text = format!("{name}: characters {offset} to {end} of {total}.");
    let read = Read {
        note: Note::new(found, &note::pages()?),
        total_length: Some(total),
        next_offset: (end < total).then_some(end),
    };
    Ok(Reply::new(text, read))
}
