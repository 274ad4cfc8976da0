//! Which request goes where, and through which guards.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderValue, StatusCode};
use tokio::sync::Semaphore;

use super::answer::refusal;
use super::guard::{self, Flow};
use super::health::Health;
use super::hosts::Allowed;
use crate::auth::Authenticator;

/// What the server serves.
pub struct App {
    /// MCP, for requests that carry their [`Caller`](crate::nextcloud::Caller) as an extension.
    pub endpoint: Router,
    /// Who calls.
    pub authenticator: Authenticator,
    /// For `/health/*`.
    pub health: Health,
    /// Requests to MCP in flight.
    pub requests: usize,
    /// How long one may take until its answer begins.
    pub request_within: Duration,
}

/// The last layer that is added is the first that a request meets.
pub(super) fn router(app: App, allowed: Allowed) -> Router {
    let App {
        endpoint,
        authenticator,
        health,
        requests,
        request_within,
    } = app;
    let flow = Flow {
        places: Arc::new(Semaphore::new(requests.min(Semaphore::MAX_PERMITS))),
        within: request_within,
    };
    let endpoint = endpoint
        .layer(from_fn_with_state(
            Arc::new(authenticator),
            guard::authenticate,
        ))
        .layer(from_fn_with_state(Arc::new(allowed), guard::check_host))
        .layer(from_fn_with_state(flow, guard::bound));
    Router::new()
        .route("/health/live", get(async || Health::live()))
        .route(
            "/health/ready",
            get(async |State(health): State<Health>| health.ready().await),
        )
        .with_state(health)
        .nest("/mcp", endpoint)
        .fallback(async || {
            refusal(
                StatusCode::NOT_FOUND,
                "there is nothing here; MCP is at /mcp",
            )
        })
        .method_not_allowed_fallback(async || {
            refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "this page can only be read: use GET",
            )
        })
        .layer(map_response(async |mut response: Response| {
            response
                .headers_mut()
                .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        }))
}
