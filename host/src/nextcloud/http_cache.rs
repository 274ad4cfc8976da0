//! One user's private cache: answers with an `ETag`, revalidated every time they are used.
//!
//! Guests keep nothing between calls, so the host keeps what Nextcloud lets it keep (RFC 9111): GET answers with an `ETag`
//! and without `no-store`, per the request headers that `Vary` names. Nothing is ever served without asking Nextcloud
//! (`If-None-Match`); what is saved is sending the body again. Most OCS and app answers say `no-store` (recordings
//! `capabilities/011`, `notes/002`) and are not kept; calendar objects and files are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::StatusCode;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, COOKIE, ETAG, HeaderMap, HeaderName, HeaderValue, VARY,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::path::OriginPath;

/// Room is counted in blocks of this many bytes, so that the count fits a semaphore.
const BLOCK: usize = 1024;

/// What an entry costs besides its texts, roughly.
const OVERHEAD: usize = 512;

/// Cached bytes for all users together.
#[derive(Clone)]
pub(super) struct Room {
    blocks: Arc<Semaphore>,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            blocks: Arc::new(Semaphore::new((bytes / BLOCK).min(Semaphore::MAX_PERMITS))),
        }
    }
}

/// See the module's documentation.
pub(super) struct HttpCache {
    entries: Mutex<Entries>,
    /// Of this user, in bytes.
    capacity: usize,
    room: Room,
}

#[derive(Default)]
struct Entries {
    by_path: HashMap<String, Entry>,
    bytes: usize,
    /// Counts uses; the entry with the smallest is dropped first.
    clock: u64,
}

struct Entry {
    answer: Stored,
    /// The request headers that the answer depends on, with the values that it was made for.
    vary: Vec<(HeaderName, Option<HeaderValue>)>,
    /// The path alone, so that a write can drop every query of it.
    segments: Vec<String>,
    size: usize,
    used: u64,
    /// Given back when the entry goes.
    _room: OwnedSemaphorePermit,
}

/// An answer as it was when Nextcloud sent it whole.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) etag: HeaderValue,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl HttpCache {
    pub(super) fn new(capacity: usize, room: Room) -> Self {
        Self {
            entries: Mutex::default(),
            capacity,
            room,
        }
    }

    /// The answer kept for this path and these request headers, to be revalidated.
    pub(super) fn get(&self, path: &OriginPath, request: &HeaderMap) -> Option<Stored> {
        let mut entries = self.entries();
        entries.clock += 1;
        let now = entries.clock;
        let entry = entries.by_path.get_mut(&path.to_string())?;
        let same = entry
            .vary
            .iter()
            .all(|(name, value)| request.get(name) == value.as_ref());
        same.then(|| {
            entry.used = now;
            entry.answer.clone()
        })
    }

    /// Keeps a whole answer to a GET, if it may be kept and there is room.
    pub(super) fn put(
        &self,
        path: &OriginPath,
        request: &HeaderMap,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Bytes,
    ) {
        let mut entries = self.entries();
        entries.remove(&path.to_string());
        let (Some(etag), Some(vary)) = (headers.get(ETAG), vary(headers, request)) else {
            return;
        };
        let key = path.to_string();
        let size = size(&key, headers, &vary, body);
        if status != StatusCode::OK || forbids_storing(headers) || size > self.capacity {
            return;
        }
        while entries.bytes + size > self.capacity && entries.remove_oldest() {}
        let Ok(blocks) = u32::try_from(size.div_ceil(BLOCK)) else {
            return;
        };
        let Ok(room) = Arc::clone(&self.room.blocks).try_acquire_many_owned(blocks) else {
            return;
        };
        entries.clock += 1;
        let used = entries.clock;
        let answer = Stored {
            etag: etag.clone(),
            headers: headers.clone(),
            body: body.clone(),
        };
        let entry = Entry {
            answer,
            vary,
            segments: path.segments().to_vec(),
            size,
            used,
            _room: room,
        };
        entries.bytes += size;
        entries.by_path.insert(key, entry);
    }

    /// Drops what is kept for a path, whatever its query: something there was changed.
    pub(super) fn invalidate(&self, path: &OriginPath) {
        let mut entries = self.entries();
        let changed: Vec<String> = entries
            .by_path
            .iter()
            .filter(|(_, entry)| entry.segments == path.segments())
            .map(|(key, _)| key.clone())
            .collect();
        for key in changed {
            entries.remove(&key);
        }
    }

    /// Drops everything.
    pub(super) fn clear(&self) {
        *self.entries() = Entries::default();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.by_path.remove(key) {
            self.bytes -= entry.size;
        }
    }

    /// Tells whether there was one.
    fn remove_oldest(&mut self) -> bool {
        let oldest = self
            .by_path
            .iter()
            .min_by_key(|(_, entry)| entry.used)
            .map(|(key, _)| key.clone());
        oldest.inspect(|key| self.remove(key)).is_some()
    }
}

/// Bytes that an entry takes. A path is kept twice, and with a query it can be longer than many a body.
fn size(
    key: &str,
    headers: &HeaderMap,
    vary: &[(HeaderName, Option<HeaderValue>)],
    body: &Bytes,
) -> usize {
    let answered = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    let compared = vary
        .iter()
        .map(|(name, value)| name.as_str().len() + value.as_ref().map_or(0, HeaderValue::len));
    OVERHEAD + 2 * key.len() + answered.sum::<usize>() + compared.sum::<usize>() + body.len()
}

fn forbids_storing(headers: &HeaderMap) -> bool {
    let directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut names = directives.map(<[u8]>::trim_ascii);
    names.any(|name| name.eq_ignore_ascii_case(b"no-store"))
}

/// The values that an answer depends on; `None` if it depends on what cannot be compared (`*`). The credential and its
/// cookies are left out: the whole cache belongs to them.
fn vary(answer: &HeaderMap, request: &HeaderMap) -> Option<Vec<(HeaderName, Option<HeaderValue>)>> {
    let names = answer
        .get_all(VARY)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let names = names
        .map(<[u8]>::trim_ascii)
        .filter(|name| !name.is_empty());
    let parsed = names.map(|name| HeaderName::from_bytes(name).ok().filter(|_| name != b"*"));
    let parsed: Vec<HeaderName> = parsed.collect::<Option<_>>()?;
    let compared = parsed
        .into_iter()
        .filter(|name| *name != AUTHORIZATION && *name != COOKIE);
    Some(
        compared
            .map(|name| (name.clone(), request.get(&name).cloned()))
            .collect(),
    )
}
