//! `grant_type=authorization_code`: our code for tokens.
//!
//! Our code holds Nextcloud's, not yet redeemed, so everything that the client must prove (PKCE before all) is checked
//! before anything is sent: a wrong request costs Nextcloud nothing and does not burn the code, unlike at Nextcloud
//! itself (`oidc-flow/027`, `oidc-flow/028`).
//!
//! **Once only** is Nextcloud's doing: it refuses a code that was used, and revokes what it gave for it (`oidc-flow/025`,
//! `oidc-flow/026`). So a replay that passes every check is sent on, for RFC 6749 (section 4.1.2) wants exactly that
//! revocation. Two at the same time are put in a row, since Nextcloud's own check might let both pass. What it cannot
//! revoke, an app password made of the tokens, is deleted here if this process made it: that, and the denial of the
//! grant's other tokens, is all that is remembered of a code, and for [`REMEMBERED`] only.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use super::durable::{self, GRANT_SECONDS};
use super::error::TokenError;
use super::form::Form;
use super::token::{Digest, TokenEndpoint, digest, to_its_end};
use super::token_answer::{ACCESS_SECONDS, Terms, TokenAnswer};
use super::{Code, issuer};
use crate::auth::grant::{Access, AppPassword, ClientDigest, Grant, Renewal, Timestamp, now};
use crate::auth::seal::Purpose;
use crate::auth::upstream::Tokens;

/// How long a redeemed code is remembered: longer than any code lives.
const REMEMBERED: Duration = Duration::from_mins(15);

/// Codes remembered at most; each is a sign-in of somebody.
const CODES: u64 = 10_000;

/// RFC 7636, section 4.1.
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

/// Codes that were redeemed here lately.
pub(super) struct Redemptions(Cache<Digest, Arc<Mutex<Redemption>>>);

/// What became of a code.
enum Redemption {
    Open,
    Done { app_password: Option<AppPassword> },
}

impl Redemptions {
    pub(super) fn new() -> Self {
        let codes = Cache::builder()
            .max_capacity(CODES)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(REMEMBERED);
        Self(codes.build())
    }

    async fn of(&self, code: Digest) -> Arc<Mutex<Redemption>> {
        let open = async { Arc::new(Mutex::new(Redemption::Open)) };
        self.0.get_with(code, open).await
    }
}

/// Gives tokens for a code that `client` presents.
pub(super) async fn exchange(
    endpoint: &Arc<TokenEndpoint>,
    client: &ClientDigest,
    mut form: Form,
) -> Result<TokenAnswer, TokenError> {
    let text = form.require("code", "code is missing")?;
    let code = endpoint
        .oauth
        .sealer
        .open(Purpose::Code, text.expose_secret());
    let code =
        code.map_err(|_| TokenError::InvalidGrant("the code is not one of this server's"))?;
    check(&code, client, &mut form)?;
    endpoint.limit.count(client)?;
    let (endpoint, name) = (Arc::clone(endpoint), digest(text.expose_secret()));
    to_its_end(async move { redeem(&endpoint, name, &code).await }).await
}

fn check(code: &Code, client: &ClientDigest, form: &mut Form) -> Result<(), TokenError> {
    let redirect_uri = form.require("redirect_uri", "redirect_uri is missing")?;
    let verifier = form.require("code_verifier", "code_verifier is missing")?;
    let resource = form.take("resource");
    if code.client != *client {
        return Err(TokenError::InvalidGrant(
            "the code was given to another client",
        ));
    }
    if code.expires <= now() {
        return Err(TokenError::InvalidGrant("the code has expired"));
    }
    if redirect_uri.expose_secret() != code.redirect_uri {
        return Err(TokenError::InvalidGrant(
            "redirect_uri is not the one that the code was sent to",
        ));
    }
    if !proves(verifier.expose_secret(), &code.challenge) {
        return Err(TokenError::InvalidGrant(
            "code_verifier does not fit code_challenge",
        ));
    }
    match resource {
        Some(resource) if resource.expose_secret() != code.resource => {
            Err(TokenError::InvalidTarget)
        }
        _ => Ok(()),
    }
}

