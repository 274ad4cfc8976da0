//! The stand-in's OIDC provider and the scripted browser against each other: whole sign-ins, and the switches that other
//! tests rely on. What the provider answers word by word is held against the recordings elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod sign_in;
mod tokens;

use nextcloud_mcp_tests::harness::sign_in::{REDIRECT_URI, server_metadata};
use nextcloud_mcp_tests::harness::{Browser, SignIn};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn};
use serde_json::{Value, json};

const RESOURCE: &str = "http://127.0.0.1:8000/mcp";
const SCOPE: &str = "openid offline_access notes.read";
const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

/// A confidential client of the stand-in, made by its administrator.
async fn client(nextcloud: &StandIn, new: NewClient) -> SignIn {
    let keys = nextcloud.create_client(new);
    SignIn {
        endpoint: String::new(),
        resource: json!({"resource": RESOURCE}),
        metadata: server_metadata(&nextcloud.url()).await,
        client_id: keys.id,
        client_secret: Some(keys.secret),
        redirect_uri: REDIRECT_URI.into(),
    }
}

async fn simple(nextcloud: &StandIn) -> SignIn {
    client(nextcloud, NewClient::at(REDIRECT_URI)).await
}

fn browser() -> Browser {
    Browser::stopping_at(REDIRECT_URI)
}

/// The status of a request to an API with a bearer token, without cookies.
async fn status(nextcloud: &StandIn, path: &str, token: &str) -> u16 {
    let url = format!("{}{path}", nextcloud.url());
    let request = reqwest::Client::new().get(url).bearer_auth(token);
    let answer = request
        .header("OCS-APIRequest", "true")
        .send()
        .await
        .unwrap();
    answer.status().as_u16()
}

async fn introspect(client: &SignIn, token: &str) -> Value {
    let url = client.metadata["introspection_endpoint"].as_str().unwrap();
    let secret = client.client_secret.as_ref();
    let request = reqwest::Client::new()
        .post(url)
        .basic_auth(&client.client_id, secret);
    let answer = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("token={token}"));
    answer.send().await.unwrap().json().await.unwrap()
}
