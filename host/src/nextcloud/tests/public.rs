//! Public documents, from a server that only a developer's machine may fetch from.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::StatusCode;
use tempfile::NamedTempFile;

use super::server::reply;
use super::tls::serve;
use super::*;
use crate::nextcloud::{PublicClient, PublicError};

async fn start() -> (u16, NamedTempFile) {
    let app = Router::new().fallback(async |request: Request| {
        let accept = request.headers()["accept"].to_str().unwrap().to_owned();
        match request.uri().path() {
            "/large" => reply(200, &[], vec![b' '; 5 * 1024 + 1]),
            "/moved" => reply(302, &[("location", "/document")], Body::empty()),
            "/slow" => {
                tokio::time::sleep(Duration::from_mins(1)).await;
                reply(200, &[], "")
            }
            _ => reply(200, &[("cache-control", "max-age=60")], accept),
        }
    });
    serve(&[b"http/1.1"], app).await
}

fn client(ca: Option<&NamedTempFile>, allow_loopback: bool) -> PublicClient {
    let mut settings = Settings::new("https://cloud.example.org");
    settings.ca_bundle = ca.map(|file| file.path().to_owned());
    // Nothing of the operator's network is used.
    settings.proxy = Some("http://127.0.0.1:9".into());
    Nextcloud::new(settings)
        .unwrap()
        .public_client(allow_loopback)
        .unwrap()
}

async fn fetch(
    client: &PublicClient,
    port: u16,
    path: &str,
) -> Result<http::Response<bytes::Bytes>, PublicError> {
    let url = format!("https://localhost:{port}{path}").parse().unwrap();
    client.fetch(&url).await
}

#[tokio::test]
async fn a_developers_machine_fetches_from_itself_within_the_bounds() {
    let (port, ca) = start().await;
    let client = client(Some(&ca), true);
    let document = fetch(&client, port, "/document").await.unwrap();
    assert_eq!(document.body(), "application/json");
    assert_eq!(document.headers()["cache-control"], "max-age=60");
    let moved = fetch(&client, port, "/moved").await.unwrap();
    assert_eq!(moved.status(), StatusCode::FOUND, "not followed");
    let large = fetch(&client, port, "/large").await;
    assert_eq!(large.unwrap_err(), PublicError::TooLarge);
    let slow = fetch(&client, port, "/slow").await;
    assert_eq!(slow.unwrap_err(), PublicError::TimedOut);
}

#[tokio::test]
async fn nobody_else_reaches_loopback_by_name_or_number() {
    let (port, ca) = start().await;
    let strict = client(Some(&ca), false);
    for address in [
        // The usual port, so that only the resolver stands in between.
        "https://localhost/document".to_owned(),
        "https://127.0.0.1/document".to_owned(),
        "https://[::1]/document".to_owned(),
    ] {
        let refused = strict.fetch(&address.parse().unwrap()).await;
        assert_eq!(refused.unwrap_err(), PublicError::NotPublic, "{address}");
    }
    let other_port = fetch(&strict, port, "/document").await;
    assert_eq!(other_port.unwrap_err(), PublicError::Address);
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted() {
    let (port, _) = start().await;
    let refused = fetch(&client(None, true), port, "/document").await;
    assert_eq!(refused.unwrap_err(), PublicError::Unreachable);
}
