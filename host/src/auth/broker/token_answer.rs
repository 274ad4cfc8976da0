//! The answer with tokens (RFC 6749, section 5.1), sealed here.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::durable::Minted;
use super::error::{TokenError, no_store};
use crate::auth::grant::{
    Access, AccessToken, Grant, RefreshToken, Renewal, TOKEN_LENGTH, Timestamp, now,
};
use crate::auth::scope::ScopeSet;
use crate::auth::seal::{Purpose, Sealer};

/// Longest life of an access token, in seconds: how long one that was revoked alone may still pass on another replica.
pub(super) const ACCESS_SECONDS: u64 = 60 * 60;

/// Tokens for a client.
pub(super) struct TokenAnswer {
    access: SecretString,
    expires_in: u64,
    refresh: Option<SecretString>,
    scope: String,
    /// An app password that must not outlive an answer that nobody takes.
    minted: Option<Minted>,
}

/// How an access token and a refresh token are to be made.
pub(super) struct Terms {
    pub(super) grant: Grant,
    /// Of the access token; a refresh token always holds the grant's.
    pub(super) scopes: ScopeSet,
    pub(super) access: Access,
    pub(super) access_until: Timestamp,
    /// And when it ends.
    pub(super) renewal: Option<(Renewal, Timestamp)>,
}

impl TokenAnswer {
    /// Seals both tokens.
    pub(super) fn seal(sealer: &Sealer, terms: Terms) -> Result<Self, TokenError> {
        let Terms {
            grant,
            scopes,
            access,
            access_until,
            renewal,
        } = terms;
        let refresh = renewal.map(|(upstream, expires)| RefreshToken {
            grant: grant.clone(),
            expires,
            upstream,
        });
        let refresh = refresh
            .map(|token| sealed(sealer, Purpose::Refresh, &token, &grant.id))
            .transpose()?;
        let scope = scopes.to_string();
        let id = grant.id.clone();
        let access = AccessToken {
            grant: Grant { scopes, ..grant },
            expires: access_until,
            upstream: access,
        };
        Ok(Self {
            access: sealed(sealer, Purpose::Access, &access, &id)?,
            expires_in: access_until.saturating_sub(now()),
            refresh,
            scope,
            minted: None,
        })
    }

    /// Deletes `minted` again unless the answer leaves.
    pub(super) fn with(mut self, minted: Minted) -> Self {
        self.minted = Some(minted);
        self
    }

    /// The answer over HTTP. Its body is made when the connection takes it: if the client is gone by then, an app
    /// password that was made for it is deleted.
    pub(super) fn into_response(mut self) -> Response {
        let minted = self.minted.take();
        let Some(body) = self.body() else {
            return TokenError::Server.into_response();
        };
        let length = body.len();
        let body = stream::once(async move {
            if let Some(minted) = minted {
                minted.keep();
            }
            Ok::<_, Infallible>(body)
        });
        let mut response = (no_store(), Body::from_stream(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        response
    }

    fn body(&self) -> Option<Bytes> {
        #[derive(Serialize)]
        struct Answer<'a> {
            access_token: &'a str,
            token_type: &'static str,
            expires_in: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            refresh_token: Option<&'a str>,
            scope: &'a str,
        }
        let answer = Answer {
            access_token: self.access.expose_secret(),
            token_type: "Bearer",
            expires_in: self.expires_in,
            refresh_token: self.refresh.as_ref().map(ExposeSecret::expose_secret),
            scope: &self.scope,
        };
        serde_json::to_vec(&answer).map(Bytes::from).ok()
    }
}

fn sealed(
    sealer: &Sealer,
    purpose: Purpose,
    token: &impl Serialize,
    grant: &str,
) -> Result<SecretString, TokenError> {
    let text = Zeroizing::new(sealer.seal(purpose, token).map_err(|why| {
        tracing::error!(%grant, %why, "no token could be sealed");
        TokenError::Server
    })?);
    if text.len() > TOKEN_LENGTH {
        tracing::error!(
            %grant, characters = text.len(), limit = TOKEN_LENGTH,
            "a token became too long for HTTP headers, because Nextcloud's tokens inside are long; \
             let this server's client at Nextcloud have opaque access tokens (`token_type` opaque), not JWTs"
        );
        return Err(TokenError::Server);
    }
    Ok(text.as_str().into())
}
