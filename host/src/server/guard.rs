//! The guards in front of `/mcp`, each one axum layer. `router` says in which order they stand.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Method, StatusCode};
use tokio::sync::Semaphore;

use super::answer::{NO_STORE, busy, refusal};
use super::hosts::{Allowed, HostError};
use crate::auth::{Admitted, AuthError, Authenticator, Denied, InvalidToken};
use crate::mcp::{MissingScopes, SignIn};

/// How much may be under way at once, and for how long.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) places: Arc<Semaphore>,
    pub(super) within: Duration,
}

/// Refuses what would be one too many, and gives up on what takes too long. A place is held until the answer's head is
/// there; a stream after it is bounded by the call's own limits.
pub(super) async fn bound(State(flow): State<Flow>, request: Request, next: Next) -> Response {
    let Ok(_place) = flow.places.try_acquire() else {
        return busy(
            1,
            "the server has as many requests in flight as it may have; try again in a second",
        );
    };
    let answer = tokio::time::timeout(flow.within, next.run(request)).await;
    let mut response = answer
        .unwrap_or_else(|_| refusal(StatusCode::GATEWAY_TIMEOUT, "there was no answer in time"));
    // What one user was told, nobody keeps.
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}

/// Refuses hosts and web pages that are not on the lists; lets the browsers of those that are read the answer (CORS).
pub(super) async fn check_host(
    State(allowed): State<Arc<Allowed>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = match allowed.check(request.uri(), request.headers()) {
        Ok(origin) => origin,
        Err(error) => {
            let status = if error == HostError::Missing {
                StatusCode::BAD_REQUEST
            } else {
                StatusCode::FORBIDDEN
            };
            tracing::info!("{error}");
            return refusal(status, &error.to_string());
        }
    };
    let Some(origin) = origin.and_then(|origin| HeaderValue::try_from(origin.to_string()).ok())
    else {
        return next.run(request).await;
    };
    let mut response = if request.method() == Method::OPTIONS {
        preflight()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("www-authenticate, retry-after"),
    );
    headers.append(VARY, HeaderValue::from_static("origin"));
    response
}

/// The answer to a browser that asks whether it may send what the page wants to send. `*` leaves Authorization out.
fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST"),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, *"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
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
        Err(denied) => return answer(denied),
    };
    let extensions = request.extensions_mut();
    extensions.insert(caller);
    let Some(sign_in) = sign_in else {
        return next.run(request).await;
    };
    let told = SignIn::new(sign_in.grant.as_deref(), sign_in.client.as_deref());
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
