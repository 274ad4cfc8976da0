//! Nextcloud as identity provider: everything that this server asks its `oidc` app, and nothing about our own clients.
//!
//! [`Upstream`] is a provider that was discovered and checked; it needs no state of its own beside cached keys. The
//! client it speaks as is given with each call, since there can be two at a time (see `registration/`).
//!
//! openidconnect has its one home here. What it cannot do (RFC 9068 access tokens, RFC 7662 the way Nextcloud answers,
//! RFC 7592) stands beside it. Wire truth: recordings `oidc/`, `oidc-flow/`.
//!
//! # The order in which to read
//! `discovery` fetches the provider's document and `metadata` checks it, with `territory` for where endpoints may be;
//! `exchange` is one request and what of its answer counts. `code_flow` sends people there and trades codes and refresh
//! tokens for tokens, whose `id_token` it verifies. `introspection`, `userinfo` and `access_token` say what a token is;
//! `keys` (a cached `key_set`) is what signatures are verified with.

mod access_token;
mod code_flow;
mod discovery;
mod error;
mod exchange;
mod id_token;
mod introspection;
mod key_set;
mod keys;
mod metadata;
mod territory;
#[cfg(test)]
mod tests;
mod token_header;
mod userinfo;

use std::sync::Arc;
use std::time::Duration;

use openidconnect::RedirectUrl;
use secrecy::SecretString;
use url::Url;

pub(crate) use discovery::DiscoveryError;
pub(super) use error::{Flaw, UpstreamError};

use super::place::Place;
use crate::config::OAuthSettings;
use crate::nextcloud::ServiceClient;
use exchange::Exchange;
use keys::Keys;
use metadata::Metadata;
use territory::Territory;

/// How far the clocks of this server and Nextcloud may be apart. What Envoy and Nextcloud's own `user_oidc` allow.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

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
    /// `sub` of the verified ID token; Nextcloud's user id. After a refresh, to be compared with the grant's.
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

/// What the userinfo endpoint says of a token (`oidc-flow/007`). Nothing of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Userinfo {
    /// Nextcloud's user id.
    pub(super) subject: String,
    /// As written, separated by spaces; empty where the provider does not say.
    pub(super) scope: String,
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

/// Nextcloud's provider, discovered and checked. Cheap to clone.
#[derive(Clone)]
pub(super) struct Upstream {
    shared: Arc<Shared>,
}

struct Shared {
    exchange: Exchange,
    metadata: Metadata,
    territory: Territory,
    keys: Keys,
    redirect_uri: RedirectUrl,
    resource: String,
}

impl Upstream {
    /// Where discovery begins, for the log.
    pub(super) fn discovery_url(client: &ServiceClient) -> String {
        discovery::address(client)
    }

    /// Finds Nextcloud's provider and checks what it says of itself. Fails closed; see [`DiscoveryError`].
    pub(super) async fn discover(
        client: &ServiceClient,
        place: &Place,
        settings: &OAuthSettings,
    ) -> Result<Self, DiscoveryError> {
        let redirect_uri = RedirectUrl::new(place.redirect_uri())
            .map_err(|error| DiscoveryError::OwnAddress(error.to_string()))?;
        let territory = Territory::new(client.clone(), settings);
        let document = discovery::document(client).await?;
        let metadata = Metadata::check(&document, &territory)?;
        let exchange = Exchange::new(client.clone());
        let keys = Keys::new(exchange.clone(), metadata.jwks.clone());
        // A code and a refresh token count once: they are not to be spent before what comes for them can be verified.
        keys.prepare()
            .await
            .map_err(|error| DiscoveryError::Keys(error.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                keys,
                exchange,
                metadata,
                territory,
                redirect_uri,
                resource: place.resource(),
            }),
        })
    }

    /// The provider's name, to the letter as it stands in tokens.
    pub(super) fn issuer(&self) -> &str {
        self.shared.metadata.issuer.as_str()
    }

    /// Whether PKCE with S256 is advertised. Without, start-up warns.
    pub(super) fn supports_s256(&self) -> bool {
        self.shared.metadata.s256
    }

    /// RFC 7591, where the administrator lets clients register themselves.
    pub(super) fn registration_endpoint(&self) -> Option<&Url> {
        self.shared.metadata.registration.as_ref()
    }

    /// Where this server reaches an endpoint that Nextcloud named later, such as RFC 7592's `registration_client_uri`.
    /// `None` unless it lies where endpoints may.
    pub(super) fn endpoint(&self, address: &str) -> Option<Url> {
        self.shared
            .territory
            .server_endpoint("endpoint", address)
            .ok()
    }

    /// A fresh departure to Nextcloud's authorization endpoint (code flow, PKCE S256, state, nonce, `resource`).
    pub(super) fn departure(
        &self,
        client: &ClientCredentials,
        state: &str,
        scopes: &[&str],
    ) -> Result<Departure, UpstreamError> {
        code_flow::departure(&self.shared, client, state, scopes)
    }

    /// Redeems a code and verifies the ID token (signature, issuer, audience, nonce, expiry).
    pub(super) async fn redeem(
        &self,
        client: &ClientCredentials,
        code: &SecretString,
        verifier: &SecretString,
        nonce: &str,
    ) -> Result<Tokens, UpstreamError> {
        code_flow::redeem(&self.shared, client, code, verifier, nonce).await
    }

    /// Trades a refresh token in. The old access token dies with it (`oidc-flow/017`).
    pub(super) async fn refresh(
        &self,
        client: &ClientCredentials,
        refresh: &SecretString,
    ) -> Result<Tokens, UpstreamError> {
        code_flow::refresh(&self.shared, client, refresh).await
    }

    /// Asks as `client` what a token is.
    pub(super) async fn introspect(
        &self,
        client: &ClientCredentials,
        token: &SecretString,
    ) -> Result<Introspection, UpstreamError> {
        let Shared {
            exchange, metadata, ..
        } = &*self.shared;
        introspection::introspect(exchange, metadata, client, token).await
    }

    /// Whose token it is, by userinfo alone. `None` if Nextcloud does not know the token.
    pub(super) async fn userinfo(
        &self,
        token: &SecretString,
    ) -> Result<Option<Userinfo>, UpstreamError> {
        userinfo::userinfo(&self.shared.exchange, &self.shared.metadata, token).await
    }

    /// Verifies an RFC 9068 access token against the provider's keys. `UpstreamError::Invalid` says why not.
    pub(super) async fn verify(
        &self,
        token: &SecretString,
        audience: &str,
    ) -> Result<AccessClaims, UpstreamError> {
        access_token::verify(&self.shared.keys, self.issuer(), token, audience).await
    }
}
