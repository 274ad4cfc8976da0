//! Sends people to Nextcloud and trades what they bring back for tokens: the code flow with PKCE, through openidconnect.
//!
//! Nextcloud's ways: every failure at its token endpoint is a 400 (`oidc-flow/025-041`), its answers name no scope, and
//! `resource` counts at the authorization endpoint only.

use std::pin::Pin;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyAdditionalClaims, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, IdTokenFields, JsonWebKeySet, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge,
    PkceCodeVerifier, RefreshToken, RequestTokenError, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exchange::Exchange;
use super::{ClientCredentials, Departure, Flaw, Shared, Tokens, UpstreamError, id_token};
use crate::random;

/// openidconnect adds it by itself.
const OPENID: &str = "openid";

pub(super) fn departure(
    shared: &Shared,
    client: &ClientCredentials,
    state: &str,
    scopes: &[&str],
) -> Result<Departure, UpstreamError> {
    let verifier = PkceCodeVerifier::new(secret()?);
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let (state, nonce) = (state.to_owned(), secret()?);
    let expected = nonce.clone();
    let more = scopes.iter().filter(|scope| **scope != OPENID);
    let (url, _, _) = self::client(shared, client)
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        )
        .add_scopes(more.map(|scope| Scope::new((*scope).to_owned())))
        .set_pkce_challenge(challenge)
        .add_extra_param("resource", &shared.resource)
        .url();
    Ok(Departure {
        url,
        verifier: verifier.into_secret().into(),
        nonce: expected,
    })
}

pub(super) async fn redeem(
    shared: &Shared,
    client: &ClientCredentials,
    code: &SecretString,
    verifier: &SecretString,
    nonce: &str,
) -> Result<Tokens, UpstreamError> {
    let answer = self::client(shared, client)
        .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
        .request_async(&shared.exchange)
        .await
        .map_err(translate)?;
    tokens(shared, client, &answer, Some(nonce)).await
}

pub(super) async fn refresh(
    shared: &Shared,
    client: &ClientCredentials,
    refresh: &SecretString,
) -> Result<Tokens, UpstreamError> {
    let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
    let answer = self::client(shared, client)
        .exchange_refresh_token(&refresh)
        .request_async(&shared.exchange)
        .await
        .map_err(translate)?;
    tokens(shared, client, &answer, None).await
}

async fn tokens(
    shared: &Shared,
    client: &ClientCredentials,
    answer: &TokenAnswer,
    nonce: Option<&str>,
) -> Result<Tokens, UpstreamError> {
    let id_token = answer.id_token().ok_or(Flaw::Missing)?;
    let issuer = &shared.metadata.issuer;
    let subject = id_token::subject(&shared.keys, issuer, id_token, &client.id, nonce).await?;
    let extra = answer.extra_fields().extra_fields();
    Ok(Tokens {
        access: answer.access_token().secret().as_str().into(),
        expires_in: answer.expires_in().ok_or_else(not_oauth)?,
        refresh: answer
            .refresh_token()
            .map(|token| token.secret().as_str().into()),
        refresh_expires_in: extra
            .refresh_expires_in
            .as_ref()
            .and_then(Value::as_u64)
            .map(Duration::from_secs),
        subject,
    })
}

/// What openidconnect's own HTTP clients would do. Only answers that say something reach it.
impl<'c> AsyncHttpClient<'c> for Exchange {
    type Error = UpstreamError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, UpstreamError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.send(request).await?;
            Ok(answer.map(|body| body.to_vec()))
        })
    }
}

/// 256 random bits in 43 characters, as few as RFC 7636 allows a verifier.
fn secret() -> Result<String, UpstreamError> {
    let bytes = random::bytes::<32>().map_err(|error| UpstreamError::Away(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Nextcloud's addition to a token answer. A number, or a word where the administrator lets refresh tokens live for ever.
#[derive(Debug, Default, Serialize, Deserialize)]
struct RefreshLifetime {
    refresh_expires_in: Option<Value>,
}

impl ExtraTokenFields for RefreshLifetime {}

type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        EmptyAdditionalClaims,
        RefreshLifetime,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type ErrorAnswer = StandardErrorResponse<CoreErrorResponseType>;

/// With an authorization and a token endpoint.
type CodeClient = Client<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    ErrorAnswer,
    TokenAnswer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// The crate's own verifier is not used through it, so it gets no keys.
fn client(shared: &Shared, client: &ClientCredentials) -> CodeClient {
    let metadata = &shared.metadata;
    let id = ClientId::new(client.id.clone());
    Client::new(id, metadata.issuer.clone(), JsonWebKeySet::default())
        .set_client_secret(ClientSecret::new(client.secret.expose_secret().to_owned()))
        // `client_secret_post`: what Nextcloud registers every client for (`oidc/015`).
        .set_auth_type(AuthType::RequestBody)
        .set_auth_uri(AuthUrl::from_url(metadata.authorization.clone()))
        .set_token_uri(TokenUrl::from_url(metadata.token.clone()))
        .set_redirect_uri(shared.redirect_uri.clone())
}

fn translate(error: RequestTokenError<UpstreamError, ErrorAnswer>) -> UpstreamError {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            UpstreamError::of_code(answer.error().as_ref())
        }
        RequestTokenError::Request(error) => error,
        // What it says could repeat a token.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => not_oauth(),
    }
}

fn not_oauth() -> UpstreamError {
    UpstreamError::Away("its token endpoint answered something that is not OAuth".to_owned())
}
