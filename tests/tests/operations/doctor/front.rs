//! What stands in front of the running server, and what people and clients run into at it that is not its fault.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{HOST, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use nextcloud_mcp_tests::harness::{Server, SignIn, http};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Report, beside};
use crate::free_port;

/// What a proxy makes of an answer to a request for this path.
type Change = fn(&str, &mut Response);

/// Hands everything on, changed on its way back; under another name, if there is one.
async fn proxy(listener: TcpListener, to: String, name: Option<&'static str>, change: Change) {
    let hand_on = move |request: Request| async move {
        let (mut parts, body) = request.into_parts();
        if let Some(name) = name {
            parts.headers.insert(HOST, HeaderValue::from_static(name));
        }
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let answer = http()
            .request(parts.method, format!("{to}{}", parts.uri))
            .headers(parts.headers)
            .body(body)
            .send()
            .await
            .unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut answer = (status, headers, answer.bytes().await.unwrap()).into_response();
        change(parts.uri.path(), &mut answer);
        answer
    };
    axum::serve(listener, Router::new().fallback(hand_on))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_proxy_keeps_back_or_adds_is_told() {
    let nothing: Change = |_, _| {};
    let changes: [(Change, &str, &str); 5] = [
        (nothing, "", ""),
        (
            |path, answer| {
                if path.starts_with("/oauth/") {
                    *answer.status_mut() = StatusCode::NOT_FOUND;
                }
            },
            "server.sign-in",
            "problem",
        ),
        (
            |path, answer| {
                if path.starts_with("/.well-known/") {
                    *answer = StatusCode::NOT_FOUND.into_response();
                }
            },
            "server.metadata",
            "problem",
        ),
        (
            |_, answer| {
                answer.headers_mut().remove("www-authenticate");
            },
            "server.endpoint",
            "problem",
        ),
        (
            |_, answer| {
                let policy = HeaderValue::from_static("default-src 'self'");
                answer
                    .headers_mut()
                    .append("content-security-policy", policy);
            },
            "server.pages",
            "warning",
        ),
    ];
    for (change, id, status) in changes {
        let found = behind(None, change).await;
        if status == "warning" {
            found.problems(&[]);
            assert_eq!(found.status(id), "warning", "{}", found.detail(id));
        } else {
            let problem = [id];
            found.problems(if id.is_empty() { &[] } else { &problem });
        }
        match id {
            "server.endpoint" => found.tells("401 without `error`", "server.endpoint"),
            "server.pages" => found.tells("nothing happens after **Allow**", "server.pages"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_proxy_that_asks_by_another_name_is_told() {
    let found = behind(Some("inside.example"), |_, _| {}).await;
    assert_eq!(found.status("server.endpoint"), "problem");
    found.tells("403 about `Host` or `Origin`", "server.endpoint");
}

/// What a doctor finds at a server behind such a proxy.
async fn behind(name: Option<&'static str>, change: Change) -> Report {
    let nextcloud = StandIn::with_two_users().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = format!("http://{}", listener.local_addr().unwrap());
    let port = free_port();
    let server = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_SERVER_URL", &front)
        .with("NEXTCLOUD_MCP_PORT", port.to_string())
        .launch();
    server.ready().await;
    let front = tokio::spawn(proxy(listener, server.url().to_owned(), name, change));
    let found = beside(&server).await;
    front.abort();
    found
}

#[tokio::test]
async fn what_a_client_asks_for_wrongly_is_not_the_servers_fault() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let mut website = SignIn::discover(&server.endpoint()).await;
    website.redirect_uri = "https://website.example/callback".to_owned();
    website.register().await;
    let page = async |name: &str, value: &str| {
        let departure = website.depart_with("notes.read", |pairs| {
            pairs.retain(|(one, _)| one != name);
            pairs.push((name.to_owned(), value.to_owned()));
        });
        http()
            .get(departure.url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    };
    let shown = page("response_type", "token").await;
    assert!(
        shown.contains("asked for something that this server does not give"),
        "{shown}"
    );
    let other = "https://elsewhere.example/callback";
    let shown = page("redirect_uri", other).await;
    assert!(
        shown.contains("to an address that it did not register"),
        "{shown}"
    );
    let found = beside(&server).await;
    found.problems(&[]);
    found.clears(
        "asked for something that this server does not give",
        "server.sign-in",
    );
    found.clears("to an address that it did not register", "server.sign-in");
}

#[tokio::test]
async fn a_server_that_waits_for_its_nextcloud_is_told() {
    let mut nextcloud = StandIn::with_two_users().await;
    nextcloud.stop().await;
    let server = Server::oauth(&nextcloud).launch();
    server.listening().await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    let answer = http()
        .post(server.endpoint())
        .bearer_auth("x".repeat(72))
        .json(&ping);
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers().contains_key(RETRY_AFTER));
    let found = beside(&server).await;
    found.tells("503 with `Retry-After`", "nextcloud.reachable");
    found.tells("503 with `Retry-After`", "server.reachable");
}
