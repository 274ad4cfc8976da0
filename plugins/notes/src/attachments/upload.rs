//! `upload_attachment`: stores a new file with a note, where Nextcloud's own editor keeps them.
//!
//! Never overwrites (`If-None-Match: *`) and never changes the note: the Markdown that shows the file comes back, and is
//! put where it belongs by another tool.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use nextcloud_mcp_plugin::nextcloud::{self, Path};
use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use super::place::{self, Place};
use super::{media, store};
use crate::{api, note};

pub(crate) const DESCRIPTION: &str = "Stores a new file with a note and returns the Markdown that shows it. Put that into the \
note: Nextcloud's editor removes files that no text names. Never overwrites. Example: note_id 118, attachment_filename \
\"list.csv\", text \"a,b\".";

/// Bytes that a file name can have on the file systems below Nextcloud.
const NAME_BYTES: usize = 250;

/// As models write it: with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[schemars(range(min = 1))]
    note_id: u64,
    #[schemars(length(min = 1))]
    attachment_filename: String,
    /// Base64.
    data: Option<String>,
    /// Or text.
    text: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Uploaded {
    /// Relative to the note.
    path: String,
    mime_type: &'static str,
    /// Bytes.
    size: usize,
    /// For the note's text.
    markdown: String,
    /// The note's page.
    url: String,
}

pub(crate) fn upload_attachment(arguments: Arguments) -> Result<Reply<Uploaded>, Failure> {
    let Arguments {
        note_id,
        attachment_filename: name,
        data,
        text,
    } = arguments;
    check_name(&name)?;
    let bytes = bytes(data, text)?;
    let (size, mime_type) = (bytes.len(), media::by_name(&name));
    let url = format!("{}{note_id}", note::pages()?);
    let user = nextcloud::whoami()?.id;

    let note = api::read_head(note_id)?.writable()?;
    let place = Place::of(&note)?;
    let file = place.own(&name);
    store::make_folder(place.own_folder_path(&user))?;
    if !store::create(place.file_path(&user, &file), mime_type, bytes)? {
        return Err(Failure::conflict(format!(
            "{} has an attachment \"{name}\" already. Nothing was stored; choose another name.",
            note::name(&note)
        )));
    }
    let markdown = markdown(&file.relative(), &name);
    let text = format!(
        "\"{name}\" was stored with {}. Its text does not show it yet: put {markdown} where it belongs.",
        note::name(&note)
    );
    Ok(Reply::new(
        text,
        Uploaded {
            path: file.relative(),
            mime_type,
            size,
            markdown,
            url,
        },
    ))
}

fn check_name(name: &str) -> Result<(), Failure> {
    // A name that begins with a dot is hidden, and some mean something to the web server.
    if place::is_name(name) && !name.starts_with('.') && name.len() <= NAME_BYTES {
        return Ok(());
    }
    Err(Failure::invalid(format!(
        "attachment_filename is the name of a file such as \"photo.png\": no folders, no dot at its beginning, at most \
         {NAME_BYTES} bytes."
    )))
}

fn bytes(data: Option<String>, text: Option<String>) -> Result<Vec<u8>, Failure> {
    match (data, text) {
        (None, Some(text)) => Ok(text.into_bytes()),
        (Some(data), None) => {
            // As a data: address, and in lines, is how base64 is often at hand.
            let data = match data.split_once("base64,") {
                Some((head, data)) if head.starts_with("data:") => data,
                _ => &data,
            };
            let data: String = data.split_ascii_whitespace().collect();
            BASE64.decode(data).map_err(|error| {
                Failure::invalid(format!("data is no base64: {error}. Nothing was stored."))
            })
        }
        _ => Err(Failure::invalid(
            "Give the file either as data (base64) or as text.",
        )),
    }
}

/// What shows the file. An image's form also for other files: it is the only one in which the editor sees that a file is
/// still used, and it finds no name in it that holds `)` or `&` (nextcloud/text, `AttachmentService`).
fn markdown(path: &str, name: &str) -> String {
    let alt: String = name
        .chars()
        .map(|letter| {
            if matches!(letter, '[' | ']' | '\\') {
                '_'
            } else {
                letter
            }
        })
        .collect();
    let encoded = path
        .split('/')
        .fold(Path::new(""), Path::segment)
        .to_string();
    format!("![{alt}]({})", encoded.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_markdown_is_what_the_editor_recognises_whatever_the_name() {
        assert_eq!(
            markdown(".attachments.118/photo.png", "photo.png"),
            "![photo.png](.attachments.118/photo.png)"
        );
        assert_eq!(
            markdown(".attachments.118/a (1) & [b]+.pdf", "a (1) & [b]+.pdf"),
            "![a (1) & _b_+.pdf](.attachments.118/a%20%281%29%20%26%20%5Bb%5D%2B.pdf)"
        );
    }

    #[test]
    fn base64_is_taken_as_it_is_at_hand() {
        for data in ["aGk=", "aGk", "a\n Gk=", "data:text/plain;base64,aGk="] {
            assert_eq!(bytes(Some(data.to_owned()), None).unwrap(), b"hi", "{data}");
        }
        for (data, text) in [(Some("%"), None), (None, None), (Some("aGk="), Some("hi"))] {
            bytes(data.map(str::to_owned), text.map(str::to_owned)).unwrap_err();
        }
    }

    #[test]
    fn a_name_is_a_name_only() {
        for name in [
            "",
            ".",
            "..",
            ".htaccess",
            "a/b.png",
            "a\\b",
            "a\nb",
            &"x".repeat(251),
        ] {
            check_name(name).unwrap_err();
        }
        check_name("Foto (1) ü.png").unwrap();
    }
}
