//! The authorization server that MCP clients see: they sign in here, people sign in at their Nextcloud.
//!
//! Nothing is kept: a client id, a pending authorization, a code and a token are each sealed content (`seal.rs`) in the
//! hands of whoever needs them.
//!
//! # The way of one sign-in, and so the order in which to read
//! `metadata` says where everything is; `register` (RFC 7591) and `document` (client ID metadata documents) make a
//! `client`; `authorize` checks what it asks for and shows the `consent` page; its answer sends the browser to Nextcloud
//! with a `transaction` in a cookie; `callback` brings it back and hands the client a `code`; `token` checks who asks and
//! only then redeems at Nextcloud; `refresh` and `revoke` go on from there.

mod answer;
mod authorize;
mod callback;
mod claimed_client;
mod client;
mod client_limit;
mod consent;
mod document;
mod durable;
mod error;
mod exchange;
mod form;
mod issuer;
mod metadata;
mod page;
mod parameters;
mod redirect;
mod refresh;
mod register;
mod request;
mod revoke;
mod sign_in;
#[cfg(test)]
mod tests;
mod token;
mod token_answer;
#[cfg(test)]
mod token_tests;
mod transaction;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use self::document::Documents;
use self::sign_in::SignIn;
use self::token::token_routes;
use super::cors::open_to_web_pages;
use super::grant::{ClientDigest, Timestamp};
use super::oauth::OAuth;
use super::scope::ScopeSet;
use super::seal::secret_text;
use crate::config::AuthorizationServer;

/// What the endpoints share.
pub(super) struct Broker {
    oauth: Arc<OAuth>,
    documents: Documents,
    sign_in: Arc<dyn SignIn>,
}

/// All of the broker's endpoints, or none if the operator sends clients to Nextcloud itself. Paths are those behind a
/// proxy that takes the server URL's own path away; `/.well-known/` documents are there with it, too.
pub(super) fn routes(oauth: Arc<OAuth>) -> Router {
    let broker = Broker {
        documents: Documents::new(document::from_the_web(&oauth)),
        sign_in: oauth.clone(),
        oauth,
    };
    broker.routes()
}

impl Broker {
    fn routes(self) -> Router {
        if self.oauth.settings.authorization_server == AuthorizationServer::Nextcloud {
            return Router::new();
        }
        let broker = Arc::new(self);
        let machines = metadata::routes(&broker.oauth.place)
            .route("/oauth/register", post(register::register))
            .with_state(broker.clone())
            .merge(token_routes(broker.oauth.clone(), broker.clone()))
            .layer(from_fn(open_to_web_pages));
        let people = Router::new()
            .route(
                "/oauth/authorize",
                get(authorize::authorize).post(authorize::authorize),
            )
            .route("/oauth/consent", post(consent::consent))
            .route("/oauth/callback", get(callback::callback))
            .with_state(broker);
        machines.merge(people)
    }
}

/// An MCP client, by registration or by its metadata document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: String,
    /// As it calls itself: data, not to be believed.
    pub(super) name: Option<String>,
    /// Its page, as it says; http(s) only.
    pub(super) uri: Option<String>,
    /// Compared exactly, but for the port of a loopback address (RFC 8252, section 7.3).
    pub(super) redirect_uris: Vec<String>,
    pub(super) auth: ClientAuth,
}

/// How a client proves itself at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientAuth {
    /// Not at all: a public client, held by PKCE.
    None,
    /// With its secret in the body.
    ClientSecretPost,
    /// With its secret in the `Authorization` header.
    ClientSecretBasic,
}

/// An authorization code of ours, sealed: Nextcloud's code, not yet redeemed, and everything to check before it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[allow(
    clippy::struct_field_names,
    reason = "the code that it holds is another one"
)]
pub(super) struct Code {
    /// Of the grant that is to come.
    pub(super) grant: String,
    pub(super) client: ClientDigest,
    pub(super) redirect_uri: String,
    /// PKCE S256 of the client.
    pub(super) challenge: String,
    pub(super) scopes: ScopeSet,
    pub(super) resource: String,
    /// The user chose to stay signed in.
    pub(super) durable: bool,
    /// For the name of an app password; as the client calls itself.
    pub(super) client_name: Option<String>,
    pub(super) expires: Timestamp,
    /// Nextcloud's code.
    #[serde(with = "secret_text")]
    pub(super) upstream_code: SecretString,
    /// Our client at Nextcloud to which it belongs.
    pub(super) upstream_client: String,
    #[serde(with = "secret_text")]
    pub(super) upstream_verifier: SecretString,
    pub(super) upstream_nonce: String,
}
