//! Reads notes with their contents, one bounded chunk after the other, and keeps what matches.
//!
//! For what Nextcloud's own search cannot do: accents inside texts. Only on request, for few notes, or for those changed
//! since some day, where `pruneBefore` leaves the others out (recording `notes/026`). Memory holds one chunk at a time,
//! and a scan that takes too long ends with the cursor that Nextcloud gave (recordings `notes/027` and `notes/028`).

use std::time::{Duration, Instant};

use nextcloud_mcp_plugin::nextcloud::{Request, Response};
use nextcloud_mcp_plugin::{Failure, FailureKind, progress};

use crate::api;
use crate::filter::Filter;
use crate::matching::{Match, Query};

/// Notes in one chunk. For each one Nextcloud lists all files anew, so few large ones are quicker; most are some
/// kilobytes, and one answer may have 8 MiB.
const CHUNK: usize = 500;

/// A chunk whose answer is too large is asked for again with so many times fewer notes.
const FEWER: usize = 8;

/// A scan ends after this, of the 30 s that a call has and the 10 s that most clients wait for.
const TIME: Duration = Duration::from_secs(8);

/// And after so many bytes, of the 64 MiB that a call has.
const BYTES: usize = 32 << 20;

/// What a scan found.
pub(crate) struct Scan {
    pub(crate) found: Vec<(api::Note, Match)>,
    /// Where it ended before its end, as Nextcloud's cursor, and how many notes come after that.
    pub(crate) rest: Option<Rest>,
}

pub(crate) struct Rest {
    pub(crate) chunk: String,
    pub(crate) notes: usize,
}

/// Scans the notes of `filter`, from the chunk `from` on.
pub(crate) fn scan(query: &Query, filter: &Filter, from: Option<&str>) -> Result<Scan, Failure> {
    let begun = Instant::now();
    let (mut size, mut bytes, mut seen) = (CHUNK, 0, 0);
    let mut next = from.map(str::to_owned);
    let mut found = Vec::new();
    loop {
        let Some(answer) = chunk(filter, next.as_deref(), size)? else {
            size = smaller(size);
            continue;
        };
        if size == 0 {
            size = CHUNK;
        }
        bytes += answer.bytes().len();
        let rest = rest(&answer);
        for mut note in notes(&answer)? {
            seen += 1;
            if !filter.admits(&note) {
                continue;
            }
            // The text in place of a locked note's content is none of its own.
            let content = match std::mem::take(&mut note.content) {
                content if note.has_content() => content,
                _ => String::new(),
            };
            if let Some(matched) = query.matches(&note.title, &note.category, &content) {
                found.push((note, matched));
            }
        }
        match rest {
            None => return Ok(Scan { found, rest: None }),
            Some(rest) if begun.elapsed() > TIME || bytes > BYTES => {
                return Ok(Scan {
                    found,
                    rest: Some(rest),
                });
            }
            Some(rest) => {
                report(seen, rest.notes);
                next = Some(rest.chunk);
            }
        }
    }
}

/// What to try after a chunk that was too large; 0 stands for one note without its content.
fn smaller(size: usize) -> usize {
    match size {
        0 | 1 => 0,
        more => (more / FEWER).max(1),
    }
}

/// One chunk; nothing if its answer is too large. See [`smaller`] for a size of 0.
fn chunk(filter: &Filter, from: Option<&str>, size: usize) -> Result<Option<Response>, Failure> {
    let mut request = Request::get(api::NOTES)
        .query("chunkSize", size.max(1))
        .about("the notes");
    if size == 0 {
        request = request.query("exclude", "content");
    }
    if let Some(category) = filter.exact_category() {
        request = request.query("category", category);
    }
    if let Some(since) = filter.since {
        // Nextcloud compares when it noticed a change, which is never before the change.
        request = request.query("pruneBefore", since);
    }
    if let Some(from) = from {
        request = request.query("chunkCursor", from);
    }
    match request.send() {
        Ok(answer) => answer.ok().map(Some),
        Err(failure) if failure.kind == FailureKind::Limited && size > 0 => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The chunk's own notes. The last chunk also names all others, by their numbers alone.
fn notes(answer: &Response) -> Result<impl Iterator<Item = api::Note>, Failure> {
    let notes: Vec<api::Note> = answer.json()?;
    Ok(notes.into_iter().filter(|note| !note.etag.is_empty()))
}

fn rest(answer: &Response) -> Option<Rest> {
    let chunk = answer.header("x-notes-chunk-cursor")?.to_owned();
    let notes = answer
        .header("x-notes-chunk-pending")
        .and_then(|pending| pending.parse().ok())
        .unwrap_or_default();
    Some(Rest { chunk, notes })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a bar for people, and nobody has 2^52 notes"
)]
fn report(seen: usize, pending: usize) {
    progress::report(
        seen as f64,
        Some((seen + pending) as f64),
        Some("Reading notes"),
    );
}
