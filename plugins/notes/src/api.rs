//! Notes API v1 on the wire: the one place that knows its paths, fields and quirks.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::{Request, Response};
use serde::{Deserialize, Serialize};

pub(crate) const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

const SETTINGS: &str = "/index.php/apps/notes/api/v1/settings";

/// What they are called in the words of a failure.
const SETTINGS_ITEM: &str = "the settings of the Notes app";

/// A note as Nextcloud sends it (recording `notes/014`).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Note {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) title: String,
    /// Unix time in seconds.
    #[serde(default)]
    pub(crate) modified: i64,
    #[serde(default)]
    pub(crate) category: String,
    #[serde(default)]
    pub(crate) favorite: bool,
    #[serde(default)]
    pub(crate) readonly: bool,
    /// Its file below the user's own files, such as `/Notes/Home/Shopping list.md`.
    #[serde(default, rename = "internalPath")]
    pub(crate) internal_path: String,
    /// Nextcloud could not read it now; `content` is a message then (recording `notes/086`).
    #[serde(default)]
    error: bool,
    #[serde(default, rename = "errorType")]
    error_type: String,
    /// Empty where it was not asked for.
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) etag: String,
}

/// The fields of a note to write; what is absent stays as it is (recordings `notes/037` to `notes/043`).
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) favorite: Option<bool>,
}

/// What came of a write that depended on an etag.
pub(crate) enum Written {
    /// It was written; this is the note now.
    Done(Note),
    /// It had changed, so nothing was written; this is the note now.
    Changed(Note),
}

/// The user's settings of the Notes app, or those of them to change (recordings `notes/048` to `notes/051`).
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notes_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_suffix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note_mode: Option<String>,
}

impl Fields {
    /// Nothing but the content.
    pub(crate) fn content(content: String) -> Self {
        Self {
            content: Some(content),
            ..Self::default()
        }
    }

    /// A favourite is the user's own mark, also on a note that others share read-only (recording `notes/079`).
    pub(crate) fn only_marks(&self) -> bool {
        self.title.is_none() && self.content.is_none() && self.category.is_none()
    }
}

impl Note {
    /// Lets a note through whose content is its content.
    pub(crate) fn readable(self) -> Result<Self, Failure> {
        if !self.error {
            return Ok(self);
        }
        let Self {
            id,
            title,
            error_type,
            ..
        } = &self;
        Err(if error_type.contains("Lock") {
            Failure::unavailable(format!(
                "Note {id} \"{title}\" is locked: someone else or another device is writing it."
            ))
            .retry_after(60)
        } else {
            Failure::other(format!(
                "Nextcloud cannot read note {id} \"{title}\" now ({error_type}). Its administrator finds the reason in the log."
            ))
        })
    }

    /// Whether `content` is what the note holds.
    pub(crate) fn has_content(&self) -> bool {
        !self.error
    }

    /// Lets a note through that this user may write.
    pub(crate) fn writable(self) -> Result<Self, Failure> {
        if self.readonly && !self.error {
            return Err(read_only(&format!("Note {} \"{}\"", self.id, self.title)));
        }
        Ok(self)
    }

    /// Whether what stands in `content` is the note's content, and not a message in its place.
    pub(crate) fn is_content(&self) -> bool {
        !self.error
    }
}

/// The note with its content.
pub(crate) fn read(id: u64) -> Result<Note, Failure> {
    one(id, note(Request::get, id).send()?)
}

/// The note without its content, which may be large.
pub(crate) fn read_head(id: u64) -> Result<Note, Failure> {
    one(
        id,
        note(Request::get, id).query("exclude", "content").send()?,
    )
}

/// The request that reads a note, for sending many side by side.
pub(crate) fn request(id: u64) -> Request {
    note(Request::get, id)
}

/// All notes without their contents, in no particular order. `category` matches exactly: `Home` leaves `Home/Garden`
/// out, and an empty one means the notes without a category (recordings `notes/023` to `notes/025`).
pub(crate) fn list(category: Option<&str>) -> Request {
    let request = Request::get(NOTES)
        .query("exclude", "content")
        .about("the list of notes");
    match category {
        Some(category) => request.query("category", category),
        None => request,
    }
}

/// Creates a note.
pub(crate) fn create(fields: &Fields) -> Result<Note, Failure> {
    let response = Request::post(NOTES).json(fields).about("the note").send()?;
    let category = fields.category.as_deref().unwrap_or_default();
    // A folder that was shared read-only answers 500 (recording `notes/081`).
    if response.status() == 500 && !category.is_empty() {
        return Err(Failure::denied(format!(
            "Nextcloud could not create the note in category \"{category}\". Often such a folder is shared read-only: \
             look with search_notes whether the note is there before trying again, then try another category."
        )));
    }
    response.ok()?.json()
}

/// Writes a note if it still has `etag`. Nextcloud compares and writes in two steps: of two writes in the same instant
/// the later one may win, which the note that comes back shows.
pub(crate) fn write(id: u64, etag: &str, fields: &Fields) -> Result<Written, Failure> {
    let response = note(Request::put, id).if_match(etag).json(fields).send()?;
    match response.status() {
        // The body is the note as it is now (recording `notes/031`).
        412 => response.json().map(Written::Changed),
        // The only reason for it; Nextcloud does not say so (recordings `notes/077` and `notes/078`).
        403 => Err(read_only(&format!("Note {id}"))),
        _ => one(id, response).map(Written::Done),
    }
}

/// Deletes a note.
pub(crate) fn delete(id: u64) -> Result<(), Failure> {
    let response = note(Request::delete, id).send()?;
    refuse_absent(id, &response)?;
    response.data().map(drop)
}

/// The user's settings.
pub(crate) fn settings() -> Result<Settings, Failure> {
    let response = Request::get(SETTINGS).about(SETTINGS_ITEM).send()?;
    response.ok()?.json()
}

/// Changes what is given of them; all of them as they are then.
pub(crate) fn change_settings(changes: &Settings) -> Result<Settings, Failure> {
    let response = Request::put(SETTINGS)
        .json(changes)
        .about(SETTINGS_ITEM)
        .send()?;
    response.ok()?.json()
}

fn note(method: fn(&'static str) -> Request, id: u64) -> Request {
    method(NOTES).segment(id).about(format!("note {id}"))
}

fn one(id: u64, response: Response) -> Result<Note, Failure> {
    refuse_absent(id, &response)?;
    response.ok()?.json()
}

/// 404 as JSON: the app is there, the note is not (recording `notes/017`; another user's note too, `notes/070`).
fn refuse_absent(id: u64, response: &Response) -> Result<(), Failure> {
    let is_data = response
        .header("content-type")
        .is_some_and(|media_type| media_type.contains("json"));
    if response.status() == 404 && is_data {
        return Err(Failure::not_found(format!(
            "There is no note {id}: it was deleted, or it never was this user's. list_notes and search_notes show the \
             numbers of those that are there."
        )));
    }
    Ok(())
}

fn read_only(note: &str) -> Failure {
    Failure::denied(format!(
        "{note} is read-only: it was shared with this user without the right to edit. Nothing was changed; a new note can \
         hold the text instead."
    ))
}
