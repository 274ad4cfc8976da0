//! The edge as a whole, in front of an endpoint that says what arrived there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CACHE_CONTROL, HOST, ORIGIN, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::hosts::Allowed;
use super::{App, Health, connections, router};
use crate::auth::{Authenticator, BasicMode, StaticToken};
use crate::nextcloud::{Caller, Credential, Nextcloud, Scopes, Settings};
use crate::plugin::Plugins;

const TOKEN: &str = "0123456789abcdef";

/// Nobody answers there, and nobody is asked.
fn user() -> Caller {
    let nextcloud = Nextcloud::new(Settings::new("http://127.0.0.1:9")).unwrap();
    nextcloud.caller(
        Credential::basic("alice", &"tiger".into()).unwrap(),
        Scopes::All,
    )
}

fn edge(endpoint: Router, token: Option<&str>) -> Router {
    let token = token.map(|token| StaticToken::new(&token.into()).unwrap());
    let app = App {
        endpoint,
        authenticator: Authenticator::Basic(BasicMode::new(user(), token)),
        health: Health::basic(
            Plugins::new(crate::plugin::Settings::default()).unwrap(),
            user(),
        ),
        requests: 1,
        request_within: Duration::from_millis(200),
    };
    router::router(
        app,
        Allowed::new(vec![], vec!["https://app.example.com".parse().unwrap()]),
    )
}

/// Says who called, and whether their proof came along.
fn echo() -> Router {
    Router::new().fallback(async |request: Request| {
        let known = request.extensions().get::<Caller>().is_some();
        format!(
            "known={known} proof={}",
            request.headers().contains_key(AUTHORIZATION)
        )
    })
}

async fn send(router: &Router, path: &str, headers: &[(http::HeaderName, &str)]) -> Response {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, "localhost:8000");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 10_000)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn the_caller_arrives_and_the_proof_does_not() {
    let with_token = edge(echo(), Some(TOKEN));
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(
        text(send(&with_token, "/mcp", &[(AUTHORIZATION, &bearer)]).await).await,
        "known=true proof=false"
    );
    let without = edge(echo(), None);
    assert_eq!(
        text(send(&without, "/mcp", &[]).await).await,
        "known=true proof=false"
    );
    assert_eq!(
        text(send(&without, "/mcp", &[(AUTHORIZATION, "Bearer stale")]).await).await,
        "known=true proof=false"
    );
}

