//! `grant_type=refresh_token`: the next tokens of a grant.
//!
//! Nextcloud refreshes once for each of its refresh tokens: it rotates them, and the access token before dies at that
//! moment (`oidc-flow/016` to `oidc-flow/019`). Clients, however, ask twice: two windows race, or an answer is lost on
//! the way and they try again. So one request at a time goes to Nextcloud for one refresh token, everybody who sends it
//! meanwhile or within [`GRACE`] gets what came of it, and then it is forgotten and wiped.
//!
//! That weakens reuse detection by those seconds and no more: whoever sends the token later is found out twice. Here, as
//! long as this process remembers that it was used: the whole grant is denied, since one of the two who sent it is not
//! its owner (RFC 9700, section 4.14.2). And by Nextcloud, always: it refuses.
//!
//! Never longer than the grant, and never wider: a narrower `scope` holds for that one access token, while the refresh
//! token keeps what the user granted (RFC 6749, section 6).

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use secrecy::{ExposeSecret as _, SecretString};

use super::durable::{self, Lost};
use super::error::TokenError;
use super::form::Form;
use super::token::{Digest, TokenEndpoint, digest, to_its_end};
use super::token_answer::{Terms, TokenAnswer};
use super::{exchange, issuer};
use crate::auth::grant::{AppPassword, ClientDigest, Grant, RefreshToken, Renewal, Timestamp, now};
use crate::auth::scope::ScopeSet;
use crate::auth::seal::Purpose;
use crate::auth::upstream::Tokens;

/// How long what came of a refresh is given to whoever sends the same refresh token: some clients try again at once,
/// and a few seconds are what an operating system takes to notice a dead connection.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// Refreshes remembered at most during [`GRACE`].
const RECENT: u64 = 10_000;

/// Used refresh tokens remembered at most, of some 100 bytes each, the latest used. It is a day's for a thousand users.
const USED: u64 = 100_000;

/// How long one is remembered: an unused copy expires at Nextcloud far earlier, unless configured otherwise.
const USED_FOR: Duration = Duration::from_hours(24);

/// Refreshes of late.
pub(super) struct Refreshes {
    recent: Cache<Digest, Arc<Refreshed>>,
    used: Cache<Digest, ()>,
    grace: Duration,
}

/// What came of one.
struct Refreshed {
    tokens: Tokens,
    at: Timestamp,
}

impl Refreshes {
    pub(super) fn new(grace: Duration) -> Self {
        let recent = Cache::builder()
            .max_capacity(RECENT)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(grace);
        let used = Cache::builder()
            .max_capacity(USED)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(USED_FOR);
        Self {
            recent: recent.build(),
            used: used.build(),
            grace,
        }
    }

    /// What comes of the refresh token `name`, by `work` unless it came already.
    async fn share(
        &self,
        name: Digest,
        work: impl Future<Output = Result<Refreshed, TokenError>>,
    ) -> Result<Arc<Refreshed>, TokenError> {
        let refreshed = self.recent.try_get_with(name, async {
            let refreshed = work.await?;
            self.used.insert(name, ()).await;
            // The cache alone would keep it until somebody else refreshes.
            let (recent, grace) = (self.recent.clone(), self.grace);
            tokio::spawn(async move {
                tokio::time::sleep(grace).await;
                recent.invalidate(&name).await;
                recent.run_pending_tasks().await;
            });
            Ok(Arc::new(refreshed))
        });
        refreshed.await.map_err(|error: Arc<TokenError>| *error)
    }
}

/// Gives the next tokens for a refresh token that `client` presents.
pub(super) async fn refresh(
    endpoint: &Arc<TokenEndpoint>,
    client: &ClientDigest,
    mut form: Form,
) -> Result<TokenAnswer, TokenError> {
    let text = form.require("refresh_token", "refresh_token is missing")?;
    let name = digest(text.expose_secret());
    let token = open(endpoint, client, &text)?;
    endpoint.limit.count(client)?;
    if endpoint.oauth.denied.is_grant_denied(&token.grant.id) {
        return Err(TokenError::InvalidGrant("the grant was revoked"));
    }
    match form.take("resource") {
        Some(resource) if resource.expose_secret() != token.grant.resource => {
            return Err(TokenError::InvalidTarget);
        }
        _ => {}
    }
    let scopes = narrowed(&token.grant, form.take("scope"))?;
    let endpoint = Arc::clone(endpoint);
    let terms = to_its_end(async move {
        renew(&endpoint, name, token)
            .await
            .map(|terms| (endpoint, terms))
    });
    let (endpoint, terms) = terms.await?;
    TokenAnswer::seal(&endpoint.oauth.sealer, Terms { scopes, ..terms })
}

