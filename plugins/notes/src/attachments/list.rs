//! `list_attachments`: the files in a note's own folder, and those that its text names elsewhere.

use nextcloud_mcp_plugin::nextcloud::{self, send_all};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::place::{FilePath, Place};
use super::references;
use super::store::{self, File};
use crate::{api, note};

pub(crate) const DESCRIPTION: &str = "Lists the files of a note: images and others that were attached to it or that its text names. Example: note_id 118.";

/// So many files that a text names outside of its own folder are looked for; each takes a request.
const LOOKED_FOR: usize = 40;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Listing {
    attachments: Vec<Attachment>,
    /// Files that the text names and that are not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    /// The note's page.
    url: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Attachment {
    /// What `get_attachment` takes.
    name: String,
    mime_type: String,
    /// Bytes.
    size: u64,
    /// The text does not name it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unused: bool,
}

pub(crate) fn list_attachments(
    Arguments { note_id }: Arguments,
) -> Result<Reply<Listing>, Failure> {
    let note = api::read(note_id)?.readable()?;
    let place = Place::of(&note)?;
    let url = format!("{}{note_id}", note::pages()?);
    let user = nextcloud::whoami()?.id;

    let named: Vec<FilePath> = references::relative_paths(&note.content)
        .iter()
        .filter_map(|path| place.relative(path))
        .collect();
    let (own, elsewhere): (Vec<FilePath>, Vec<FilePath>) =
        named.into_iter().partition(|file| place.is_own(file));
    let unseen = elsewhere.len().saturating_sub(LOOKED_FOR);
    let elsewhere = &elsewhere[..elsewhere.len() - unseen];

    let folder = store::look(place.own_folder_path(&user), 1);
    let files = elsewhere
        .iter()
        .map(|file| store::look(place.file_path(&user, file), 0));
    let mut answers = send_all(std::iter::once(folder).chain(files)).into_iter();
    let stored = answers
        .next()
        .map_or(Ok(Vec::new()), |answer| store::files(answer?))?;

    let mut missing: Vec<String> = own
        .iter()
        .filter(|file| stored.iter().all(|stored| stored.name != file.name()))
        .map(FilePath::relative)
        .collect();
    let mut attachments: Vec<Attachment> = stored
        .into_iter()
        .map(|stored| {
            let unused = own.iter().all(|file| file.name() != stored.name);
            let name = stored.name.clone();
            listed(name, stored, unused)
        })
        .collect();
    for (file, answer) in elsewhere.iter().zip(answers) {
        match store::files(answer?)?.pop() {
            Some(stored) => attachments.push(listed(file.relative(), stored, false)),
            None => missing.push(file.relative()),
        }
    }
    let more = match unseen {
        0 => String::new(),
        more => format!(" Its text names {more} more files."),
    };
    let text = format!(
        "{} has {} attachments.{more}",
        note::name(&note),
        attachments.len()
    );
    Ok(Reply::new(
        text,
        Listing {
            attachments,
            missing,
            url,
        },
    ))
}

fn listed(name: String, stored: File, unused: bool) -> Attachment {
    Attachment {
        name,
        mime_type: stored.media_type,
        size: stored.size,
        unused,
    }
}
