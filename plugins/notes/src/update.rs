//! `update_note`: changes what is given and nothing else.
//!
//! With the etag of what the caller read, a change made meanwhile is never overwritten. Without one, the note is read
//! first and written only if it is still that; content that is replaced then comes back in the answer, so that it is
//! not lost even if the caller never saw it.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api::{self, Fields, Written};
use crate::note::{self, Note, Saved};

pub(crate) const DESCRIPTION: &str = "Changes a note: only the fields that are given, and an empty text empties the field. \
Give the etag that get_note showed: if someone changed the note since, nothing is written and the current note comes back to \
merge with. To add text at the end, append_content is safer. Example: note_id 118, etag \"f456\", category \"\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// The note's number.
    #[schemars(range(min = 1))]
    note_id: u64,
    /// From `get_note` or the last write.
    etag: Option<String>,
    /// Renames it.
    #[schemars(length(min = 1))]
    title: Option<String>,
    /// Replaces the whole Markdown text.
    content: Option<String>,
    /// Moves it; empty for no category.
    category: Option<String>,
    /// Marks or unmarks it as a favourite.
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
        title: title.as_deref(),
        content: content.as_deref(),
        category: category.as_deref(),
        favorite,
    };
    check(&fields)?;
    let given = etag
        .as_deref()
        .map(str::trim)
        .filter(|etag| !etag.is_empty());
    let replaces_unseen = fields.content.is_some() && given.is_none();
    let pages = note::pages()?;
    let before = if replaces_unseen {
        api::read(note_id)?
    } else {
        api::read_head(note_id)?
    };
    let before = before.readable()?;
    // A favourite is the user's own mark, also on a note that others share read-only (recording `notes/079`).
    let only_favorite =
        fields.title.is_none() && fields.content.is_none() && fields.category.is_none();
    let before = if only_favorite {
        before
    } else {
        before.writable()?
    };

    match api::write(note_id, given.unwrap_or(&before.etag), &fields)? {
        Written::Changed(current) => Err(conflict(current, &pages)?),
        Written::Done(after) => {
            let text = format!(
                "{} was updated.{}",
                note::name(&after),
                note::differences(&fields, &after)
            );
            let lost =
                replaces_unseen && !before.content.is_empty() && before.content != after.content;
            let replaced_content = lost.then_some(before.content);
            Ok(Reply::new(
                text,
                Updated {
                    saved: Saved::new(&after, &pages),
                    replaced_content,
                },
            ))
        }
    }
}

fn check(fields: &Fields<'_>) -> Result<(), Failure> {
    if fields.title.is_some_and(|title| title.trim().is_empty()) {
        return Err(Failure::invalid(
            "A note cannot be without a title. Leave `title` out to keep it.",
        ));
    }
    let nothing = fields.title.is_none()
        && fields.content.is_none()
        && fields.category.is_none()
        && fields.favorite.is_none();
    if nothing {
        return Err(Failure::invalid(
            "Nothing to change: give title, content, category or favorite.",
        ));
    }
    Ok(())
}

fn conflict(current: api::Note, pages: &str) -> Result<Failure, Failure> {
    let current = Note::new(current.readable()?, pages);
    let Note { head, etag, .. } = &current;
    Ok(Failure::conflict(format!(
        "Note {} \"{}\" was changed since it was read, so nothing was written. The result holds the note as it is now: \
         merge the change into that and call update_note again with etag \"{etag}\".",
        head.id, head.title
    ))
    .with(&current))
}
