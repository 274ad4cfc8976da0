//! The edge as a whole over real sockets, in front of an endpoint that says what arrived there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod callers;
mod connections;
mod limits;
mod origins;
mod pages;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use http::header::AUTHORIZATION;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::address::Proxies;
use super::connections::Connections;
use super::hosts::Allowed;
use super::places::Places;
use super::router::{Edge, router};
use super::{App, Health};
use crate::auth::{Authenticator, BasicMode, StaticToken};
use crate::nextcloud::{Caller, Credential, Nextcloud, Scopes, Settings};
use crate::plugin::Plugins;

const TOKEN: &str = "0123456789abcdef";

/// `Authorization` with it.
const BEARER: (&str, &str) = ("Authorization", "Bearer 0123456789abcdef");

/// A page that may call, and one that may not.
const FRIEND: (&str, &str) = ("Origin", "https://app.example.com");
const STRANGER: (&str, &str) = ("Origin", "https://evil.example.org");

/// Nobody answers there, and nobody is asked.
fn nextcloud() -> Nextcloud {
    Nextcloud::new(Settings::new("http://127.0.0.1:9")).unwrap()
}

fn user() -> Caller {
    nextcloud().caller(
        Credential::basic("alice", &"tiger".into()).unwrap(),
        Scopes::All,
    )
}

/// Says who called, and whether their proof came along.
fn echo() -> Router {
    Router::new().route(
        "/",
        axum::routing::any(async |request: Request| {
            let known = request.extensions().get::<Caller>().is_some();
            let proof = request.headers().contains_key(AUTHORIZATION);
            format!("known={known} proof={proof}")
        }),
    )
}

/// A server to be, with limits that no test meets by chance.
struct Site {
    endpoint: Router,
    token: Option<&'static str>,
    pages: Option<Router>,
    landing: Option<Router>,
    requests: usize,
    request_within: Duration,
    mcp_rate: u32,
    oauth_rate: u32,
    trusted: &'static [&'static str],
}

impl Default for Site {
    fn default() -> Self {
        Self {
            endpoint: echo(),
            token: Some(TOKEN),
            pages: None,
            landing: None,
            requests: 64,
            request_within: Duration::from_secs(30),
            mcp_rate: 100_000,
            oauth_rate: 100_000,
            trusted: &[],
        }
    }
}

impl Site {
    async fn start(self) -> Running {
        let token = self
            .token
            .map(|token| StaticToken::new(&token.into()).unwrap());
        let plugins = Plugins::new(crate::plugin::Settings::default()).unwrap();
        let app = App {
            endpoint: self.endpoint,
            authenticator: Authenticator::Basic(BasicMode::new(user(), token)),
            pages: self.pages,
            landing: self.landing,
            health: Health::basic(plugins, user(), nextcloud().service_client().unwrap()),
            requests: self.requests,
            request_within: self.request_within,
        };
        let trusted = self.trusted.iter().map(|text| text.parse().unwrap());
        let edge = Edge {
            allowed: Arc::new(Allowed::new(
                vec![],
                vec!["https://app.example.com".parse().unwrap()],
            )),
            proxies: Arc::new(Proxies::new(trusted.collect())),
            mcp_rate: self.mcp_rate,
            oauth_rate: self.oauth_rate,
        };
        Running::start(router(app, &edge, &CancellationToken::new()), |_| {}).await
    }
}

/// A server on a free port. Ends with the test.
struct Running {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
    _stop: DropGuard,
}

impl Running {
    async fn start(router: Router, change: impl FnOnce(&mut Connections)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let places = Places::new(300, Arc::default());
        let mut connections = Connections::new(places, Duration::from_secs(10));
        change(&mut connections);
        let server = tokio::spawn(connections.serve(listener, router, stop.clone()));
        Self {
            address,
            _stop: stop.clone().drop_guard(),
            stop,
            server,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A request without its answer.
    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let length = body.len().to_string();
        let mut lines = vec![format!("{line} HTTP/1.1"), "Connection: close".to_owned()];
        if headers.iter().all(|(name, _)| *name != "Host") {
            lines.push("Host: localhost:8000".to_owned());
        }
        let length = (!body.is_empty()).then_some(("Content-Length", &*length));
        let all = headers.iter().copied().chain(length);
        lines.extend(all.map(|(name, value)| format!("{name}: {value}")));
        let request = format!("{}\r\n\r\n{body}", lines.join("\r\n"));
        let mut stream = self.connect().await;
        // The server may answer, and close, before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        stream
    }

    async fn send(&self, line: &str, headers: &[(&str, &str)]) -> Answer {
        Answer::of(self.ask(line, headers, "").await).await
    }

    /// POST to `/mcp`, and the status of the answer.
    async fn post(&self, headers: &[(&str, &str)]) -> u16 {
        self.send("POST /mcp", headers).await.status
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    async fn of(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // Ends with an error where the server closes before it has read the body.
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        Self {
            status: head
                .get(9..12)
                .and_then(|code| code.parse().ok())
                .unwrap_or(0),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// What our own refusals are.
    fn is_json(&self) -> bool {
        self.header("content-type") == Some("application/json")
            && serde_json::from_str::<serde_json::Value>(&self.body).is_ok()
    }
}