/// A refresh token of this client's that has not expired.
pub(super) fn open(
    endpoint: &TokenEndpoint,
    client: &ClientDigest,
    text: &SecretString,
) -> Result<RefreshToken, TokenError> {
    let sealer = &endpoint.oauth.sealer;
    let token = sealer.open::<RefreshToken>(Purpose::Refresh, text.expose_secret());
    let token = token
        .map_err(|_| TokenError::InvalidGrant("the refresh token is not one of this server's"))?;
    if token.grant.client != *client {
        return Err(TokenError::InvalidGrant(
            "the refresh token was given to another client",
        ));
    }
    if token.expires <= now() {
        return Err(TokenError::InvalidGrant("the refresh token has expired"));
    }
    Ok(token)
}

/// What the next access token may do. Clients repeat what they once asked for, and `offline_access` among it is about
/// refresh tokens and no scope of ours.
fn narrowed(grant: &Grant, asked: Option<SecretString>) -> Result<ScopeSet, TokenError> {
    let Some(asked) = asked else {
        return Ok(grant.scopes.clone());
    };
    let words = asked.expose_secret().split_ascii_whitespace();
    let asked: Vec<String> = words
        .map(str::to_ascii_lowercase)
        .filter(|word| word != "offline_access")
        .collect();
    if !asked.iter().all(|word| grant.scopes.contains(word)) {
        return Err(TokenError::InvalidScope);
    }
    if asked.is_empty() {
        return Ok(grant.scopes.clone());
    }
    Ok(ScopeSet::parse(&asked.join(" ")))
}

async fn renew(
    endpoint: &TokenEndpoint,
    name: Digest,
    token: RefreshToken,
) -> Result<Terms, TokenError> {
    let RefreshToken {
        grant,
        expires,
        upstream,
    } = token;
    match upstream {
        Renewal::Token { token, client_id } => {
            let work = renew_token(endpoint, name, &grant, &client_id, &token);
            let Refreshed { tokens, at } = &*endpoint.refreshes.share(name, work).await?;
            Ok(exchange::terms(&grant, tokens, &client_id, *at))
        }
        Renewal::AppPassword(app_password) => {
            renew_durable(endpoint, &grant, expires, &app_password).await
        }
    }
}

async fn renew_token(
    endpoint: &TokenEndpoint,
    name: Digest,
    grant: &Grant,
    client_id: &str,
    token: &SecretString,
) -> Result<Refreshed, TokenError> {
    if endpoint.refreshes.used.contains_key(&name) {
        tracing::warn!(
            grant = %grant.id, client = %grant.client, user = %grant.user,
            "a refresh token came again after it was used; somebody may have taken a copy of it, so the grant is revoked"
        );
        endpoint.end_grant(&grant.id);
        return Err(TokenError::InvalidGrant(
            "the refresh token was used before",
        ));
    }
    let issuer = (endpoint.provider)()?;
    let mut tokens = issuer::refresh(&*issuer, client_id, token, &grant.id).await?;
    // Whoever validated the access token before, or speaks with it, must stop.
    endpoint.oauth.grant_watch.renewed(&grant.id);
    if tokens.subject != grant.user {
        tracing::error!(
            grant = %grant.id, user = %grant.user, found = %tokens.subject,
            "Nextcloud gave another user's tokens for a refresh token; they are thrown away and the grant is revoked"
        );
        endpoint.end_grant(&grant.id);
        return Err(TokenError::InvalidGrant(
            "Nextcloud signed in another user than before",
        ));
    }
    // A provider that does not rotate sends none: the one that there is goes on (RFC 6749, section 6).
    tokens.refresh.get_or_insert_with(|| token.clone());
    tracing::info!(
        grant = %grant.id, client = %grant.client, user = %grant.user, scopes = %grant.scopes, durable = false,
        "a grant was renewed"
    );
    Ok(Refreshed { tokens, at: now() })
}

/// The new refresh token is the same content sealed anew: under the newest key, and with the same end.
async fn renew_durable(
    endpoint: &TokenEndpoint,
    grant: &Grant,
    ends: Timestamp,
    app_password: &AppPassword,
) -> Result<Terms, TokenError> {
    let alive = durable::alive(&endpoint.oauth.nextcloud, app_password, &grant.user).await;
    alive.map_err(|lost| match lost {
        Lost::Away => TokenError::AWAY,
        Lost::Refused | Lost::AnotherUser => {
            endpoint.oauth.grant_watch.renewed(&grant.id);
            TokenError::InvalidGrant("the app password behind it was deleted in Nextcloud")
        }
    })?;
    tracing::info!(
        grant = %grant.id, client = %grant.client, user = %grant.user, scopes = %grant.scopes, durable = true,
        "a grant was renewed"
    );
    Ok(durable::terms(grant, app_password, ends))
}
