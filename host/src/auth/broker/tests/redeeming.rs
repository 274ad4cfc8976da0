//! The token endpoint knows the clients that registered here, and lets web pages ask.

use http::header::WWW_AUTHENTICATE;

use super::*;

/// A request that is admitted gets no further than its grant type.
async fn error(server: &Server, pairs: &[(&str, &str)]) -> (u16, String) {
    let request = Request::post("/oauth/token")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ORIGIN, "https://inspector.example.com");
    let body = format!("grant_type=x&{}", form(pairs));
    let answer = server.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(!answer.headers.contains_key(WWW_AUTHENTICATE));
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), error)
}

fn admitted() -> (u16, String) {
    (400, "unsupported_grant_type".to_owned())
}

fn unknown() -> (u16, String) {
    (401, "invalid_client".to_owned())
}

#[tokio::test]
async fn a_client_of_ours_is_admitted_and_one_of_another_key_must_register_anew() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    assert_eq!(error(&server, &[("client_id", &client)]).await, admitted());
    let elsewhere = Server::with("https://other.example.com", &[]);
    let foreign = elsewhere.client(&[CALLBACK]).await;
    for id in [
        &*foreign,
        &client[..client.len() - 1],
        "unknown",
        "http://a.example/c",
    ] {
        assert_eq!(
            error(&server, &[("client_id", id)]).await,
            unknown(),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_client_with_a_secret_must_show_it() {
    let server = Server::new();
    let metadata =
        json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post" });
    let told = server.register(&metadata).await.json();
    let (id, secret) = (
        told["client_id"].as_str().unwrap(),
        told["client_secret"].as_str().unwrap(),
    );
    let with =
        async |secret: &str| error(&server, &[("client_id", id), ("client_secret", secret)]).await;
    assert_eq!(with(secret).await, admitted());
    assert_eq!(with("wrong").await, unknown());
    assert_eq!(error(&server, &[("client_id", id)]).await, unknown());
    let public = server.client(&[CALLBACK]).await;
    let pairs = [("client_id", &*public), ("client_secret", secret)];
    assert_eq!(error(&server, &pairs).await, unknown());
}

#[tokio::test]
async fn a_described_client_needs_no_second_look_at_its_document() {
    let address = "https://gone.example.com/mcp.json";
    let server = Server::new();
    assert_eq!(error(&server, &[("client_id", address)]).await, admitted());
    let pairs = [("client_id", address), ("client_secret", "x")];
    assert_eq!(error(&server, &pairs).await, unknown());
    let without = Server::with(HERE, &["--client-documents", "false"]);
    assert_eq!(error(&without, &[("client_id", address)]).await, unknown());
}
