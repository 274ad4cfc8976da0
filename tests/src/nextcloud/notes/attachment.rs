//! Attachments of notes: uploaded as a form, stored under a name of their own (notes/066-068).

use serde_json::json;

use super::Call;
use crate::nextcloud::etag;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Seconds that an attachment may be cached.
const FRESH: i64 = 3600;

/// Answers `POST attachment/ID`.
pub(super) fn upload(state: &mut State, call: &Call<'_>, id: &str) -> Reply {
    let notes = state.notes_of(call.who.name());
    let Some(id) = notes.get(id).map(|note| note.id) else {
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
    notes.attachments.insert((id, stored.clone()), bytes);
    call.answer(200).json(&json!({"filename": stored}))
}

/// Answers `GET attachment/ID?path=NAME`.
pub(super) fn get(state: &State, call: &Call<'_>, id: &str) -> Reply {
    let path = call
        .request
        .parameter("path")
        .unwrap_or_default()
        .to_owned();
    let notes = &state.notes[call.who.name()];
    let found = notes
        .get(id)
        .and_then(|note| notes.attachments.get(&(note.id, path.clone())));
    let Some(bytes) = found else {
        return call.failure(404).without("X-Notes-API-Versions");
    };
    let kind = match path.rsplit_once('.') {
        Some((_, "png")) => "image/png",
        Some((_, "jpg" | "jpeg")) => "image/jpeg",
        _ => "application/octet-stream",
    };
    Reply::api(200, call.who)
        .without("Cache-Control")
        .with(
            "Cache-Control",
            format!("private, max-age={FRESH}, must-revalidate"),
        )
        .with(
            "Content-Disposition",
            format!("attachment; filename=\"{path}\""),
        )
        .with("Vary", "Authorization, Cookie")
        .with("Expires", time::http(time::now() + FRESH))
        .with("Content-Type", kind)
        .body(bytes.clone())
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
