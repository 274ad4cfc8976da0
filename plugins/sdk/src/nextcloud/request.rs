//! One request to the caller's Nextcloud, and several side by side.

use std::fmt::Display;

use serde::Serialize;

use super::path::encode;
use super::{Path, Response, explain};
use crate::bindings::nextcloud_mcp::plugin::nextcloud as wire;
use crate::{Failure, host};

/// Built up, then sent. Which headers pass is listed in `wit/host.wit`.
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    method: &'static str,
    path: Path,
    query: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    about: Option<String>,
    /// Why it must not be sent.
    broken: Option<String>,
}

impl Request {
    /// A request with any method: `PROPFIND`, `REPORT`, `MKCALENDAR`.
    pub fn new(method: &'static str, path: impl Into<Path>) -> Self {
        Self {
            method,
            path: path.into(),
            query: String::new(),
            headers: Vec::new(),
            body: None,
            about: None,
            broken: None,
        }
    }

    /// Reads.
    pub fn get(path: impl Into<Path>) -> Self {
        Self::new("GET", path)
    }

    /// Creates.
    pub fn post(path: impl Into<Path>) -> Self {
        Self::new("POST", path)
    }

    /// Writes.
    pub fn put(path: impl Into<Path>) -> Self {
        Self::new("PUT", path)
    }

    /// Removes.
    pub fn delete(path: impl Into<Path>) -> Self {
        Self::new("DELETE", path)
    }

    /// Reads from an OCS endpoint (`/ocs/v2.php/...`), as JSON; see [`Response::ocs`].
    pub fn ocs(path: impl Into<Path>) -> Self {
        Self::get(path).header("accept", "application/json")
    }

    /// Adds one segment to the path, percent-encoded; see [`Path::segment`].
    pub fn segment(mut self, segment: impl Display) -> Self {
        self.path = self.path.segment(segment);
        self
    }

    /// Adds one pair to the query, percent-encoded.
    pub fn query(mut self, name: &str, value: impl Display) -> Self {
        self.query
            .push(if self.query.is_empty() { '?' } else { '&' });
        encode(&mut self.query, name);
        self.query.push('=');
        encode(&mut self.query, &value.to_string());
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Goes through only if the item still has this etag, given with or without quotes: Nextcloud answers 412
    /// otherwise. (Notes takes the quoted form only, recordings `notes/032` and `notes/034`.)
    pub fn if_match(self, etag: &str) -> Self {
        let bare = super::response::bare_etag(etag);
        self.header("if-match", format!("\"{bare}\""))
    }

    /// Goes through only if nothing is there yet.
    pub fn if_absent(self) -> Self {
        self.header("if-none-match", "*")
    }

    /// Sends `value` as JSON. A value that has none (a map whose keys are no texts) makes [`Request::send`] fail: Notes
    /// takes an empty or broken body for a new note (recordings `notes/004` and `notes/012`).
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body("application/json", body),
            Err(error) => {
                self.broken = Some(error.to_string());
                self
            }
        }
    }

    /// Sends `body` as it is.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// Names what the request is about, for the words of a failure: `note 118`, `calendar "work"`.
    pub fn about(mut self, item: impl Into<String>) -> Self {
        self.about = Some(item.into());
        self
    }

    /// Sends it and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// When there is no answer; the message says why and, after a write, that it may have been done.
    pub fn send(self) -> Result<Response, Failure> {
        let (wire, context) = self.into_wire()?;
        context.take(host::nextcloud::fetch(&wire))
    }

    fn into_wire(self) -> Result<(wire::Request, Context), Failure> {
        if let Some(why) = self.broken {
            return Err(Failure::internal(format!(
                "a request body cannot be written as JSON: {why}"
            )));
        }
        let path = format!("{}{}", self.path, self.query);
        let method = self.method.to_owned();
        let wire = wire::Request {
            method,
            path,
            headers: self.headers,
            body: self.body,
            extra: Vec::new(),
        };
        Ok((
            wire,
            Context {
                method: self.method,
                about: self.about,
            },
        ))
    }
}

/// Sends requests side by side; the host bounds how many at a time. Answers come in the order of the requests, and the
/// failure of one is not that of the others.
pub fn send_all(requests: impl IntoIterator<Item = Request>) -> Vec<Result<Response, Failure>> {
    let mut wire = Vec::new();
    let contexts: Vec<Result<Context, Failure>> = requests
        .into_iter()
        .map(|request| {
            let (request, context) = request.into_wire()?;
            wire.push(request);
            Ok(context)
        })
        .collect();
    let answers = if wire.is_empty() {
        Vec::new()
    } else {
        host::nextcloud::fetch_all(&wire)
    };
    let mut answers = answers.into_iter();
    contexts
        .into_iter()
        .map(|context| {
            let lost =
                wire::FetchError::Other("the host gave fewer answers than requests".to_owned());
            context?.take(answers.next().unwrap_or(Err(lost)))
        })
        .collect()
}

/// What is remembered of a request while it is away.
struct Context {
    method: &'static str,
    about: Option<String>,
}

impl Context {
    fn take(self, answer: Result<wire::Response, wire::FetchError>) -> Result<Response, Failure> {
        match answer {
            Ok(answer) => Ok(Response::new(answer, self.method, self.about)),
            Err(error) => Err(explain::no_answer(self.method, error)),
        }
    }
}
