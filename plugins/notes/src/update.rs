//! `update_note`: changes what is given and nothing else.
//!
//! With the etag of what the caller read, a change made meanwhile is never overwritten. Without one, the note is read
//! first and its content written only if it is still that; what is replaced then comes back in the answer, so that it is
//! not lost even if the caller never saw it.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api::{self, Fields, Written};
use crate::conflict::{conflict, is_already};
use crate::input;
use crate::land::{Landed, land};
use crate::note::{self, Saved};

pub(crate) const NAME: &str = "update_note";

pub(crate) const DESCRIPTION: &str = "Changes only the fields given; an empty text empties a field. Give the etag of \
get_note: if the note changed since, nothing is written, and it comes back with a diff. For a part of the text, \
edit_section and append_content are safer. Example: note_id 118, etag \"f456\", category \"Work\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    etag: Option<String>,
    #[schemars(length(min = 1))]
    title: Option<String>,
    /// Replaces the whole text.
    content: Option<String>,
    /// Empty: none.
    category: Option<String>,
    favorite: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Updated {
    #[serde(flatten)]
    saved: Saved,
    /// What the note held before, if it was replaced without an etag.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_content: Option<String>,
}

pub(crate) fn update_note(arguments: Arguments) -> Result<Reply<Updated>, Failure> {
    let Arguments {
        note_id,
        etag,
        title,
        content,
        category,
        favorite,
    } = arguments;
    let fields = Fields {
        title,
        content,
        category,
        favorite,
    };
    check(&fields)?;
    let pages = note::pages()?;
    match input::etag(etag.as_deref()) {
        Some(etag) => over(note_id, etag, &fields, &pages),
        None if fields.content.is_some() => over_what_is_read(note_id, &fields, &pages),
        None => beside_the_content(note_id, &fields, &pages),
    }
}

/// Writes over what the caller read. One request: Nextcloud itself says if there is no such note, or no right to it.
fn over(note_id: u64, etag: &str, fields: &Fields, pages: &str) -> Result<Reply<Updated>, Failure> {
    match api::write(note_id, etag, fields)? {
        Written::Changed(current) if is_already(&current, fields) => {
            let text = format!(
                "{} is like that already; nothing was written.",
                note::name(&current)
            );
            Ok(Reply::new(text, Updated::new(&current, pages)))
        }
        Written::Changed(current) => Err(conflict(current, fields, NAME, pages)?),
        Written::Done(after) => Ok(updated(fields, &after, pages)),
    }
}

/// Replaces a content that the caller may never have seen.
fn over_what_is_read(
    note_id: u64,
    fields: &Fields,
    pages: &str,
) -> Result<Reply<Updated>, Failure> {
    let before = api::read(note_id)?.readable()?.writable()?;
    let mut reply = over(note_id, &before.etag, fields, pages)?;
    let is_lost = !before.content.is_empty() && fields.content.as_ref() != Some(&before.content);
    reply.data.replaced_content = is_lost.then_some(before.content);
    Ok(reply)
}

/// Where the content stays as it is, a change of it meanwhile is no reason to refuse.
fn beside_the_content(
    note_id: u64,
    fields: &Fields,
    pages: &str,
) -> Result<Reply<Updated>, Failure> {
    let Landed { after, .. } = land(api::read_head(note_id)?, |_| Ok(fields.clone()))?;
    Ok(updated(fields, &after, pages))
}

fn updated(fields: &Fields, after: &api::Note, pages: &str) -> Reply<Updated> {
    let text = format!(
        "{} was updated.{}",
        note::name(after),
        note::differences(fields, after)
    );
    Reply::new(text, Updated::new(after, pages))
}

fn check(fields: &Fields) -> Result<(), Failure> {
    if fields.only_marks() && fields.favorite.is_none() {
        return Err(Failure::invalid(
            "Nothing to change: give title, content, category or favorite.",
        ));
    }
    fields.title.as_deref().map_or(Ok(()), input::title)?;
    fields.content.as_deref().map_or(Ok(()), input::content)?;
    fields.category.as_deref().map_or(Ok(()), input::category)
}

impl Updated {
    fn new(note: &api::Note, pages: &str) -> Self {
        Self {
            saved: Saved::new(note, pages),
            replaced_content: None,
        }
    }
}
