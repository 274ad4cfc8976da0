//! `append_content`: adds text at the end, whatever others write meanwhile.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use crate::api::{self, Fields, Written};
use crate::note::{self, Saved};

pub(crate) const DESCRIPTION: &str = "Adds Markdown on a new line at the end of a note and keeps everything in it, also what \
others write at the same time. Example: note_id 118, content \"- eggs\".";

/// How often a note that others keep changing is tried; each try starts from what they wrote.
const ATTEMPTS: usize = 5;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// The note's number.
    #[schemars(range(min = 1))]
    note_id: u64,
    /// What to add; begin with an empty line for a new paragraph.
    #[schemars(length(min = 1))]
    content: String,
}

pub(crate) fn append_content(
    Arguments {
        note_id,
        content: addition,
    }: Arguments,
) -> Result<Reply<Saved>, Failure> {
    if addition.is_empty() {
        return Err(Failure::invalid("There is nothing to append."));
    }
    let pages = note::pages()?;
    let mut current = api::read(note_id)?;
    for _ in 0..ATTEMPTS {
        // Every time: a note that is locked now comes as an error text, which must not be written back.
        let base = current.readable()?.writable()?;
        let content = joined(&base.content, &addition);
        let fields = Fields {
            content: Some(&content),
            ..Fields::default()
        };
        match api::write(note_id, &base.etag, &fields)? {
            Written::Changed(newer) => current = newer,
            Written::Done(after) => {
                let text = format!(
                    "The text was added to {}.{}",
                    note::name(&after),
                    note::differences(&fields, &after)
                );
                return Ok(Reply::new(text, Saved::new(&after, &pages)));
            }
        }
    }
    Err(Failure::conflict(format!(
        "Note {note_id} was changed by someone else during each of {ATTEMPTS} attempts. Nothing was added; try again in a moment."
    )))
}

/// The addition on a line of its own.
fn joined(content: &str, addition: &str) -> String {
    let separator = if content.is_empty() || content.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{content}{separator}{addition}")
}
