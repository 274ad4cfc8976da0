//! `POST /oauth/revoke` (RFC 7009): a client gives up what it holds.
//!
//! Nextcloud has no revocation endpoint (`oidc-flow/076`), so:
//! - A refresh token is refreshed there once and what comes is thrown away. It and the access token die with that
//!   (`oidc-flow/017`, `oidc-flow/019`); the new ones live on until their end, known to nobody.
//! - A durable grant's refresh token: its app password is deleted, and everything with it.
//! - An access token alone is denied here until it expires. Other replicas do not know, and take it for up to an hour.
//!
//! Beside that, the whole grant of a refresh token is denied in this process at once.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use super::error::TokenError;
use super::form::Form;
use super::token::{TokenEndpoint, to_its_end};
use super::{durable, issuer};
use crate::auth::grant::{AccessToken, ClientDigest, Grant, RefreshToken, Renewal};
use crate::auth::seal::{Purpose, Sealer};

/// Ends the token that `client` presents. What is not a token of ours, or is none any more, is as good as revoked (RFC
/// 7009, section 2.2); another client's is refused (section 2.1).
pub(super) async fn revoke(
    endpoint: &Arc<TokenEndpoint>,
    client: &ClientDigest,
    mut form: Form,
) -> Result<(), TokenError> {
    // `token_type_hint` would say less than the token itself does.
    let text = form.require("token", "token is missing")?;
    if Sealer::claims(Purpose::Refresh, text.expose_secret()) {
        revoke_refresh(endpoint, client, &text).await
    } else {
        revoke_access(endpoint, client, &text)
    }
}

fn revoke_access(
    endpoint: &TokenEndpoint,
    client: &ClientDigest,
    text: &SecretString,
) -> Result<(), TokenError> {
    let sealer = &endpoint.oauth.sealer;
    let Ok(token) = sealer.open::<AccessToken>(Purpose::Access, text.expose_secret()) else {
        return Ok(());
    };
    belongs(&token.grant, client)?;
    endpoint.limit.count(client)?;
    endpoint
        .oauth
        .denied
        .deny(text.expose_secret(), token.expires);
    log(&token.grant, "access token");
    Ok(())
}

async fn revoke_refresh(
    endpoint: &Arc<TokenEndpoint>,
    client: &ClientDigest,
    text: &SecretString,
) -> Result<(), TokenError> {
    let sealer = &endpoint.oauth.sealer;
    let Ok(token) = sealer.open::<RefreshToken>(Purpose::Refresh, text.expose_secret()) else {
        return Ok(());
    };
    belongs(&token.grant, client)?;
    endpoint.limit.count(client)?;
    endpoint.end_grant(&token.grant.id);
    let endpoint = Arc::clone(endpoint);
    to_its_end(async move {
        end_upstream(&endpoint, &token).await?;
        log(&token.grant, "grant");
        Ok(())
    })
    .await
}

/// Ends what a grant rests on; fine if it is gone already.
async fn end_upstream(endpoint: &TokenEndpoint, token: &RefreshToken) -> Result<(), TokenError> {
    match &token.upstream {
        Renewal::AppPassword(app_password) => {
            let deleted = durable::delete(&endpoint.oauth.nextcloud, app_password).await;
            deleted.map_err(|why| {
                tracing::warn!(grant = %token.grant.id, %why, "an app password cannot be deleted now");
                TokenError::AWAY
            })
        }
        Renewal::Token {
            token: upstream,
            client_id,
        } => {
            let issuer = (endpoint.provider)()?;
            match issuer::refresh(&*issuer, client_id, upstream, &token.grant.id).await {
                Ok(_) | Err(TokenError::InvalidGrant(_)) => Ok(()),
                Err(error) => Err(error),
            }
        }
    }
}

fn belongs(grant: &Grant, client: &ClientDigest) -> Result<(), TokenError> {
    if grant.client == *client {
        Ok(())
    } else {
        Err(TokenError::InvalidGrant(
            "the token was given to another client",
        ))
    }
}

fn log(grant: &Grant, what: &str) {
    tracing::info!(
        grant = %grant.id, client = %grant.client, user = %grant.user, scopes = %grant.scopes, what,
        "a client revoked what it held"
    );
}