#[tokio::test]
async fn nobody_without_the_token_gets_any_further() {
    let edge = edge(echo(), Some(TOKEN));
    for (sent, status, challenge) in [
        (vec![], 401, "Bearer"),
        (
            vec!["Bearer 0123456789abcdeF"],
            401,
            "Bearer error=\"invalid_token\"",
        ),
        (vec!["Basic YTpi"], 401, "Bearer error=\"invalid_request\""),
        (
            vec!["Bearer 0123456789abcdef", "Bearer 0123456789abcdef"],
            400,
            "Bearer error=\"invalid_request\"",
        ),
    ] {
        let headers: Vec<_> = sent.iter().map(|value| (AUTHORIZATION, *value)).collect();
        let response = send(&edge, "/mcp", &headers).await;
        assert_eq!(
            (
                response.status().as_u16(),
                &response.headers()[WWW_AUTHENTICATE]
            ),
            (status, &challenge.parse().unwrap()),
            "{sent:?}"
        );
    }
    let in_query = send(&edge, &format!("/mcp?access_token={TOKEN}"), &[]).await;
    assert_eq!(in_query.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_foreign_host_or_page_is_refused_before_anything_else() {
    let edge = edge(echo(), Some(TOKEN));
    let request = Request::builder()
        .uri("/mcp")
        .header(HOST, "evil.example.org")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        edge.clone().oneshot(request).await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        send(&edge, "/mcp", &[(ORIGIN, "https://evil.example.org")])
            .await
            .status(),
        StatusCode::FORBIDDEN
    );
    let allowed = send(&edge, "/mcp", &[(ORIGIN, "https://app.example.com")]).await;
    assert_eq!(allowed.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        allowed.headers()[ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://app.example.com",
        "so that the page can read why"
    );
}

#[tokio::test]
async fn a_browser_may_ask_what_it_may_send_without_a_token() {
    let edge = edge(echo(), Some(TOKEN));
    let ask = |origin: &'static str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/mcp")
            .header(HOST, "localhost")
            .header(ORIGIN, origin)
            .body(Body::empty())
            .unwrap()
    };
    let allowed = edge
        .clone()
        .oneshot(ask("https://app.example.com"))
        .await
        .unwrap();
    assert_eq!(
        (
            allowed.status(),
            &allowed.headers()["access-control-allow-headers"]
        ),
        (StatusCode::NO_CONTENT, &"authorization, *".parse().unwrap())
    );
    assert_eq!(
        edge.oneshot(ask("https://evil.example.org"))
            .await
            .unwrap()
            .status(),
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn nothing_of_mcp_is_kept_by_anybody() {
    let edge = edge(echo(), None);
    for response in [
        send(&edge, "/mcp", &[]).await,
        send(&edge, "/mcp", &[(ORIGIN, "null")]).await,
    ] {
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn elsewhere_is_a_json_404_and_the_health_pages_need_no_host() {
    let edge = edge(echo(), Some(TOKEN));
    let nothing = send(&edge, "/mcp2", &[]).await;
    assert_eq!(
        (nothing.status(), &nothing.headers()["content-type"]),
        (StatusCode::NOT_FOUND, &"application/json".parse().unwrap())
    );
    let probe = Request::builder()
        .uri("/health/live")
        .header(HOST, "10.1.2.3")
        .body(Body::empty())
        .unwrap();
    assert_eq!(
        text(edge.clone().oneshot(probe).await.unwrap()).await,
        r#"{"status":"alive"}"#
    );
    let probe = Request::builder()
        .uri("/health/ready")
        .body(Body::empty())
        .unwrap();
    let ready = edge.oneshot(probe).await.unwrap();
    assert_eq!(
        ready.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "no plugin is loaded"
    );
    let body: serde_json::Value = serde_json::from_str(&text(ready).await).unwrap();
    assert_eq!(
        (&body["plugins"], &body["nextcloud"]),
        (&0.into(), &"unreachable".into())
    );
}

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_back() {
    let entered = Arc::new(Notify::new());
    let waiting = entered.clone();
    let slow = Router::new().fallback(async move || {
        waiting.notify_one();
        std::future::pending::<()>().await;
    });
    let edge = edge(slow, None);
    let first = tokio::spawn({
        let edge = edge.clone();
        async move { send(&edge, "/mcp", &[]).await }
    });
    entered.notified().await;
    let second = send(&edge, "/mcp", &[]).await;
    assert_eq!(
        (second.status(), &second.headers()[RETRY_AFTER]),
        (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap())
    );
    assert_eq!(
        first.await.unwrap().status(),
        StatusCode::GATEWAY_TIMEOUT,
        "and what takes too long is given up"
    );
    assert_eq!(
        send(&edge, "/health/live", &[]).await.status(),
        StatusCode::METHOD_NOT_ALLOWED,
        "watchers are not counted"
    );
}

/// A server on a free port, and what stops it.
async fn listening(
    router: Router,
    drain: Duration,
) -> (
    std::net::SocketAddr,
    CancellationToken,
    tokio::task::JoinHandle<()>,
) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(connections::serve(listener, router, 8, drain, stop.clone()));
    (address, stop, server)
}

async fn get(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    stream
}

async fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let entered = Arc::new(Notify::new());
    let (waiting, go) = (entered.clone(), Arc::new(Notify::new()));
    let gone = go.clone();
    let router = Router::new().fallback(async move || {
        waiting.notify_one();
        gone.notified().await;
        "whole"
    });
    let (address, stop, server) = listening(router, Duration::from_secs(10)).await;
    let stream = get(address).await;
    let idle = TcpStream::connect(address).await.unwrap();
    entered.notified().await;
    stop.cancel();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody new is let in"
    );
    go.notify_one();
    assert!(answer(stream).await.ends_with("whole"));
    server.await.unwrap();
    drop(idle);
}

#[tokio::test]
async fn the_end_is_not_put_off_without_end() {
    let router = Router::new().fallback(async || std::future::pending::<()>().await);
    let (address, stop, server) = listening(router, Duration::from_millis(50)).await;
    let _stuck = get(address).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), server)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_request() {
    let (entered, dropped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (waiting, ended) = (entered.clone(), dropped.clone());
    let router = Router::new().fallback(async move || {
        struct Ended(Arc<Notify>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let _ended = Ended(ended);
        waiting.notify_one();
        std::future::pending::<()>().await;
    });
    let (address, _stop, _server) = listening(router, Duration::ZERO).await;
    let stream = get(address).await;
    entered.notified().await;
    drop(stream);
    tokio::time::timeout(Duration::from_secs(5), dropped.notified())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (address, _stop, _server) = listening(echo(), Duration::ZERO).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "a".repeat(60_000)
    );
    // The server may close before it has read everything.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 431");
}
