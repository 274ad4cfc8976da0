//! What browsers are told about answers to pages of other origins (the Fetch standard, "CORS protocol").
//!
//! Never here: which pages may call at all (`hosts`), and the public documents' own headers (`auth/`).

use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::config::Origin;

/// What MCP clients send to `/mcp`, of any revision. By name, because `*` does not cover `Authorization`.
const SENT: &str = "authorization, content-type, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id";

/// And these, one for each parameter that a tool wants in a header (MCP 2026-07-28).
const SENT_PARAMETER: &str = "mcp-param-";

/// What a page may read of an answer besides its body: how to sign in, when to come back, and by what name to
/// report it.
const READ: HeaderValue =
    HeaderValue::from_static("www-authenticate, mcp-session-id, retry-after, x-request-id");

/// GET and DELETE, too: clients of older revisions send them, and must be able to read that they are not needed.
const METHODS: HeaderValue = HeaderValue::from_static("POST, GET, DELETE");

/// How long a browser may keep what [`preflight`] said, in seconds. Chromium keeps it no longer than this.
const KEPT: HeaderValue = HeaderValue::from_static("7200");

/// The answer to a browser that asks whether a page may send what it wants to send.
pub(super) fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed(asked));
    headers.insert(ACCESS_CONTROL_MAX_AGE, KEPT);
    response
}

/// Lets pages from `origin` read `response`.
pub(super) fn readable_by(origin: &Origin, response: &mut Response) {
    let headers = response.headers_mut();
    // What other answers depend on, even if this one has no such header.
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Ok(origin) = HeaderValue::try_from(origin.to_string()) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
    }
}

/// Lets every page read `response`, which must hold nothing about anybody.
pub(super) fn readable_by_all(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
    response
}

/// [`SENT`], and of what was asked for what [`SENT_PARAMETER`] covers.
fn allowed(asked: &HeaderMap) -> HeaderValue {
    let asked = asked
        .get_all(ACCESS_CONTROL_REQUEST_HEADERS)
        .iter()
        .filter_map(|names| names.to_str().ok())
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| name.starts_with(SENT_PARAMETER));
    let names: Vec<String> = std::iter::once(SENT.to_owned()).chain(asked).collect();
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static(SENT))
}
