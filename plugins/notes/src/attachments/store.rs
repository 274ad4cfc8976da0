//! What is sent for a note's files: Notes' own route for reading, `WebDAV` for listing and storing.
//!
//! Reading goes through the Notes app (recordings `notes/067` and `notes/068`), which keeps it inside of the notes folder
//! whatever is asked; so this plugin may read the contents of no other file. Storing goes through `WebDAV`, because the
//! app's own upload renames the file and puts it where it does not move along with its note (recording `notes/066`).

use nextcloud_mcp_plugin::dav::{DAV, Entry, multistatus};
use nextcloud_mcp_plugin::nextcloud::{Path, Request, Response};
use nextcloud_mcp_plugin::{Failure, FailureKind};

use super::media;

/// The first version of the API that serves attachments (recording `notes/053`: version 1 does not).
const ATTACHMENT: &str = "/index.php/apps/notes/api/v1.4/attachment";

const PROPERTIES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <d:propfind xmlns:d=\"DAV:\"><d:prop><d:resourcetype/><d:getcontentlength/><d:getcontenttype/></d:prop></d:propfind>";

/// A stored file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    /// In bytes.
    pub(super) size: u64,
}

/// A file with its contents.
#[derive(Debug)]
pub(crate) struct Contents {
    /// Relative to the note.
    pub(crate) path: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// What reading a file came to.
pub(super) enum Read {
    File(Contents),
    Nothing,
    /// Larger than one answer may be.
    TooLarge,
}

/// Reads a file; `path` is relative to the note.
pub(super) fn read(note_id: u64, path: &str) -> Result<Read, Failure> {
    let request = Request::get(ATTACHMENT)
        .segment(note_id)
        .query("path", path)
        .about(format!("the attachment \"{path}\" of note {note_id}"));
    let answer = match request.send() {
        Err(failure) if failure.kind == FailureKind::Limited => return Ok(Read::TooLarge),
        answer => answer?,
    };
    let media_type = answer
        .header("content-type")
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_lowercase());
    match answer.status() {
        // As data: the app is there, the file is not.
        404 if media_type.as_deref() == Some("application/json") => return Ok(Read::Nothing),
        // What Notes says to any route that it does not know.
        400 => {
            return Err(Failure::unsupported(
                "This Nextcloud's Notes app is too old to serve attachments: it takes version 1.4 of its API.",
            ));
        }
        _ => {}
    }
    let answer = answer.ok()?;
    Ok(Read::File(Contents {
        media_type: media_type.unwrap_or_else(|| media::by_name(path).to_owned()),
        bytes: answer.bytes().to_vec(),
        path: path.to_owned(),
    }))
}

/// The request for what lies in a folder (`depth` 1) or for one file (`depth` 0); [`files`] reads its answer.
pub(super) fn look(path: Path, depth: u8) -> Request {
    Request::new("PROPFIND", path)
        .header("depth", depth.to_string())
        .body("application/xml; charset=utf-8", PROPERTIES)
        .about("the note's files")
}

/// The files in an answer to [`look`]; none where nothing is.
pub(super) fn files(answer: Response) -> Result<Vec<File>, Failure> {
    if answer.status() == 404 {
        return Ok(Vec::new());
    }
    let answer = answer.ok()?;
    let entries = multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad))?;
    Ok(entries.iter().filter_map(file).collect())
}

fn file(entry: &Entry) -> Option<File> {
    let is_folder = entry
        .property(DAV, "resourcetype")
        .is_some_and(|kinds| kinds.has(DAV, "collection"));
    if is_folder {
        return None;
    }
    let name = entry.name()?;
    Some(File {
        media_type: entry
            .text(DAV, "getcontenttype")
            .unwrap_or_else(|| media::by_name(&name))
            .to_owned(),
        size: entry
            .text(DAV, "getcontentlength")
            .and_then(|size| size.parse().ok())
            .unwrap_or_default(),
        name,
    })
}

/// Makes a folder where there is none.
pub(super) fn make_folder(path: Path) -> Result<(), Failure> {
    let answer = Request::new("MKCOL", path)
        .about("the folder for the note's files")
        .send()?;
    // 405: it is there (RFC 4918, 9.3.1).
    if answer.status() == 405 {
        return Ok(());
    }
    answer.data().map(drop)
}

/// Stores a new file; `false` if one of this name is there, which stays as it is.
pub(super) fn create(path: Path, media_type: &str, bytes: Vec<u8>) -> Result<bool, Failure> {
    let answer = Request::put(path)
        .if_absent()
        .body(media_type, bytes)
        .about("the file")
        .send()?;
    if answer.status() == 412 {
        return Ok(false);
    }
    answer.data().map(|_| true)
}
