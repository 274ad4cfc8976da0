//! Which request goes where, and through which guards.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::get;
use http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use tokio_util::sync::CancellationToken;

use super::address::{self, Proxies};
use super::answer::{NO_STORE, refusal};
use super::cors;
use super::drain;
use super::guard::{self, Flow};
use super::health::Health;
use super::hosts::Allowed;
use super::pages::{self, Pages};
use super::request_id;
use super::throttle::{self, Throttle};
use crate::auth::Authenticator;
use crate::config::ServerSettings;
use crate::rate::Limiter;

/// Requests to sign in that are in flight at once. Each waits for Nextcloud a few times; they take nothing from the
/// places that [`App::requests`] counts.
const PAGES: usize = 128;

/// How long a page may take until it begins: a few requests to Nextcloud, each with a time limit of its own.
const PAGE_WITHIN: Duration = Duration::from_mins(1);

/// What the server serves.
pub struct App {
    /// MCP, for requests that carry their [`Caller`](crate::nextcloud::Caller) as an extension.
    pub endpoint: Router,
    /// Who calls.
    pub authenticator: Authenticator,
    /// `/oauth/*` and `/.well-known/*`, with full paths, where people sign in.
    pub pages: Option<Router>,
    /// The page at `/`.
    pub landing: Option<Router>,
    /// For `/health/*`.
    pub health: Health,
    /// Requests to MCP in flight.
    pub requests: usize,
    /// How long one may take until its answer begins.
    pub request_within: Duration,
}

/// What the operator decides about who may ask, and how often.
pub(super) struct Edge {
    pub(super) allowed: Arc<Allowed>,
    pub(super) proxies: Arc<Proxies>,
    /// Requests a minute to `/mcp`, of one address and of one client.
    pub(super) mcp_rate: u32,
    /// Requests a minute to `/oauth/*`, of one address.
    pub(super) oauth_rate: u32,
}

impl Edge {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        Self {
            allowed: Arc::new(Allowed::of(settings)),
            proxies: Arc::new(Proxies::new(settings.trusted_proxies.clone())),
            mcp_rate: settings.mcp_rate,
            oauth_rate: settings.oauth_rate,
        }
    }
}

/// The last layer that is added is the first that a request meets.
pub(super) fn router(app: App, edge: &Edge, stop: &CancellationToken) -> Router {
    let flow = Flow::new(app.requests, app.request_within);
    let throttle = Throttle::new(edge.mcp_rate);
    let endpoint = app
        .endpoint
        .layer(from_fn_with_state(throttle.clone(), throttle::by_caller))
        .layer(from_fn_with_state(
            Arc::new(app.authenticator),
            guard::authenticate,
        ))
        .layer(from_fn_with_state(flow, guard::bound))
        .layer(from_fn_with_state(throttle, throttle::by_address))
        // Before whatever can refuse, so that a page that may call can read why it may not now.
        .layer(from_fn_with_state(
            Arc::clone(&edge.allowed),
            guard::check_origin,
        ));
    let pages = Pages {
        allowed: Arc::clone(&edge.allowed),
        requests: Arc::new(Limiter::per_minute(edge.oauth_rate)),
        body_within: pages::BODY_WITHIN,
        flow: Flow::new(PAGES, PAGE_WITHIN),
    };
    let pages = app
        .pages
        .unwrap_or_default()
        .layer(from_fn_with_state(pages, pages::guard));
    let landing = app.landing.unwrap_or_default().layer(from_fn_with_state(
        Arc::clone(&edge.allowed),
        guard::check_host,
    ));
    health(app.health, stop.clone())
        .nest("/mcp", endpoint)
        .merge(pages)
        .merge(landing)
        .fallback(nothing)
        .method_not_allowed_fallback(async || {
            refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                "this address is there, but not for this method; `Allow` says for which",
            )
        })
        .layer(from_fn_with_state(
            Arc::clone(&edge.proxies),
            address::identify,
        ))
        .layer(from_fn_with_state(stop.clone(), drain::refuse))
        .layer(map_response(complete))
        .layer(from_fn_with_state(
            Arc::clone(&edge.proxies),
            request_id::identify,
        ))
}

fn health(health: Health, stop: CancellationToken) -> Router {
    let ready = async |State((health, stop)): State<(Health, CancellationToken)>| {
        health.ready(stop.is_cancelled()).await
    };
    Router::new()
        .route("/health/live", get(async || Health::live()))
        .route("/health/ready", get(ready))
        .with_state((health, stop))
}

/// 404, never HTML: clients look for documents at more places than there are, in browsers, too, and read JSON.
async fn nothing(request: Request) -> Response {
    let answer = refusal(
        StatusCode::NOT_FOUND,
        "there is nothing here; MCP is at /mcp",
    );
    if pages::is_document(request.uri().path()) {
        cors::readable_by_all(answer)
    } else {
        answer
    }
}

/// What holds for every answer that does not say otherwise. Strict-Transport-Security is for whoever speaks TLS: the
/// proxy in front.
async fn complete(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
    response
}
