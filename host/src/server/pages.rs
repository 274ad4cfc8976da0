//! The guard of the pages that anybody may open: signing in (`/oauth/*`) and the public documents (`/.well-known/*`).
//!
//! They have budgets of their own, so that a flood of them leaves `/mcp` answering, and the reverse. Never here: what a
//! page shows, who may see it, and which pages of other origins may read it (`auth/`).

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};

use super::address::AddressGroup;
use super::answer::{refusal, too_many};
use super::cors;
use super::guard::{self, Flow};
use super::hosts::Allowed;
use crate::rate::Limiter;

/// Largest body. A registration with ten redirect URIs and a token request with two sealed tokens of 6 kB stay below.
const BODY_BYTES: usize = 64 << 10;

/// How long a client may take to send one: it holds no place yet, but a connection.
pub(super) const BODY_WITHIN: Duration = Duration::from_secs(10);

/// See the module's documentation.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    pub(super) allowed: Arc<Allowed>,
    pub(super) requests: Arc<Limiter<AddressGroup>>,
    pub(super) body_within: Duration,
    pub(super) flow: Flow,
}

pub(super) async fn guard(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    // Fixed texts that name this server by NEXTCLOUD_MCP_SERVER_URL and hold nothing about whoever asks: a page that
    // reaches them under a Host of its own choice learns what everybody may know. Clients must find them whatever else
    // is wrong or busy, since they say how to sign in.
    if is_document(request.uri().path()) {
        return next.run(request).await;
    }
    match pages.admit(request).await {
        Ok(request) => pages.flow.run(request, next).await,
        // Clients in a browser read answers of the token endpoint from any origin; a refusal must not look like no answer.
        Err(refusal) => cors::readable_by_all(*refusal),
    }
}

/// Whether a public document is looked for there (RFC 8615); below a path, too, as clients do.
pub(super) fn is_document(path: &str) -> bool {
    path.contains("/.well-known/")
}

impl Pages {
    /// The request with its whole body, if this address may send it. A place is taken only behind this: who sends slowly
    /// holds none.
    async fn admit(&self, request: Request) -> Result<Request, Box<Response>> {
        self.allowed
            .check_host(request.uri(), request.headers())
            .map_err(|error| guard::refuse_host(&error))?;
        // What a browser asks before it sends what counts.
        if request.method() != Method::OPTIONS {
            let address = AddressGroup::of(&request);
            self.requests.take(address).map_err(|wait| {
                too_many(
                    wait,
                    "too many requests to sign in come from this address; wait a moment",
                )
            })?;
        }
        let (parts, body) = request.into_parts();
        let body = tokio::time::timeout(self.body_within, to_bytes(body, BODY_BYTES))
            .await
            .map_err(|_| {
                refusal(
                    StatusCode::REQUEST_TIMEOUT,
                    "the request's body did not arrive in time",
                )
            })?
            // The only other error is a client that went away, and reads no answer.
            .map_err(|_| {
                refusal(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the request's body is larger than 64 KiB",
                )
            })?;
        Ok(Request::from_parts(parts, Body::from(body)))
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream::pending;
    use http::header::HOST;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let pages = Pages {
            allowed: Arc::new(Allowed::new(vec![], vec![])),
            requests: Arc::new(Limiter::per_minute(60)),
            body_within: Duration::from_millis(20),
            flow: Flow::new(1, Duration::from_secs(10)),
        };
        let never = Body::from_stream(pending::<Result<Bytes, std::convert::Infallible>>());
        let request = Request::builder().header(HOST, "localhost");
        let refused = pages.admit(request.body(never).unwrap()).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
