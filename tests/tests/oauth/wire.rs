//! Requests by hand, down to the header, and what every refusal must look like.

use nextcloud_mcp_tests::harness::Server;
use nextcloud_mcp_tests::harness::sign_in::{Answer, call};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;

/// A body of MCP that asks for what every user may see.
pub(crate) const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#;

/// An HTTP client that follows nothing.
pub(crate) fn http() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().redirect(Policy::none());
    builder.build().expect("a client")
}

/// A request to the MCP endpoint as clients send it, but for the token.
pub(crate) fn post(server: &Server) -> RequestBuilder {
    http()
        .request(Method::POST, server.endpoint())
        .header("Accept", "application/json, text/event-stream")
        .header("Content-Type", "application/json")
        .header("MCP-Protocol-Version", "2025-11-25")
        .body(LIST)
}

/// What the endpoint answers to a token.
pub(crate) async fn with_token(server: &Server, token: &str) -> Answer {
    call(&server.endpoint(), Some(token), "tools/list", &json!({})).await
}

/// Insists on 401 `invalid_token`, in the header and nowhere a token's content.
pub(crate) fn assert_invalid_token(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {:?}", answer.body);
    let error = answer.parameter("error");
    assert_eq!(error.as_deref(), Some("invalid_token"), "{what}");
    assert_challenge(answer, what);
    assert!(
        answer.parameter("error_description").is_some(),
        "{what}: it says which"
    );
}

/// Insists on a challenge that leads to the resource's metadata.
pub(crate) fn assert_challenge(answer: &Answer, what: &str) {
    let metadata = answer.parameter("resource_metadata");
    let metadata = metadata.unwrap_or_else(|| panic!("{what}: no resource_metadata"));
    assert!(
        metadata.contains("/.well-known/oauth-protected-resource"),
        "{what}: {metadata}"
    );
    assert!(answer.parameter("scope").is_some(), "{what}: no scope");
    let store = answer.headers.get("cache-control");
    assert!(
        store.is_some_and(|value| value.as_bytes().starts_with(b"no-store")),
        "{what}: {store:?}"
    );
}

/// Insists on 503 with a time to come back, and on no challenge: a client would throw its token away.
pub(crate) fn assert_away(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 503, "{what}: {:?}", answer.body);
    let after = answer
        .headers
        .get("retry-after")
        .and_then(|after| after.to_str().ok()?.parse::<u64>().ok());
    assert!(after.is_some_and(|after| after > 0), "{what}: {after:?}");
    assert!(
        !answer.headers.contains_key("www-authenticate"),
        "{what}: a challenge"
    );
}
