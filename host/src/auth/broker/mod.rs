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

mod client_limit;
mod durable;
mod error;
mod exchange;
mod form;
mod issuer;
mod presented;
mod refresh;
mod revoke;
mod token;
mod token_answer;
#[cfg(test)]
mod token_tests;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::grant::{ClientDigest, Timestamp};
use super::scope::ScopeSet;
use super::seal::secret_text;

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
