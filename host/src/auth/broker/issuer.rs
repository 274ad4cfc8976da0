//! What the token and revocation endpoints ask of Nextcloud's provider, and what its answers mean to a client.
//!
//! A trait, so that tests can be Nextcloud.

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::Code;
use super::error::TokenError;
use crate::auth::oauth::Provider;
use crate::auth::upstream::{ClientCredentials, Tokens, UpstreamError};

/// See the module's documentation.
pub(super) trait Issuer: Send + Sync {
    /// Our client to which a grant belongs; `None` if it is gone, and the grant with it.
    fn client_of(&self, client_id: &str) -> Option<ClientCredentials>;

    /// Nextcloud said that it does not know that client of ours.
    fn report_unknown(&self, client_id: &str);

    fn redeem<'a>(
        &'a self,
        client: &'a ClientCredentials,
        code: &'a Code,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>>;

    fn refresh<'a>(
        &'a self,
        client: &'a ClientCredentials,
        token: &'a SecretString,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>>;
}

impl Issuer for Provider {
    fn client_of(&self, client_id: &str) -> Option<ClientCredentials> {
        self.clients.of_grant(client_id)
    }

    fn report_unknown(&self, client_id: &str) {
        self.clients.report_unknown(client_id);
    }

    fn redeem<'a>(
        &'a self,
        client: &'a ClientCredentials,
        code: &'a Code,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>> {
        Box::pin(self.upstream.redeem(
            client,
            &code.upstream_code,
            &code.upstream_verifier,
            &code.upstream_nonce,
        ))
    }

    fn refresh<'a>(
        &'a self,
        client: &'a ClientCredentials,
        token: &'a SecretString,
    ) -> BoxFuture<'a, Result<Tokens, UpstreamError>> {
        Box::pin(self.upstream.refresh(client, token))
    }
}

/// Nextcloud's tokens for a code.
pub(super) async fn redeem(issuer: &dyn Issuer, code: &Code) -> Result<Tokens, TokenError> {
    let client_id = &code.upstream_client;
    let client = issuer.client_of(client_id).ok_or(CLIENT_GONE)?;
    let answer = issuer.redeem(&client, code).await;
    answer.map_err(|error| translate(issuer, client_id, &code.grant, &error))
}

/// Nextcloud's next tokens for a refresh token of its own.
pub(super) async fn refresh(
    issuer: &dyn Issuer,
    client_id: &str,
    token: &SecretString,
    grant: &str,
) -> Result<Tokens, TokenError> {
    let client = issuer.client_of(client_id).ok_or(CLIENT_GONE)?;
    let answer = issuer.refresh(&client, token).await;
    answer.map_err(|error| translate(issuer, client_id, grant, &error))
}

/// `invalid_grant` and not 503 also where only our client is unknown to Nextcloud: what belonged to it is lost for good,
/// and on `invalid_grant` a client sends its user to sign in again, which the next registration then serves.
const CLIENT_GONE: TokenError =
    TokenError::InvalidGrant("the sign-in is over: this server's registration at Nextcloud ended");

fn translate(
    issuer: &dyn Issuer,
    client_id: &str,
    grant: &str,
    error: &UpstreamError,
) -> TokenError {
    match error {
        UpstreamError::Away(why) => {
            tracing::warn!(%grant, %why, "no token: Nextcloud cannot answer now");
            TokenError::AWAY
        }
        UpstreamError::Refused { code } => {
            tracing::info!(%grant, %code, "no token: Nextcloud refused");
            TokenError::InvalidGrant("Nextcloud says that it is used, expired or revoked")
        }
        UpstreamError::UnknownClient => {
            issuer.report_unknown(client_id);
            CLIENT_GONE
        }
        UpstreamError::Invalid(why) => {
            tracing::warn!(%grant, %why, "no token: what Nextcloud gave cannot be trusted");
            TokenError::InvalidGrant(
                "Nextcloud's answer cannot be trusted; the server's log says why",
            )
        }
    }
}
