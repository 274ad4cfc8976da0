//! The whole of `upstream/` over real sockets, against a small provider that answers as recorded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod access_token;
mod code_flow;
mod discovery;
mod keys;
mod provider;
mod signer;
mod token_questions;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::auth::grant::now;
use crate::nextcloud::{Nextcloud, Settings};
use provider::{Provider, html, reply};
use signer::Signer;

const RESOURCE: &str = "https://mcp.example.com/mcp";
const CLIENT: &str = "our-client";
const SECRET: &str = "our-secret";
const NONCE: &str = "a-nonce";

fn place() -> Place {
    Place::new(&"https://mcp.example.com".parse().unwrap())
}

fn service(base: &str, public: Option<&str>) -> ServiceClient {
    let mut settings = Settings::new(base);
    settings.public_url = public.map(str::to_owned);
    Nextcloud::new(settings).unwrap().service_client().unwrap()
}

fn credentials() -> ClientCredentials {
    ClientCredentials {
        id: CLIENT.to_owned(),
        secret: SECRET.into(),
    }
}

/// Discovers a provider that publishes `signer`'s key.
async fn upstream(provider: &Provider, signer: &Signer) -> Upstream {
    provider.publish(&[signer]);
    Upstream::discover(
        &service(&provider.url(), None),
        &place(),
        &OAuthSettings::of_flags(&[]),
    )
    .await
    .unwrap()
}

/// `oidc-misc/014`, for now.
fn id_claims(provider: &Provider) -> Value {
    json!({"iss": provider.url(), "sub": "alice", "aud": CLIENT, "exp": now() + 900, "auth_time": now(), "iat": now(),
        "acr": "0", "azp": CLIENT, "nbf": now(), "jti": "64", "nonce": NONCE})
}

/// `oidc-misc/013`, for now.
fn access_claims(provider: &Provider) -> Value {
    json!({"iss": provider.url(), "sub": "alice", "aud": RESOURCE, "exp": now() + 900, "auth_time": now(), "iat": now(),
        "acr": "0", "client_id": "their-client", "azp": "their-client", "preferred_username": "alice",
        "scope": "openid notes.read", "jti": "64"})
}

/// `base` with some members changed; null takes one away.
fn changed(mut base: Value, change: &Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}
