//! The list of notes: category, exclude, pruning and chunks (notes/020-029).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::store::Note;
use super::{Call, represent, without};
use crate::nextcloud::etag;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Where the next chunk begins: time of the first request, then the last note's time and id.
struct Cursor {
    started: i64,
    last_update: i64,
    id: i64,
}

/// Answers `GET notes`.
pub(super) fn answer(state: &State, call: &Call<'_>) -> Reply {
    let notes = &state.notes[call.who.name()];
    let category = call.request.parameter("category");
    let all: Vec<&Note> = notes
        .iter()
        .filter(|note| category.is_none_or(|wanted| note.category == wanted))
        .collect();
    let cursor = call
        .request
        .parameter("chunkCursor")
        .and_then(Cursor::parse);
    let started = cursor
        .as_ref()
        .map_or_else(time::now, |cursor| cursor.started);
    let before = number(call, "pruneBefore");
    let mut full: Vec<&Note> = all
        .iter()
        .copied()
        .filter(|note| note.last_update >= before && after(note, cursor.as_ref()))
        .collect();
    full.sort_by_key(|note| (note.last_update, note.id));
    let size = usize::try_from(number(call, "chunkSize")).unwrap_or(0);
    let pending = if size == 0 {
        0
    } else {
        full.len().saturating_sub(size)
    };
    full.truncate(full.len() - pending);
    let excluded = call.excluded();
    let mut values: Vec<Value> = full
        .iter()
        .map(|note| without(represent(note, &notes.settings), &excluded))
        .collect();
    let mut reply = call.answer(200);
    match full.last().filter(|_| pending > 0) {
        Some(last) => {
            let next = format!("{started}-{}-{}", last.last_update, last.id);
            reply = reply
                .with("X-Notes-Chunk-Cursor", next)
                .with("X-Notes-Chunk-Pending", pending.to_string());
        }
        // The last chunk names every other note by its id alone, so that clients learn what was deleted.
        None => values.extend(remaining(&all, &full, &notes.settings.path)),
    }
    tagged(call, reply, started, values)
}

/// Notes that are left out, in the order of their files (notes/026).
fn remaining(all: &[&Note], full: &[&Note], folder: &str) -> Vec<Value> {
    let sent: BTreeSet<i64> = full.iter().map(|note| note.id).collect();
    let mut rest: Vec<&&Note> = all.iter().filter(|note| !sent.contains(&note.id)).collect();
    rest.sort_by_key(|note| note.path(folder));
    rest.into_iter()
        .map(|note| json!({"id": note.id}))
        .collect()
}

fn tagged(call: &Call<'_>, reply: Reply, started: i64, values: Vec<Value>) -> Reply {
    let value = Value::Array(values);
    let tag = etag::of(value.to_string());
    let reply = reply
        .with("Last-Modified", time::http(started))
        .with("ETag", format!("\"{tag}\""));
    let known = call.request.header("If-None-Match");
    if known.is_some_and(|header| etag::named_by(header, &tag)) {
        return Reply {
            status: 304,
            ..reply
        };
    }
    reply.json(&value)
}

fn after(note: &Note, cursor: Option<&Cursor>) -> bool {
    cursor.is_none_or(|cursor| (note.last_update, note.id) > (cursor.last_update, cursor.id))
}

fn number(call: &Call<'_>, name: &str) -> i64 {
    call.request
        .parameter(name)
        .and_then(|value| value.parse().ok())
        .unwrap_or(0)
}

impl Cursor {
    /// Garbage is no cursor, and so the first chunk (notes/029).
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').map(str::parse);
        let cursor = Self {
            started: numbers.next()?.ok()?,
            last_update: numbers.next()?.ok()?,
            id: numbers.next()?.ok()?,
        };
        numbers.next().is_none().then_some(cursor)
    }
}
