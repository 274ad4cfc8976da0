//! A request as the handlers see it: path decoded once, web root and host known.

use std::net::SocketAddr;

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;

/// A request below the web root.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path below the web root, still encoded, with its leading slash.
    pub(super) path: String,
    /// The decoded segments of the path; a trailing slash adds none.
    pub(super) segments: Vec<String>,
    /// The decoded query.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) peer: SocketAddr,
    /// Sub-path that this Nextcloud lives under; empty for none.
    pub(super) web_root: String,
    /// The host of absolute URLs, if it is not the request's.
    pub(super) overwrite_host: Option<String>,
}

impl Request {
    /// A header as text; absent and not-text are alike.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether `OCS-APIRequest` has a value, which makes any value do but the empty one (bearer/010, 011).
    pub(super) fn is_api_request(&self) -> bool {
        self.header("OCS-APIRequest")
            .is_some_and(|value| !value.is_empty())
    }

    /// The last value of a query parameter, as PHP takes it.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The segments as slices, to match on.
    pub(super) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The value of `Host`.
    pub(super) fn host(&self) -> &str {
        self.header("Host").unwrap_or("127.0.0.1")
    }

    /// Scheme, host and web root: absolute URLs follow the `Host` of the request, as in Nextcloud, unless its administrator
    /// fixed it.
    pub(super) fn base(&self) -> String {
        let host = self.overwrite_host.as_deref().unwrap_or(self.host());
        format!("http://{host}{}", self.web_root)
    }

    /// The cookies of the request.
    pub(super) fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .get_all("Cookie")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
    }

    /// The body as text, with anything that is not UTF-8 replaced.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The decoded segments of a path.
pub(super) fn segments(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(decode).collect()
}

/// The decoded pairs of a query or of a form.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// One segment, decoded once.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
