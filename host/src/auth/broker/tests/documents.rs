//! Clients that are the address of a document.

use super::*;
use crate::auth::broker::document;

const ADDRESS: &str = "https://client.example.com/mcp.json";

fn server(redirect_uris: &[&str], arguments: &[&str]) -> Server {
    let document = json!({
        "client_id": ADDRESS, "client_name": "Described", "redirect_uris": redirect_uris,
        "token_endpoint_auth_method": "none",
    });
    Server::of(
        HERE,
        arguments,
        known(),
        HashMap::from([(ADDRESS.to_owned(), document)]),
    )
}

#[tokio::test]
async fn a_described_client_signs_a_user_in_without_registration() {
    let server = server(&[CALLBACK], &[]);
    let mut browser = Browser::default();
    let page = server.get(&plain_request(ADDRESS)).await;
    assert!(
        page.body
            .contains("So says the website <strong>client.example.com</strong>")
    );
    assert!(!page.body.contains("Any program on this computer"));
    let transaction = browser.asked(&server, &plain_request(ADDRESS)).await;
    let state = browser.allow(&server, &transaction, &["notes.read"]).await;
    let location = browser
        .get(&server, &format!("/oauth/callback?state={state}&code=c"))
        .await
        .location();
    assert_eq!(
        server.code(&location).client_name.as_deref(),
        Some("Described")
    );
    server
        .get(&request_with(
            ADDRESS,
            "redirect_uri",
            Some("https://evil.example/cb"),
        ))
        .await
        .is_page(400);
}

#[tokio::test]
async fn a_described_client_on_loopback_comes_with_a_warning() {
    let server = server(&["http://localhost/cb", "http://127.0.0.1/cb"], &[]);
    let page = server
        .get(&request_with(
            ADDRESS,
            "redirect_uri",
            Some("http://localhost:9999/cb"),
        ))
        .await;
    assert!(
        page.body
            .contains("Any program on this computer can pretend"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_document_that_cannot_be_had_is_told_on_a_page() {
    let server = server(&[CALLBACK], &[]);
    let page = server
        .get(&plain_request("https://intranet.example.com/mcp.json"))
        .await;
    page.is_page(400);
    assert!(page.body.contains("not on the public internet"));
}

#[tokio::test]
async fn where_the_operator_wants_none_documents_are_not_fetched() {
    let server = server(&[CALLBACK], &["--client-documents", "false"]);
    server.get(&plain_request(ADDRESS)).await.is_page(400);
}

#[tokio::test]
async fn an_address_that_is_not_public_is_never_spoken_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server::over(HERE, &[], known(), document::from_the_web);
    for address in [
        "https://127.0.0.1/client.json".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://localhost/client.json".to_owned(),
        format!("https://127.0.0.1:{port}/client.json"),
    ] {
        let page = server.get(&plain_request(&address)).await;
        page.is_page(400);
        assert!(
            page.body.contains("could not be fetched"),
            "{address}: {}",
            page.body
        );
    }
    let nobody_came = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept());
    assert!(nobody_came.await.is_err());
}
