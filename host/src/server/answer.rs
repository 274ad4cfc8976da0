//! Answers that the edge gives by itself: small JSON objects, each with one sentence for a person.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// `{"error": <the status in words>, "message": <what happened and what to do>}`.
pub(super) fn refusal(status: StatusCode, message: &str) -> Response {
    let error = status.canonical_reason().unwrap_or("Error");
    let mut response =
        (status, Json(json!({ "error": error, "message": message }))).into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// 503, and when to come back.
pub(super) fn busy(seconds: u64, message: &str) -> Response {
    let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, message);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// 429, and when to come back.
pub(super) fn too_many(wait: Duration, message: &str) -> Response {
    let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, message);
    // Rounded up: who comes back too early is refused again.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// What one user may see, nobody keeps.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
