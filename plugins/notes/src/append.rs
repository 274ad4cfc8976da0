//! `append_content`: adds text at the end, whatever others write meanwhile.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::Deserialize;

use crate::api::{self, Fields};
use crate::land::{Landed, land};
use crate::note::{self, Saved};
use crate::{input, section};

pub(crate) const DESCRIPTION: &str = "Adds Markdown on a new line at the end of a note and keeps everything in it, also what \
others write at the same time. To add under a heading, use edit_section. Example: note_id 118, content \"- eggs\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    #[schemars(length(min = 1))]
    content: String,
    /// Default: a line break.
    separator: Option<String>,
}

pub(crate) fn append_content(arguments: Arguments) -> Result<Reply<Saved>, Failure> {
    let Arguments {
        note_id,
        content: addition,
        separator,
    } = arguments;
    if addition.is_empty() {
        return Err(Failure::invalid("There is nothing to append."));
    }
    input::content(&addition)?;
    let pages = note::pages()?;
    let Landed { after, fields, .. } = land(api::read(note_id)?, |before| {
        let whole = joined(&before.content, separator.as_deref(), &addition);
        input::content(&whole)?;
        Ok(Fields::content(whole))
    })?;
    let text = format!(
        "The text was added to {}.{}",
        note::name(&after),
        note::differences(&fields, &after)
    );
    Ok(Reply::new(text, Saved::new(&after, &pages)))
}

/// The addition after the separator, or on a line of its own.
fn joined(content: &str, separator: Option<&str>, addition: &str) -> String {
    let between = match separator {
        _ if content.is_empty() => "",
        Some(separator) => separator,
        None if content.ends_with('\n') => "",
        None => section::line_break(content),
    };
    format!("{content}{between}{addition}")
}
