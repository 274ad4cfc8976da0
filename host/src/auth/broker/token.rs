//! `POST /oauth/token` (RFC 6749, section 3.2) and, beside it, `POST /oauth/revoke`: who asks, and for what.
//!
//! In this order: the form is read, the client proves itself, and then `exchange`, `refresh` or `revoke` check everything
//! else and count the request as the client's. Nothing goes to Nextcloud before all of that.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

use super::claimed_client::ClaimedClient;
use super::client_limit::ClientLimit;
use super::durable::GRANT_SECONDS;
use super::error::TokenError;
use super::exchange::{self, Redemptions};
use super::form::Form;
use super::issuer::Issuer;
use super::refresh::{self, Refreshes};
use super::token_answer::TokenAnswer;
use super::{Client, revoke};
use crate::auth::grant::{ClientDigest, now};
use crate::auth::oauth::{NotReady, OAuth};
use crate::{measure, trace};

/// Knows clients.
pub(super) trait Directory: Send + Sync {
    /// The client that `presented` names, if it proves itself.
    fn admit<'a>(
        &'a self,
        presented: &'a ClaimedClient,
    ) -> BoxFuture<'a, Result<Client, TokenError>>;
}

type Provider = Box<dyn Fn() -> Result<Arc<dyn Issuer>, NotReady> + Send + Sync>;

/// What both endpoints share.
pub(super) struct TokenEndpoint {
    pub(super) oauth: Arc<OAuth>,
    pub(super) directory: Arc<dyn Directory>,
    /// Nextcloud's provider, once it is there.
    pub(super) provider: Provider,
    pub(super) redemptions: Redemptions,
    pub(super) refreshes: Refreshes,
    pub(super) limit: ClientLimit,
}

/// `/oauth/token` and `/oauth/revoke`.
pub(super) fn token_routes(oauth: Arc<OAuth>, directory: Arc<dyn Directory>) -> Router {
    let provider = Arc::clone(&oauth);
    let endpoint = TokenEndpoint {
        oauth,
        directory,
        provider: Box::new(move || {
            let provider = provider.provider()?;
            Ok(provider as Arc<dyn Issuer>)
        }),
        redemptions: Redemptions::new(),
        refreshes: Refreshes::new(refresh::GRACE),
        limit: ClientLimit::new(),
    };
    routes(Arc::new(endpoint))
}

pub(super) fn routes(endpoint: Arc<TokenEndpoint>) -> Router {
    Router::new()
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .with_state(endpoint)
}

async fn token(
    State(endpoint): State<Arc<TokenEndpoint>>,
    request: Request<Body>,
) -> Result<Response, TokenError> {
    let (client, form) = endpoint.admit(request).await?;
    let answer = endpoint.answer(&client, form).await?;
    Ok(answer.into_response())
}

async fn revoke(
    State(endpoint): State<Arc<TokenEndpoint>>,
    request: Request<Body>,
) -> Result<Response, TokenError> {
    let (client, form) = endpoint.admit(request).await?;
    revoke::revoke(&endpoint, &client, form).await?;
    Ok(super::error::no_store().into_response())
}

impl TokenEndpoint {
    async fn admit(&self, request: Request<Body>) -> Result<(ClientDigest, Form), TokenError> {
        let (parts, body) = request.into_parts();
        let headers: HeaderMap = parts.headers;
        let mut form = Form::read(&headers, body).await?;
        let presented = ClaimedClient::take(&headers, &mut form)?;
        let client = self.directory.admit(&presented).await?;
        Ok((ClientDigest::of(&client.id), form))
    }

    /// Takes nothing of a grant any more, as far as this process decides.
    pub(super) fn end_grant(&self, grant: &str) {
        self.oauth.denied.deny_grant(grant, now() + GRANT_SECONDS);
        self.oauth.grant_watch.renewed(grant);
    }

    async fn answer(
        self: &Arc<Self>,
        client: &ClientDigest,
        mut form: Form,
    ) -> Result<TokenAnswer, TokenError> {
        let grant_type = form.require("grant_type", "grant_type is missing")?;
        let (grant_type, answer) = match grant_type.expose_secret() {
            "authorization_code" => (
                "authorization_code",
                exchange::exchange(self, client, form).await,
            ),
            "refresh_token" => ("refresh_token", refresh::refresh(self, client, form).await),
            _ => return Err(TokenError::UnsupportedGrantType),
        };
        let outcome = answer.as_ref().err().map_or("ok", |error| error.code());
        measure::sign_in(grant_type, outcome);
        answer
    }
}

/// Names what somebody sent without keeping it.
pub(super) type Digest = [u8; 32];

pub(super) fn digest(text: &str) -> Digest {
    Sha256::digest(text).into()
}

/// Does work to its end although whoever asked may be gone: what Nextcloud has changed by then must not be lost.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, TokenError>> + Send + 'static,
) -> Result<T, TokenError> {
    trace::spawn(work).await.unwrap_or(Err(TokenError::Server))
}
