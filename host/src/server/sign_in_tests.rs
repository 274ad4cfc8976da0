//! The edge in OAuth mode: what HTTP says about a sign-in, before MCP is spoken and after it was.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::guard;
use crate::auth::testing::{PLACE, SmallNextcloud, good_token, oauth, server};
use crate::auth::{Authenticator, CallSeal, ResourceServer};
use crate::mcp::{self, Mcp, MissingScopes, Rules, SignIn};
use crate::plugin::Plugins;

fn guarded(endpoint: Router, server: Arc<ResourceServer>) -> Router {
    let authenticator = Arc::new(Authenticator::OAuth(server));
    endpoint.layer(from_fn_with_state(authenticator, guard::authenticate))
}

/// MCP without any plugin.
fn mcp() -> Router {
    let plugins = Plugins::new(crate::plugin::Settings::default()).unwrap();
    let (loaded, is_loaded) = watch::channel(true);
    // Never told otherwise.
    drop(loaded);
    let mcp = Mcp::new(plugins, Rules::new(CallSeal::basic(None).unwrap()));
    mcp::endpoint(mcp, is_loaded, 10_000)
}

async fn send(router: &Router, request: Request<Body>) -> Response {
    router.clone().oneshot(request).await.unwrap()
}

fn post(token: &str) -> http::request::Builder {
    Request::post("/")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header("host", "localhost")
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json, text/event-stream")
}

/// A request of each era of the protocol.
fn messages(method: &str) -> [(Option<&'static str>, Value); 2] {
    let modern = json!({"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }});
    let message =
        |params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    [
        (None, message(json!({}))),
        (Some("2026-07-28"), message(modern)),
    ]
}

async fn say(router: &Router, token: &str, version: Option<&str>, message: &Value) -> Response {
    let mut request = post(token);
    if let Some(version) = version {
        request = request
            .header("mcp-protocol-version", version)
            .header("mcp-method", message["method"].as_str().unwrap());
    }
    send(
        router,
        request.body(Body::from(message.to_string())).unwrap(),
    )
    .await
}

fn challenge(response: &Response) -> String {
    let header = &response.headers()[WWW_AUTHENTICATE];
    header.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn whatever_is_wrong_with_a_request_nobody_signed_in_comes_first() {
    let nextcloud = SmallNextcloud::start().await;
    let edge = guarded(mcp(), server(&nextcloud, &[]));
    for method in ["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD", "FOO"] {
        for (headers, body) in [
            (vec![], ""),
            (vec![("accept", "text/html")], "{"),
            (vec![("mcp-protocol-version", "2999-01-01")], "[]"),
            (vec![("content-type", "text/plain")], "x"),
        ] {
            let mut request = Request::builder()
                .method(method)
                .uri("/?access_token=ncmcpa1_x");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let request = request.body(Body::from(body)).unwrap();
            let response = send(&edge, request).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method}");
            let challenge = challenge(&response);
            assert!(
                challenge.starts_with("Bearer resource_metadata=\"https://mcp.example.com/"),
                "{challenge}"
            );
            assert!(challenge.contains("scope=\"notes.read notes.write\""));
            assert!(
                !challenge.contains("error"),
                "nothing was sent: {challenge}"
            );
            assert!(!challenge.contains("offline_access"));
        }
    }
}

#[tokio::test]
async fn a_token_in_the_query_beside_a_good_header_is_of_no_interest() {
    let nextcloud = SmallNextcloud::start().await;
    let edge = guarded(mcp(), server(&nextcloud, &[]));
    let message = &messages("ping")[0].1;
    let in_query = Request::post(format!("/?access_token={}", good_token()))
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json, text/event-stream");
    let in_query = in_query.body(Body::from(message.to_string())).unwrap();
    assert_eq!(
        send(&edge, in_query).await.status(),
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        say(&edge, &good_token(), None, message).await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_sign_in_that_ends_while_a_request_is_answered_is_401_in_both_eras() {
    for era in 0..2 {
        let nextcloud = SmallNextcloud::start().await;
        let edge = guarded(mcp(), server(&nextcloud, &[]));
        let token = good_token();
        let (version, ping) = &messages(["ping", "server/discover"][era])[era];
        let good = say(&edge, &token, *version, ping).await;
        assert_eq!(good.status(), StatusCode::OK, "{version:?}");
        nextcloud.world.revoke_all();
        let (version, list) = &messages("tools/list")[era];
        for _ in 0..2 {
            let response = say(&edge, &token, *version, list).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{version:?}");
            let challenge = challenge(&response);
            assert!(
                challenge.contains("error=\"invalid_token\"") && challenge.contains("revoked"),
                "{challenge}"
            );
        }
    }
}

#[tokio::test]
async fn what_a_call_leaves_behind_is_said_in_http() {
    let nextcloud = SmallNextcloud::start().await;
    let missing = Router::new().fallback(async || {
        let mut response = (StatusCode::FORBIDDEN, "why").into_response();
        let needed = MissingScopes(vec!["notes.write".to_owned()]);
        response.extensions_mut().insert(needed);
        response
    });
    let edge = guarded(missing, server(&nextcloud, &[]));
    let response = send(&edge, post(&good_token()).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(challenge(&response).contains("scope=\"notes.write\", error=\"insufficient_scope\""));
    let body = to_bytes(response.into_body(), 100).await.unwrap();
    assert_eq!(body, "why", "and the answer itself is left as it is");

    let told = Router::new().fallback(async |request: Request| {
        let sign_in = request.extensions().get::<SignIn>();
        format!("known={}", sign_in.is_some())
    });
    let edge = guarded(told, server(&nextcloud, &[]));
    let response = send(&edge, post(&good_token()).body(Body::empty()).unwrap()).await;
    assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
    let body = to_bytes(response.into_body(), 100).await.unwrap();
    assert_eq!(body, "known=true");
}

#[tokio::test]
async fn a_nextcloud_that_is_away_is_503_with_a_time_to_come_back() {
    let away = ResourceServer::new(oauth("http://127.0.0.1:9", PLACE, &[]));
    let edge = guarded(mcp(), away);
    for token in [good_token(), "a".repeat(72)] {
        let response = send(&edge, post(&token).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
    }
}
