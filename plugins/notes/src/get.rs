//! `get_note`: one note with its content.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use crate::api;
use crate::note::{self, Note};

pub(crate) const DESCRIPTION: &str = "Reads one note: its Markdown content, its title and its category, and the etag that \
update_note takes. Example: note_id 118, a number that list_notes or search_notes showed.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// The note's number.
    #[schemars(range(min = 1))]
    note_id: u64,
}

pub(crate) fn get_note(Arguments { note_id }: Arguments) -> Result<Reply<Note>, Failure> {
    let found = api::read(note_id)?.readable()?;
    Ok(Reply::new(
        format!("{}.", note::name(&found)),
        Note::new(found, &note::pages()?),
    ))
}
