//! What one address and one client may ask of `/mcp` a minute; more is 429 with a time to come back. `rate` counts.
//!
//! A request whose credential is refused counts twice over: against a budget of its own, so that guessing ends long
//! before it could succeed, and before the next guess is looked at.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use http::header::AUTHORIZATION;

use super::address::AddressGroup;
use super::answer::too_many;
use crate::nextcloud::Caller;
use crate::rate::Limiter;

/// What part of an address's requests may end in 401 although they brought a credential: with the default rate 30 a
/// minute, while a client whose token has expired needs one.
const REFUSED: u32 = 40;

/// The budgets in front of `/mcp`.
#[derive(Debug, Clone)]
pub(super) struct Throttle {
    requests: Arc<Limiter<AddressGroup>>,
    refused: Arc<Limiter<AddressGroup>>,
    callers: Arc<Limiter<u64>>,
}

impl Throttle {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            requests: Arc::new(Limiter::per_minute(rate)),
            refused: Arc::new(Limiter::per_minute(rate / REFUSED)),
            callers: Arc::new(Limiter::per_minute(rate)),
        }
    }
}

/// A layer before anything that costs something: so many requests of one address, and so many with a wrong credential.
pub(super) async fn by_address(
    State(throttle): State<Throttle>,
    request: Request,
    next: Next,
) -> Response {
    let address = AddressGroup::of(&request);
    if let Err(wait) = throttle.requests.take(address) {
        return too_many(
            wait,
            "too many requests come from this address; send fewer at once",
        );
    }
    // Whoever sends nothing guesses nothing: every client's first request does so, to learn where to sign in.
    if !request.headers().contains_key(AUTHORIZATION) {
        return next.run(request).await;
    }
    if let Err(wait) = throttle.refused.room(&address) {
        return too_many(
            wait,
            "too many credentials from this address were refused; sign in again before the next try",
        );
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        // No room any more is what the next request finds.
        let _ = throttle.refused.take(address);
    }
    response
}

/// A layer behind authentication: so many requests of one caller, from wherever they come.
pub(super) async fn by_caller(
    State(throttle): State<Throttle>,
    request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get().map_or(0, Caller::key);
    if let Err(wait) = throttle.callers.take(caller) {
        return too_many(
            wait,
            "too many requests come from this client; send fewer at once",
        );
    }
    next.run(request).await
}
