//! The guards in front of `/mcp` and the pages, each one axum layer. `router` says in which order they stand.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, StatusCode};
use tokio::sync::Semaphore;

use super::answer::{NO_STORE, busy, refusal};
use super::cors;
use super::hosts::{Allowed, HostError};
use crate::auth::{Admitted, AuthError, Authenticator, Denied, InvalidToken};
use crate::mcp::{MissingScopes, SignIn};
use crate::measure;

/// How much may be under way at once, and for how long.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    places: Arc<Semaphore>,
    within: Duration,
}

impl Flow {
    /// So many requests at once, each with so long until its answer begins.
    pub(super) fn new(places: usize, within: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            within,
        }
    }

    /// Refuses what would be one too many, and gives up on what takes too long. A place is held until the answer's head
    /// is there; a stream after it is bounded by the call's own limits.
    pub(super) async fn run(&self, request: Request, next: Next) -> Response {
        let Ok(_place) = self.places.try_acquire() else {
            return busy(
                1,
                "the server has as many requests in flight as it may have; try again in a second",
            );
        };
        tokio::time::timeout(self.within, next.run(request))
            .await
            .unwrap_or_else(|_| refusal(StatusCode::GATEWAY_TIMEOUT, "there was no answer in time"))
    }
}

/// [`Flow::run`] as a layer.
pub(super) async fn bound(State(flow): State<Flow>, request: Request, next: Next) -> Response {
    let mut response = flow.run(request, next).await;
    // What one user was told, nobody keeps.
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// Refuses hosts that are not on the list.
pub(super) async fn check_host(
    State(allowed): State<Arc<Allowed>>,
    request: Request,
    next: Next,
) -> Response {
    match allowed.check_host(request.uri(), request.headers()) {
        Ok(_) => next.run(request).await,
        Err(error) => refuse_host(&error),
    }
}

/// Refuses hosts and web pages that are not on the lists; lets the browsers of those that are read the answer (CORS).
pub(super) async fn check_origin(
    State(allowed): State<Arc<Allowed>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = match allowed.check(request.uri(), request.headers()) {
        Ok(Some(origin)) => origin,
        Ok(None) => return next.run(request).await,
        Err(error) => return refuse_host(&error),
    };
    let mut response = if request.method() == Method::OPTIONS {
        cors::preflight(request.headers())
    } else {
        next.run(request).await
    };
    cors::readable_by(&origin, &mut response);
    response
}

/// What is wrong and which setting allows it; in the answer alone, since anybody could fill a log with it.
pub(super) fn refuse_host(error: &HostError) -> Response {
    let status = match error {
        HostError::Missing => StatusCode::BAD_REQUEST,
        HostError::Host(_) | HostError::Origin(_) => StatusCode::FORBIDDEN,
    };
    tracing::debug!("{error}");
    refusal(status, &error.to_string())
}

/// Finds out who calls, before the request's method or body is looked at. The caller goes along as an extension, the
/// header they proved it with does not. Gives 401 and 403, which MCP's own answers cannot say, their HTTP form.
pub(super) async fn authenticate(
    State(authenticator): State<Arc<Authenticator>>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let Admitted { caller, sign_in } = match authenticator.authenticate(request.headers_mut()).await
    {
        Ok(admitted) => admitted,
        Err(denied) => {
            measure::validated(denied.error.label());
            return answer(denied);
        }
    };
    measure::validated("ok");
    let extensions = request.extensions_mut();
    extensions.insert(caller);
    let Some(sign_in) = sign_in else {
        return next.run(request).await;
    };
    let told = SignIn::new(
        sign_in.grant.as_deref(),
        sign_in.client.as_deref(),
        sign_in.kind,
    );
    extensions.insert(told.clone());
    let mut response = next.run(request).await;
    if told.is_refused() {
        authenticator.forget(&sign_in).await;
        return answer(authenticator.deny(InvalidToken::Ended.into()));
    }
    if let Some(MissingScopes(scopes)) = response.extensions_mut().remove() {
        let denied = authenticator.deny(AuthError::InsufficientScope(scopes));
        challenge(&mut response, denied.challenge);
    }
    response
}

/// The status for each reason (RFC 6750, section 3.1).
fn answer(denied: Denied) -> Response {
    let Denied {
        error,
        challenge: header,
    } = denied;
    let message = error.to_string();
    let mut response = match error {
        AuthError::Missing | AuthError::Malformed | AuthError::Wrong | AuthError::Invalid(_) => {
            refusal(StatusCode::UNAUTHORIZED, &message)
        }
        AuthError::Several => refusal(StatusCode::BAD_REQUEST, &message),
        AuthError::InsufficientScope(_) => refusal(StatusCode::FORBIDDEN, &message),
        AuthError::Unavailable { retry_after, .. } => busy(retry_after.as_secs().max(1), &message),
    };
    challenge(&mut response, header);
    response
}

fn challenge(response: &mut Response, header: Option<HeaderValue>) {
    if let Some(header) = header {
        response.headers_mut().insert(WWW_AUTHENTICATE, header);
    }
}