/// PKCE with S256 (RFC 7636, section 4.6).
fn proves(verifier: &str, challenge: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let found = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    VERIFIER.contains(&verifier.len())
        && verifier.bytes().all(allowed)
        && bool::from(found.as_bytes().ct_eq(challenge.as_bytes()))
}

async fn redeem(
    endpoint: &TokenEndpoint,
    name: Digest,
    code: &Code,
) -> Result<TokenAnswer, TokenError> {
    let redemption = endpoint.redemptions.of(name).await;
    let mut redemption = redemption.lock().await;
    let issuer = (endpoint.provider)()?;
    if let Redemption::Done { app_password } = &mut *redemption {
        let app_password = app_password.take();
        return Err(replayed(endpoint, code, app_password).await);
    }
    let tokens = issuer::redeem(&*issuer, code).await?;
    *redemption = Redemption::Done { app_password: None };
    let grant = Grant {
        id: code.grant.clone(),
        user: tokens.subject.clone(),
        client: code.client.clone(),
        scopes: code.scopes.clone(),
        resource: code.resource.clone(),
        since: now(),
    };
    let minted = if code.durable {
        let name = code.client_name.as_deref();
        durable::mint(&endpoint.oauth, &grant, &tokens.access, name).await?
    } else {
        None
    };
    let durable = minted.is_some();
    let answer = if let Some(minted) = minted {
        *redemption = Redemption::Done {
            app_password: Some(minted.app_password().clone()),
        };
        let terms = durable::terms(&grant, minted.app_password(), now() + GRANT_SECONDS);
        TokenAnswer::seal(&endpoint.oauth.sealer, terms)?.with(minted)
    } else {
        let terms = terms(&grant, &tokens, &code.upstream_client, now());
        TokenAnswer::seal(&endpoint.oauth.sealer, terms)?
    };
    tracing::info!(
        grant = %grant.id, client = %grant.client, user = %grant.user, scopes = %grant.scopes, durable,
        "a user signed in for a client"
    );
    Ok(answer)
}

/// Revokes everything that followed from a code that comes a second time.
async fn replayed(
    endpoint: &TokenEndpoint,
    code: &Code,
    app_password: Option<AppPassword>,
) -> TokenError {
    tracing::warn!(
        grant = %code.grant, client = %code.client,
        "a client sent a code a second time; somebody may have taken a copy of it, so the grant is revoked"
    );
    endpoint.end_grant(&code.grant);
    if let Ok(issuer) = (endpoint.provider)() {
        // Nextcloud refuses, and revokes. If it gave tokens instead, nobody gets them.
        drop(issuer::redeem(&*issuer, code).await);
    }
    if let Some(app_password) = app_password {
        durable::delete_soon(&endpoint.oauth.nextcloud, &app_password, &code.grant);
    }
    TokenError::InvalidGrant("the code was used before")
}

/// Tokens that rest on Nextcloud's, given out at `issued`.
pub(super) fn terms(
    grant: &Grant,
    tokens: &Tokens,
    upstream_client: &str,
    issued: Timestamp,
) -> Terms {
    let life = tokens.expires_in.as_secs();
    let renewal = tokens.refresh.as_ref().map(|token| {
        let renewal = Renewal::Token {
            token: token.clone(),
            client_id: upstream_client.to_owned(),
        };
        // Nextcloud honours a refresh token for both times together (`errors/037`); its own word counts in the end.
        let lasts = tokens
            .refresh_expires_in
            .map_or(GRANT_SECONDS, |lasts| life.saturating_add(lasts.as_secs()));
        (renewal, issued.saturating_add(lasts))
    });
    Terms {
        grant: grant.clone(),
        scopes: grant.scopes.clone(),
        access: Access::Token {
            token: tokens.access.clone(),
            client_id: upstream_client.to_owned(),
        },
        access_until: issued + life.min(ACCESS_SECONDS),
        renewal,
    }
}
