//! Attachments of notes: uploaded as a form, stored beside their note under a name of their own, read by their path from
//! there and nowhere outside of the notes folder (notes/066-068; nextcloud/notes, `NotesService::getAttachment`).

use serde_json::json;

use super::Call;
use crate::nextcloud::etag;
use crate::nextcloud::files::tree::media_type;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Seconds that an attachment may be cached.
const FRESH: i64 = 3600;

/// Answers `POST attachment/ID`.
pub(super) fn upload(state: &mut State, call: &Call<'_>, id: &str) -> Reply {
    let notes = state.notes_of(call.who.name());
    let Some(folder) = notes.get(id).map(|note| note.folder(&notes.settings.path)) else {
        return call.failure(404);
    };
    let Some((name, bytes)) = file(call) else {
        return call.failure(400);
    };
    let suffix = name
        .rsplit_once('.')
        .map(|(_, suffix)| format!(".{suffix}"))
        .unwrap_or_default();
    let stored = format!("{}{suffix}", etag::of(&bytes));
    notes.files.store(&format!("{folder}/{stored}"), bytes);
    call.answer(200).json(&json!({"filename": stored}))
}

/// Answers `GET attachment/ID?path=NAME`.
pub(super) fn get(state: &State, call: &Call<'_>, id: &str) -> Reply {
    let path = call.request.parameter("path").unwrap_or_default();
    let notes = &state.notes[call.who.name()];
    let found = notes.get(id).and_then(|note| {
        let below = resolve(&note.category, path);
        let whole = format!("{}/{below}", notes.settings.path);
        Some((below, notes.files.file(&whole)?))
    });
    let Some((below, bytes)) = found else {
        return call.failure(404).without("X-Notes-API-Versions");
    };
    let name = below.rsplit('/').next().unwrap_or_default();
    Reply::api(200, call.who)
        .without("Cache-Control")
        .with(
            "Cache-Control",
            format!("private, max-age={FRESH}, must-revalidate"),
        )
        .with(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        )
        .with("Vary", "Authorization, Cookie")
        .with("Expires", time::http(time::now() + FRESH))
        .with("Content-Type", media_type(name))
        .body(bytes.to_vec())
}

/// A path from a category on, as one from the notes folder on: `..` at its top changes nothing.
fn resolve(category: &str, path: &str) -> String {
    let mut segments: Vec<&str> = category
        .split('/')
        .filter(|name| !name.is_empty())
        .collect();
    for segment in path.split('/') {
        match segment {
            "" => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    segments.join("/")
}

/// Name and bytes of the first file of a form (RFC 7578).
fn file(call: &Call<'_>) -> Option<(String, Vec<u8>)> {
    let kind = call.request.header("Content-Type")?;
    let boundary = format!("--{}", kind.split_once("boundary=")?.1.trim_matches('"'));
    let body = &call.request.body;
    let start = find(body, boundary.as_bytes())? + boundary.len();
    let head = start + find(&body[start..], b"\r\n\r\n")?;
    let end = head + 4 + find(&body[head + 4..], format!("\r\n{boundary}").as_bytes())?;
    let headers = String::from_utf8_lossy(&body[start..head]).into_owned();
    let name = headers
        .split_once("filename=\"")?
        .1
        .split_once('"')?
        .0
        .to_owned();
    Some((name, body[head + 4..end].to_vec()))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
