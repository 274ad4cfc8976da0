//! The resource server: which tokens `/mcp` takes, from whom, and what a client is told otherwise (RFC 6750, RFC 9728).
//!
//! A token is one of: ours (sealed, `grant.rs`), Nextcloud's own (*direct*: RFC 9068 or opaque), or, where the operator
//! lets them through, an app password. What was found is believed for a short while only; see `cache`.
//!
//! # The way of one token, and so the order in which to read
//! `presented` says what kind of thing was sent, `cache` whether it was looked at lately, `check` asks Nextcloud (and
//! `strangers` whether that may be risked), `granted` says what its bearer may do. `metadata` tells clients where to get
//! one.
//!
//! Invariants, each held by a test:
//! - What was revoked here is refused from then on, whatever is believed of it.
//! - A token is good only if Nextcloud itself said so within the time for which it is believed.
//! - What Nextcloud cannot say now is 503, never 401, and never believed.
//! - A token for another resource, of another kind or of one of our own clients is refused.

mod cache;
mod check;
mod granted;
mod lanes;
mod metadata;
mod presented;
mod strangers;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
pub(crate) mod testing;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests;

use std::sync::Arc;

use http::HeaderValue;
use secrecy::ExposeSecret as _;

pub(super) use metadata::{is_plain, routes};

use super::bearer::Authorization;
use super::oauth::{NotReady, OAuth};
use super::scope::ScopeSet;
use super::{Admitted, AuthError, InvalidToken, SignedIn, challenge};
use crate::config::Authority;
use cache::Cache;
use check::Checker;
use granted::Granted;
pub(super) use granted::of_named;
use presented::Presented;

/// See the module's documentation.
pub struct ResourceServer {
    oauth: Arc<OAuth>,
    checker: Arc<Checker>,
    cache: Cache,
    app_passwords: bool,
}

impl ResourceServer {
    /// For `oauth`'s place and Nextcloud. Asks nobody anything yet.
    pub fn new(oauth: Arc<OAuth>) -> Arc<Self> {
        let wanted = oauth.settings.accept_app_passwords;
        let app_passwords = wanted && is_confidential(&oauth);
        if wanted && !app_passwords {
            tracing::warn!(
                "app passwords are not accepted, although NEXTCLOUD_MCP_ACCEPT_APP_PASSWORDS is set: NEXTCLOUD_MCP_SERVER_URL \
                 and NEXTCLOUD_HOST must both be https or on this machine, or others could read them"
            );
        }
        let server = Arc::new(Self {
            checker: Arc::new(Checker::new(oauth.clone())),
            cache: Cache::new(oauth.settings.token_cache.into()),
            app_passwords,
            oauth,
        });
        server.watch_grants();
        server
    }

    /// Forgets a grant's access tokens as soon as they die.
    fn watch_grants(self: &Arc<Self>) {
        // It does not keep alive what it is part of.
        let server = Arc::downgrade(self);
        self.oauth.grant_watch.on_grant_renewed(move |grant| {
            if let Some(server) = server.upgrade() {
                let grant = grant.to_owned();
                tokio::spawn(async move { server.forget_grant(&grant).await });
            }
        });
    }

    /// Who sent this, and what they may do.
    pub(super) async fn admit(
        &self,
        sent: Result<Option<Authorization>, AuthError>,
    ) -> Result<Admitted, AuthError> {
        let sent = sent?.ok_or(AuthError::Missing)?;
        let presented = Presented::of(sent, self.app_passwords)?;
        if let Presented::Ours(token) = &presented
            && self.oauth.denied.is_denied(token.expose_secret())
        {
            return Err(InvalidToken::Ended.into());
        }
        let (token, kind) = (presented.key()?, presented.kind());
        let checker = self.checker.clone();
        let check = async move { checker.check(presented).await };
        let found = self.cache.look_up(token, check).await?;
        let grant = found.grant.as_deref();
        if grant.is_some_and(|grant| self.oauth.denied.is_grant_denied(grant)) {
            return Err(InvalidToken::Ended.into());
        }
        let scopes = match &found.granted {
            Granted::Everything => crate::nextcloud::Scopes::All,
            Granted::Consented(scopes) => scopes.clone().into(),
            Granted::Named(scopes) => self.named(scopes)?.into(),
        };
        let caller = self
            .oauth
            .nextcloud
            .caller(found.credential.clone(), scopes);
        // Nextcloud may have refused the credential to somebody who could not say so here.
        if caller.is_refused() {
            self.cache.forget(token).await;
            return Err(InvalidToken::Ended.into());
        }
        Ok(Admitted {
            caller,
            sign_in: Some(SignedIn {
                grant: found.grant.clone(),
                client: found.client.as_ref().map(ToString::to_string),
                kind,
                token,
            }),
        })
    }

    pub(super) async fn forget(&self, sign_in: &SignedIn) {
        self.cache.forget(sign_in.token).await;
    }

    /// The access tokens that were given out for a grant so far are dead: none is believed any longer, and what they
    /// opened at Nextcloud is closed.
    async fn forget_grant(&self, grant: &str) {
        for (token, credential) in self.cache.of_grant(grant) {
            self.cache.forget(token).await;
            self.oauth.nextcloud.forget(credential).await;
        }
    }

    /// Where to sign in and what to ask for: all scopes that there are, so that one sign-in is enough and the user can
    /// choose fewer on the consent page; a client that were told less would have to send its user there again for the
    /// first change it makes. Never `offline_access`, which clients add by themselves (MCP, authorization). A refusal for
    /// lack of scopes names those that the operation needs, and no more.
    pub(super) fn challenge(&self, error: &AuthError) -> Option<HeaderValue> {
        if matches!(error, AuthError::Unavailable { .. }) {
            return None;
        }
        let metadata = self.oauth.place.resource_metadata();
        let scope = match error {
            AuthError::InsufficientScope(needed) => needed.join(" "),
            _ => self.known().to_string(),
        };
        let description = error.to_string();
        let mut parameters = vec![("resource_metadata", &*metadata)];
        if !scope.is_empty() {
            parameters.push(("scope", &scope));
        }
        if let Some(code) = error.code() {
            parameters.extend([("error", code), ("error_description", &*description)]);
        }
        challenge::challenge(&parameters)
    }

    /// What a token of Nextcloud's may do here.
    fn named(&self, named: &ScopeSet) -> Result<ScopeSet, AuthError> {
        let known = self.known();
        if known.is_empty() {
            return Err(AuthError::Unavailable {
                why: "this server is still loading its plugins, and cannot say yet what this token may do",
                retry_after: NotReady::RETRY_AFTER,
            });
        }
        let default = ScopeSet::parse(&self.oauth.settings.default_scopes.join(" "));
        of_named(named, &known, &default)
            .ok_or_else(|| AuthError::InsufficientScope(known.into_names().into_iter().collect()))
    }

    fn known(&self) -> ScopeSet {
        ScopeSet::of(&(self.oauth.known)())
    }
}

/// Whether a password can be read by nobody on its way to us and on to Nextcloud.
fn is_confidential(oauth: &OAuth) -> bool {
    let here = oauth.place.is_secure() || Authority::any_port(oauth.place.host()).is_loopback();
    here && oauth.nextcloud.is_confidential()
}
