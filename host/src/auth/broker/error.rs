//! What the token and revocation endpoints refuse, in the words of RFC 6749, section 5.2.
//!
//! Descriptions are for whoever develops a client: what was wrong, never a value that was sent.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use thiserror::Error;

use crate::auth::oauth::NotReady;

/// When to come back while Nextcloud cannot answer: short, for a client waits with a user's request in hand, and long
/// enough that clients do not wake a server up again that is just starting.
const AWAY_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum TokenError {
    #[error("{0}")]
    InvalidRequest(&'static str),
    #[error("the request is larger than this endpoint reads")]
    TooLarge,
    /// 401 in any case: clients register anew on it, and only then.
    #[error("the client is not known here, or did not prove itself; register anew")]
    InvalidClient {
        /// It tried by the `Authorization` header, which RFC 6749 wants challenged.
        basic: bool,
    },
    #[error("{0}")]
    InvalidGrant(&'static str),
    #[error("this server knows the grant types authorization_code and refresh_token")]
    UnsupportedGrantType,
    #[error("a refresh cannot widen the scope that the user granted")]
    InvalidScope,
    /// RFC 8707, section 2.
    #[error("the grant is for another resource than the request names")]
    InvalidTarget,
    #[error("this client sends too many requests")]
    SlowDown(Duration),
    /// What was sent stays good.
    #[error("Nextcloud cannot answer now; send the same again in a while")]
    Unavailable(Duration),
    #[error("this server cannot give out a token; its log says why")]
    Server,
}

impl TokenError {
    /// Nextcloud does not answer, or not to the question.
    pub(super) const AWAY: Self = Self::Unavailable(AWAY_RETRY_AFTER);

    fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest(_)
            | Self::InvalidGrant(_)
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::InvalidTarget => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InvalidClient { .. } => StatusCode::UNAUTHORIZED,
            Self::SlowDown(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Server => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Registered in IANA's list of OAuth errors; `slow_down` and the last two there for other endpoints, for the same
    /// situation.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) | Self::TooLarge => "invalid_request",
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::SlowDown(_) => "slow_down",
            Self::Unavailable(_) => "temporarily_unavailable",
            Self::Server => "server_error",
        }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code(), "error_description": self.to_string() });
        let mut response = (self.status(), no_store(), Json(body)).into_response();
        let headers = response.headers_mut();
        match self {
            Self::InvalidClient { basic: true } => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
            }
            Self::SlowDown(after) | Self::Unavailable(after) => {
                // Zero would mean at once.
                headers.insert(RETRY_AFTER, after.as_secs().max(1).into());
            }
            _ => {}
        }
        response
    }
}

impl From<NotReady> for TokenError {
    fn from(_: NotReady) -> Self {
        Self::Unavailable(NotReady::RETRY_AFTER)
    }
}

/// RFC 6749, section 5.1: nobody keeps what comes from here.
pub(super) fn no_store() -> HeaderMap {
    HeaderMap::from_iter([
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
    ])
}
