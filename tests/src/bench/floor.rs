//! What the stand-in itself takes: the requests that a call made, sent again over a kept connection by nobody's server.
//!
//! They go one after the other, also where the server sent them side by side.

use std::time::{Duration, Instant};

use anyhow::Result;
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, COOKIE, HOST, TRANSFER_ENCODING};
use serde_json::Value;

use crate::harness::http;
use crate::nextcloud::{Entry, StandIn};

/// Requests to be sent again.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    entries: Vec<Entry>,
    base: String,
    client: reqwest::Client,
}

impl Recorded {
    /// Everything since the log was emptied.
    pub(super) fn since(nextcloud: &StandIn) -> Self {
        Self {
            entries: nextcloud.requests(),
            base: format!("http://{}", nextcloud.address()),
            client: http(),
        }
    }

    /// As they came.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of the bodies that were sent.
    pub(super) fn sent(&self) -> usize {
        self.entries.iter().map(|entry| entry.body.len()).sum()
    }

    /// Bytes of the bodies that came back.
    pub(super) fn received(&self) -> usize {
        self.entries.iter().map(|entry| entry.answer.len()).sum()
    }

    /// Sends them once more; how long all of it took.
    pub(super) async fn replay(&self) -> Result<Duration> {
        let begun = Instant::now();
        let mut renamed = Vec::new();
        for entry in &self.entries {
            let method = reqwest::Method::from_bytes(entry.method.as_bytes())?;
            let target = renew(&entry.target, &renamed);
            let request = self
                .client
                .request(method, format!("{}{target}", self.base))
                .headers(kept(&entry.headers))
                .body(entry.body.clone());
            let answer = request.send().await?.bytes().await?;
            if entry.method == "POST" {
                renamed.extend(new_id(&entry.answer, &answer));
            }
        }
        Ok(begun.elapsed())
    }

    /// Sends them `count` times.
    pub(super) async fn times(&self, count: usize) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            times.push(self.replay().await?);
        }
        Ok(times)
    }
}

/// What was created has another number now than when it was recorded.
fn new_id(recorded: &[u8], answer: &[u8]) -> Option<(String, String)> {
    let id = |body: &[u8]| {
        let body: Value = serde_json::from_slice(body).ok()?;
        body["id"].as_i64().map(|id| format!("/{id}"))
    };
    Some((id(recorded)?, id(answer)?))
}

fn renew(target: &str, renamed: &[(String, String)]) -> String {
    let found = renamed
        .iter()
        .find_map(|(old, new)| Some(format!("{}{new}", target.strip_suffix(old.as_str())?)));
    found.unwrap_or_else(|| target.to_owned())
}

/// Without what belongs to the connection or to a session of another client.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [
        HOST,
        CONTENT_LENGTH,
        COOKIE,
        TRANSFER_ENCODING,
        ACCEPT_ENCODING,
    ] {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_created_again_is_deleted_again() {
        let renamed = vec![new_id(br#"{"id": 7}"#, br#"{"id": 12}"#).unwrap()];
        assert_eq!(renew("/notes/7", &renamed), "/notes/12");
        assert_eq!(renew("/notes/17", &renamed), "/notes/17");
        assert_eq!(new_id(b"<html>", br#"{"id": 12}"#), None);
    }
}
