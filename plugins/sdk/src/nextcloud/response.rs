//! An answer of Nextcloud.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::explain;
use crate::Failure;
use crate::bindings::nextcloud_mcp::plugin::nextcloud as wire;

/// Any answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    answer: wire::Response,
    method: &'static str,
    about: Option<String>,
}

impl Response {
    pub(super) fn new(answer: wire::Response, method: &'static str, about: Option<String>) -> Self {
        Self {
            answer,
            method,
            about,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// Whether the status is a success, 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.answer.status)
    }

    /// The first header of this name, in any case. Which ones come through is listed in `wit/host.wit`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer
            .headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The etag without quotes; see [`super::Request::if_match`].
    pub fn etag(&self) -> Option<&str> {
        self.header("etag").map(bare_etag)
    }

    /// The body.
    pub fn bytes(&self) -> &[u8] {
        &self.answer.body
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.answer.body)
    }

    /// Lets a success through.
    ///
    /// # Errors
    /// [`Response::failure`] for any other status.
    pub fn ok(self) -> Result<Self, Failure> {
        if self.is_success() {
            Ok(self)
        } else {
            Err(self.failure())
        }
    }

    /// Lets a success through that is no web page. A proxy's login page says 200 to whatever is asked, so where the body
    /// is not read, as after a write, the status alone does not tell that Nextcloud did it.
    ///
    /// # Errors
    /// As [`Response::ok`], and [`Response::not_understood`] for a page.
    pub fn data(self) -> Result<Self, Failure> {
        let answer = self.ok()?;
        if answer.is_web_page() {
            return Err(answer.not_understood("it is a web page"));
        }
        Ok(answer)
    }

    /// What the status means, in words that a model can act on. For a status that is not a success.
    pub fn failure(&self) -> Failure {
        explain::status(self, self.method, self.about.as_deref())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Says whether a web page came instead (a login page or proxy in between), or what was not understood.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.answer.body).map_err(|error| self.not_understood(error))
    }

    /// What to say of a success whose body is not what was expected, and `why` it is not: for bodies other than JSON,
    /// after the author's own parser. Where a web page came instead, that is said.
    pub fn not_understood(&self, why: impl Display) -> Failure {
        explain::not_understood(self, self.method, self.about.as_deref(), &why)
    }

    /// What an OCS answer carries in `ocs.data`.
    ///
    /// # Errors
    /// As [`Response::json`].
    pub fn ocs<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        #[derive(Deserialize)]
        struct Envelope<T> {
            ocs: Ocs<T>,
        }
        #[derive(Deserialize)]
        struct Ocs<T> {
            data: T,
        }
        self.json::<Envelope<T>>().map(|envelope| envelope.ocs.data)
    }

    /// A page for people, as a login page, a proxy or an unknown route sends.
    pub(super) fn is_web_page(&self) -> bool {
        self.header("content-type")
            .is_some_and(|media_type| media_type.trim_start().starts_with("text/html"))
            && !self.answer.body.is_empty()
    }
}

/// `"abc"`, `W/"abc"` and `abc` are the same etag.
pub(super) fn bare_etag(etag: &str) -> &str {
    let etag = etag.trim();
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"')
}
