//! `delete_note`.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::api::{self, Fields};
use crate::conflict::conflict;
use crate::{input, note};

pub(crate) const NAME: &str = "delete_note";

pub(crate) const DESCRIPTION: &str = "Deletes a note. Where Nextcloud keeps deleted files, the user can restore it \
there for a while; this server cannot. With etag, refused if changed since. Example: note_id 118.";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    etag: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Removed {
    deleted_id: u64,
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
}

pub(crate) fn delete_note(
    Arguments { note_id, etag }: Arguments,
) -> Result<Reply<Removed>, Failure> {
    // Read first: to say what it was, to say why where it cannot be (Nextcloud's own 403 gives no reason), and because
    // Nextcloud deletes whatever etag it is given.
    let found = api::read_head(note_id)?.writable()?;
    if input::etag(etag.as_deref()).is_some_and(|etag| etag != found.etag) {
        let current = api::read(note_id)?;
        return Err(conflict(
            current,
            &Fields::default(),
            NAME,
            &note::pages()?,
        )?);
    }
    api::delete(found.id)?;
    let text = format!("{} was deleted.", note::name(&found));
    Ok(Reply::new(
        text,
        Removed {
            deleted_id: found.id,
            title: found.title,
            category: found.category,
        },
    ))
}
