//! Nextcloud as identity provider: everything that this server asks its `oidc` app, and nothing about our own clients.
//!
//! [`Upstream`] is a provider that was discovered and checked; it needs no state of its own beside cached keys. The
//! client it speaks as is given with each call, since there can be two at a time (see `registration/`).
//!
//! openidconnect has its one home here. What it cannot do (RFC 9068 access tokens, RFC 7662 the way Nextcloud answers,
//! RFC 7592) stands beside it. Wire truth: recordings `oidc/`, `oidc-flow/`.

use std::time::Duration;

use secrecy::SecretString;
use thiserror::Error;
use url::Url;

/// The client of ours that Nextcloud knows.
#[derive(Clone)]
pub(super) struct ClientCredentials {
    pub(super) id: String,
    pub(super) secret: SecretString,
}

/// What to send a browser to Nextcloud with, and what to keep until it comes back.
pub(super) struct Departure {
    /// Nextcloud's authorization endpoint with everything in its query.
    pub(super) url: Url,
    /// PKCE (RFC 7636), our own; never leaves this server unsealed.
    pub(super) verifier: SecretString,
    /// To be found again in the ID token.
    pub(super) nonce: String,
}

/// What Nextcloud gave for a code or a refresh token.
pub(super) struct Tokens {
    pub(super) access: SecretString,
    /// As Nextcloud says; it really honours them for twice as long.
    pub(super) expires_in: Duration,
    /// Only with `offline_access`.
    pub(super) refresh: Option<SecretString>,
    /// How long Nextcloud keeps the refresh token, where it says so (`refresh_expires_in`).
    pub(super) refresh_expires_in: Option<Duration>,
    /// `sub` of the verified ID token; Nextcloud's user id.
    pub(super) subject: String,
}

/// RFC 7662, as Nextcloud answers it (`oidc-flow/009`): `aud` is always the client id and is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Introspection {
    Inactive,
    Active {
        /// Nextcloud's user id.
        subject: String,
        /// To whom the token was issued.
        client_id: String,
        /// As written, separated by spaces.
        scope: String,
        /// Seconds since 1970.
        expires: Option<u64>,
    },
}

/// Claims of a verified RFC 9068 access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessClaims {
    pub(super) subject: String,
    pub(super) client_id: String,
    pub(super) scope: String,
    /// Seconds since 1970.
    pub(super) expires: u64,
}

/// Why Nextcloud's word is missing, or is no. Messages hold no token and no address with a query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum UpstreamError {
    /// No answer, or one that says nothing about the question (maintenance, 5xx, garbage): ask again later.
    #[error("Nextcloud cannot answer now: {0}")]
    Away(String),
    /// RFC 6749, section 5.2: what was asked for is refused. `invalid_grant` and its like.
    #[error("Nextcloud refused: {code}")]
    Refused {
        /// The RFC's word.
        code: String,
    },
    /// Nextcloud does not know our client (any more), or its secret is wrong.
    #[error("Nextcloud does not know this server's OAuth client")]
    UnknownClient,
    /// The ID token or access token is not what it must be. Never a matter of waiting.
    #[error("Nextcloud's token was refused here: {0}")]
    Invalid(String),
}

/// Nextcloud's provider, discovered and checked. Cheap to clone.
#[derive(Clone)]
pub(super) struct Upstream {}

impl Upstream {
    /// A fresh departure to Nextcloud's authorization endpoint (code flow, PKCE S256, state, nonce, `resource`).
    pub(super) fn departure(
        &self,
        _client: &ClientCredentials,
        _state: &str,
        _scopes: &[&str],
    ) -> Result<Departure, UpstreamError> {
        todo!()
    }

    /// Redeems a code and verifies the ID token (signature, issuer, audience, nonce, expiry).
    pub(super) async fn redeem(
        &self,
        _client: &ClientCredentials,
        _code: &SecretString,
        _verifier: &SecretString,
        _nonce: &str,
    ) -> Result<Tokens, UpstreamError> {
        todo!()
    }

    /// Trades a refresh token in. The old access token dies with it (`oidc-flow/017`).
    pub(super) async fn refresh(
        &self,
        _client: &ClientCredentials,
        _refresh: &SecretString,
    ) -> Result<Tokens, UpstreamError> {
        todo!()
    }

    /// Asks as `client` what a token is.
    pub(super) async fn introspect(
        &self,
        _client: &ClientCredentials,
        _token: &SecretString,
    ) -> Result<Introspection, UpstreamError> {
        todo!()
    }

    /// Whose token it is, by userinfo alone: no audience. `None` if Nextcloud does not know the token.
    pub(super) async fn userinfo(
        &self,
        _token: &SecretString,
    ) -> Result<Option<String>, UpstreamError> {
        todo!()
    }

    /// Verifies an RFC 9068 access token against the provider's keys. `UpstreamError::Invalid` says why not.
    pub(super) async fn verify(
        &self,
        _token: &SecretString,
        _audience: &str,
    ) -> Result<AccessClaims, UpstreamError> {
        todo!()
    }
}
