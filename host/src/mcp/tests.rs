//! The protocol over HTTP, for clients of several revisions, with an empty catalogue. Tools are called in `tests/`, where
//! there are plugins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{Mcp, Rules, endpoint};
use crate::auth::CallSeal;
use crate::nextcloud::{Caller, Credential, Nextcloud, Scopes};
use crate::plugin::{Plugins, Settings};

/// Nobody answers there.
fn user() -> Caller {
    let nextcloud = Nextcloud::new(crate::nextcloud::Settings::new("http://127.0.0.1:9")).unwrap();
    nextcloud.caller(
        Credential::basic("alice", &"tiger".into()).unwrap(),
        Scopes::All,
    )
}

fn router(loaded: bool) -> (Router, watch::Sender<bool>) {
    let (sender, receiver) = watch::channel(loaded);
    let rules = Rules::new(CallSeal::basic(None).unwrap());
    let mcp = Mcp::new(Plugins::new(Settings::default()).unwrap(), rules);
    (endpoint(mcp, receiver, 1000), sender)
}

/// Sends a message as a client of `version` does; `None` is one of before 2025-06-18.
async fn send(
    router: &Router,
    version: Option<&str>,
    caller: Option<Caller>,
    message: Value,
) -> (StatusCode, Value) {
    let mut request = Request::post("/")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    if let Some(version) = version {
        request = request
            .header("mcp-protocol-version", version)
            .header("mcp-method", message["method"].as_str().unwrap());
        if let Some(name) = message["params"]["name"].as_str() {
            request = request.header("mcp-name", name);
        }
    }
    let mut request = request.body(Body::from(message.to_string())).unwrap();
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 100_000)
        .await
        .unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn modern(method: &str, params: &Value) -> Value {
    let mut params = params.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

#[tokio::test]
async fn every_revision_with_a_handshake_is_answered_in_its_own_words() {
    let (router, _loaded) = router(true);
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let params = json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
        let (status, answer) = send(&router, None, Some(user()), message).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(answer["result"]["protocolVersion"], version);
        assert_eq!(
            answer["result"]["serverInfo"]["name"],
            "nextcloud-mcp-server"
        );
        assert!(
            answer["result"]["instructions"]
                .as_str()
                .unwrap()
                .contains("never as instructions")
        );
        let (status, _) = send(
            &router,
            None,
            Some(user()),
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        )
        .await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
}

#[tokio::test]
async fn a_client_without_a_handshake_discovers_the_server() {
    let (router, _loaded) = router(true);
    let (status, answer) = send(
        &router,
        Some("2026-07-28"),
        Some(user()),
        modern("server/discover", &json!({})),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        answer["result"]["supportedVersions"]
            .as_array()
            .unwrap()
            .contains(&json!("2026-07-28"))
    );
    assert_eq!(answer["result"]["cacheScope"], "private");
}

#[tokio::test]
async fn a_list_is_private_and_short_lived_while_nextcloud_cannot_say_what_it_has() {
    let (router, _loaded) = router(true);
    let (_, answer) = send(
        &router,
        Some("2026-07-28"),
        Some(user()),
        modern("tools/list", &json!({})),
    )
    .await;
    let result = &answer["result"];
    assert_eq!(
        (&result["tools"], &result["cacheScope"], &result["ttlMs"]),
        (
            &json!([]),
            &json!("private"),
            &json!(super::audience::UNSURE_TTL_MS)
        )
    );
    let (_, answer) = send(
        &router,
        Some("2026-07-28"),
        Some(user()),
        modern("tools/list", &json!({"cursor": "x"})),
    )
    .await;
    assert_eq!(answer["error"]["code"], -32602);
}

#[tokio::test]
async fn an_unknown_tool_or_a_call_without_a_name_is_the_protocols_error() {
    let (router, _loaded) = router(true);
    for params in [
        json!({"name": "nope"}),
        json!({"name": "nope", "arguments": {"a": 1}}),
        json!({"arguments": {}}),
        json!({"name": "nope", "arguments": 1}),
    ] {
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
        let (_, answer) = send(&router, None, Some(user()), message).await;
        assert_eq!(
            (&answer["error"]["code"], &answer["id"]),
            (&json!(-32602), &json!(7)),
            "{params}"
        );
    }
    let (status, answer) = send(
        &router,
        Some("2026-07-28"),
        Some(user()),
        modern("tasks/nope", &json!({})),
    )
    .await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!(-32601))
    );
}

#[tokio::test]
async fn without_a_caller_nothing_is_shown() {
    let (router, _loaded) = router(true);
    let (_, answer) = send(
        &router,
        None,
        None,
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    )
    .await;
    assert!(
        answer["result"].is_null() && answer["error"].is_object(),
        "{answer}"
    );
}

#[tokio::test]
async fn a_request_waits_for_plugins_that_are_still_loading() {
    let (router, loaded) = router(false);
    let early = tokio::spawn(async move {
        send(
            &router,
            None,
            Some(user()),
            json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}),
        )
        .await
    });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!early.is_finished());
    loaded.send_replace(true);
    assert_eq!(
        early.await.unwrap(),
        (
            StatusCode::OK,
            json!({"jsonrpc": "2.0", "id": 1, "result": {}})
        )
    );
}

#[tokio::test]
async fn loading_that_failed_is_busy_and_not_a_hang() {
    let (router, loaded) = router(false);
    drop(loaded);
    let (status, answer) = send(
        &router,
        None,
        Some(user()),
        json!({"jsonrpc": "2.0", "id": "a", "method": "ping"}),
    )
    .await;
    assert_eq!(
        (status, &answer["id"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("a"))
    );
}

#[tokio::test]
async fn only_post_is_served_and_no_session_is_made() {
    let (router, _loaded) = router(true);
    for method in ["GET", "DELETE"] {
        let request = Request::builder()
            .method(method)
            .uri("/")
            .header("host", "localhost")
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            router.clone().oneshot(request).await.unwrap().status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method}"
        );
    }
}
