//! An answer that HTTP must give in place of rmcp: a status, and the same as a JSON-RPC error.

use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::failure::{BUSY, FORBIDDEN};
use super::sign_in::MissingScopes;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: i32,
    message: String,
    retry_after: Option<Duration>,
    missing: Option<MissingScopes>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: i32, message: String) -> Self {
        Self {
            status,
            code,
            message,
            retry_after: None,
            missing: None,
        }
    }

    pub(super) fn busy(what: &str, retry_after: Duration) -> Self {
        let message = format!(
            "{what}; nothing was done. Try again in {} s",
            retry_after.as_secs().max(1)
        );
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, BUSY, message)
        }
    }

    /// RFC 6750, section 3.1, `insufficient_scope`. The edge adds the challenge.
    pub(super) fn needs(scopes: Vec<String>) -> Self {
        let message = format!(
            "this sign-in does not include the permission {}; nothing was done. Sign in again and grant it",
            scopes.join(" ")
        );
        Self {
            missing: Some(MissingScopes(scopes)),
            ..Self::new(StatusCode::FORBIDDEN, FORBIDDEN, message)
        }
    }

    pub(super) fn into_response(self, id: &Value) -> Response {
        let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": self.code, "message": self.message } });
        let mut response = (self.status, body.to_string()).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(retry_after) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)));
        }
        if let Some(missing) = self.missing {
            response.extensions_mut().insert(missing);
        }
        response
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn busy_is_503_with_a_time_to_come_back_and_the_requests_id() {
        let response =
            Refusal::busy("the server is busy", Duration::from_secs(5)).into_response(&json!(7));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        let body: Value = serde_json::from_slice(
            &axum::body::to_bytes(response.into_body(), 1000)
                .await
                .unwrap(),
        )
        .unwrap();
        assert_eq!(
            (&body["id"], &body["error"]["code"]),
            (&json!(7), &json!(503))
        );
    }

    #[tokio::test]
    async fn a_missing_scope_is_403_that_names_what_is_needed() {
        let response = Refusal::needs(vec!["notes.write".to_owned()]).into_response(&json!(7));
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let needed = response.extensions().get::<MissingScopes>().cloned();
        assert_eq!(needed, Some(MissingScopes(vec!["notes.write".to_owned()])));
        let body = axum::body::to_bytes(response.into_body(), 1000).await;
        let body: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        assert_eq!(body["id"], 7);
        assert!(
            body["error"]["message"]
                .as_str()
                .unwrap()
                .contains("notes.write")
        );
    }
}
