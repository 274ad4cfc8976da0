//! The whole of `registration/` over real sockets and real files, against a small provider that answers as recorded.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod dynamic;
pub(in crate::auth) mod provider;
mod renewal;
mod store;

use std::path::Path;

use secrecy::ExposeSecret as _;

use super::dynamic::Registrar;
use super::record::{Management, Registration};
use super::store::{Owner, Store};
use super::*;
use crate::auth::folder::DataFolder;
use crate::auth::key::SecretKeys;
use crate::auth::place::Place;
use crate::auth::seal::Sealer;
use crate::auth::upstream::Upstream;
use crate::nextcloud::{Nextcloud, Settings};
use provider::Provider;

const SERVER_URL: &str = "https://mcp.example.com";

fn place() -> Place {
    Place::new(&SERVER_URL.parse().unwrap())
}

async fn registrar(provider: &Provider) -> Registrar {
    let nextcloud = Nextcloud::new(Settings::new(provider.url())).unwrap();
    let http = nextcloud.service_client().unwrap();
    let upstream = Upstream::discover(&http, &place(), &OAuthSettings::of_flags(&[])).await;
    Registrar::new(http, upstream.unwrap(), &place())
}

fn sealer(letter: &str) -> Sealer {
    let keys = SecretKeys::parse(&letter.repeat(64).into()).unwrap();
    Sealer::new(keys, SERVER_URL)
}

fn owner() -> Owner {
    Owner {
        issuer: "https://cloud.example.com".to_owned(),
        server_url: SERVER_URL.to_owned(),
    }
}

fn folder(path: &Path) -> DataFolder {
    DataFolder::open(&path.join("data")).unwrap()
}

/// A process's view of the database below `path`.
async fn store(path: &Path) -> Store {
    let store = Store::open(folder(path), owner(), sealer("a")).await;
    store.map_err(|error| error.to_string()).unwrap()
}

/// One that lasts an hour.
fn registration(client_id: &str) -> Registration {
    Registration {
        client_id: client_id.to_owned(),
        secret: "canary-secret".into(),
        management: Some(Management {
            uri: "https://cloud.example.com/apps/oidc/register/x".to_owned(),
            token: "canary-token".into(),
        }),
        issued: grant::now(),
        expires: Some(grant::now() + 3600),
    }
}

#[test]
fn half_a_client_is_a_slip_that_is_named() {
    let configured = |flags: &[&str]| {
        let configured = configured(&OAuthSettings::of_flags(flags));
        configured.map(|client| client.map(|client| client.id))
    };
    let (id, secret) = (
        ["--oidc-client-id", "ours"],
        ["--oidc-client-secret", "secret"],
    );
    assert_eq!(configured(&[]), Ok(None));
    assert_eq!(
        configured(&[id, secret].concat()),
        Ok(Some("ours".to_owned()))
    );
    let said = configured(&id).unwrap_err().to_string();
    assert!(
        said.starts_with("NEXTCLOUD_OIDC_CLIENT_SECRET is not set"),
        "{said}"
    );
    let said = configured(&secret).unwrap_err().to_string();
    assert!(
        said.starts_with("NEXTCLOUD_OIDC_CLIENT_ID is not set"),
        "{said}"
    );
}

#[test]
fn the_operators_client_is_the_one_for_everything() {
    let clients = Clients::given(ClientCredentials {
        id: "ours".to_owned(),
        secret: "secret".into(),
    });
    assert_eq!(clients.current().id, "ours");
    assert!(clients.of_grant("ours").is_some() && clients.of_grant("other").is_none());
    assert!(clients.is_ours("ours") && !clients.is_ours("other"));
    clients.report_unknown("ours");
    assert_eq!(clients.current().id, "ours", "it is not ours to change");
}
