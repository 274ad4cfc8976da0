//! `get_attachment`: a file of a note, in the form that a model can take.

use nextcloud_mcp_plugin::{
    Blob, Body, Content, Embedded, Failure, JsonSchema, Reply, nextcloud::Path,
};
use serde::{Deserialize, Serialize};

use super::media::{self, Kind};
use super::place::{FilePath, Place};
use super::references::decode;
use super::store::{self, Contents, Read};
use crate::{api, note};

pub(crate) const DESCRIPTION: &str = "Reads a file of a note: an image as an image, a text as text, anything else as the file. \
Example: note_id 118, attachment_filename \"photo.png\", or a path as the note's text has it.";

/// Largest file that is handed on: what providers of models take as an image, and far more than a text that one reads.
const MOST: usize = 5 << 20;

/// Bytes of a text that are shown: some 50 000 tokens.
const TEXT: usize = 200 << 10;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    #[schemars(length(min = 1))]
    attachment_filename: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Attachment {
    /// Relative to the note.
    path: String,
    mime_type: String,
    /// Bytes.
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// `text` is only the beginning.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// The note's page.
    url: String,
}

pub(crate) fn get_attachment(arguments: Arguments) -> Result<Reply<Attachment>, Failure> {
    let Arguments {
        note_id,
        attachment_filename: name,
    } = arguments;
    let Contents {
        path,
        media_type,
        bytes,
    } = read(note_id, &name)?;
    let mut attachment = Attachment {
        path,
        mime_type: media_type,
        size: bytes.len(),
        text: None,
        cut: false,
        url: format!("{}{note_id}", note::pages()?),
    };
    let title = format!(
        "\"{name}\" of note {note_id}: {}, {} bytes.",
        attachment.mime_type, attachment.size
    );
    let content = match (media::kind(&attachment.mime_type), text(bytes)) {
        (Kind::Text, Ok(text)) => {
            attachment.cut = text.len() > TEXT;
            attachment.text = Some(beginning(text));
            let cut = if attachment.cut {
                " Only its beginning is shown."
            } else {
                ""
            };
            return Ok(Reply::new(title + cut, attachment));
        }
        (kind, Ok(text)) => content(kind, &attachment, note_id, text.into_bytes()),
        (kind, Err(bytes)) => content(kind, &attachment, note_id, bytes),
    };
    Ok(Reply::new(title, attachment).content(content))
}

/// The file, for a client that reads it by its address.
pub(crate) fn by_address(
    note_id: u64,
    name: &str,
) -> Result<nextcloud_mcp_plugin::Contents, Failure> {
    let file = read(note_id, name)?;
    let contents = match (media::kind(&file.media_type), text(file.bytes)) {
        (Kind::Text, Ok(text)) => nextcloud_mcp_plugin::Contents::text(text),
        (_, Ok(text)) => nextcloud_mcp_plugin::Contents::bytes(text),
        (_, Err(bytes)) => nextcloud_mcp_plugin::Contents::bytes(bytes),
    };
    Ok(contents.mime_type(file.media_type))
}

/// Finds and reads a file. A bare name means the note's own folder of files first, then a file beside the note.
fn read(note_id: u64, name: &str) -> Result<Contents, Failure> {
    let note = api::read_head(note_id)?;
    let place = Place::of(&note)?;
    let candidates = candidates(&place, name);
    if candidates.is_empty() {
        return Err(Failure::invalid(format!(
            "\"{name}\" is no path to a file inside of the notes folder. list_attachments shows the files of note {note_id}."
        )));
    }
    for file in candidates {
        match store::read(note_id, &file.relative())? {
            Read::Nothing => {}
            Read::File(contents) if contents.bytes.len() <= MOST => return Ok(contents),
            Read::File(_) | Read::TooLarge => return Err(too_large(&note, name)?),
        }
    }
    Err(Failure::not_found(format!(
        "{} has no attachment \"{name}\". list_attachments shows those it has.",
        note::name(&note)
    )))
}

/// The files that a name can mean, likeliest first: as it is, and decoded, as a note's text has it.
fn candidates(place: &Place, name: &str) -> Vec<FilePath> {
    let mut files = Vec::new();
    let decoded = decode(name).filter(|decoded| decoded != name);
    for name in std::iter::once(name).chain(decoded.as_deref()) {
        let relative = place.relative(name);
        if let Some(file) = &relative
            && !name.contains('/')
        {
            files.push(place.own(file.name()));
        }
        files.extend(relative);
    }
    files
}

fn text(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)
}

fn beginning(mut text: String) -> String {
    let mut end = text.len().min(TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn content(kind: Kind, attachment: &Attachment, note_id: u64, data: Vec<u8>) -> Content {
    let mime_type = attachment.mime_type.clone();
    match kind {
        Kind::Image => Content::Image(Blob { data, mime_type }),
        Kind::Audio => Content::Audio(Blob { data, mime_type }),
        Kind::Text | Kind::Other => Content::Embedded(Embedded {
            uri: uri(note_id, &attachment.path),
            mime_type: Some(mime_type),
            body: Body::Bytes(data),
        }),
    }
}

/// The address under which clients know the file.
fn uri(note_id: u64, path: &str) -> String {
    let path = Path::new("/notes")
        .segment(note_id)
        .segment("attachments")
        .segment(path);
    format!("nc:/{path}")
}

/// Says where a person finds a file that cannot be handed on.
fn too_large(note: &api::Note, name: &str) -> Result<Failure, Failure> {
    Ok(Failure::limited(format!(
        "\"{name}\" is larger than the {} MiB that can be handed on here. A person finds it on the note's page: {}{}",
        MOST >> 20,
        note::pages()?,
        note.id
    )))
}
