//! The whole of `nextcloud/` over real sockets, against a small server that treats sessions as Nextcloud does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod bearer;
mod cache;
mod exchange;
mod isolation;
mod public;
mod refusal;
mod request_headers;
mod requests;
mod server;
mod service;
mod sessions;
mod setup;
mod tls;

use std::time::Duration;

use secrecy::SecretString;

use super::{
    Access, Budget, Caller, Credential, FetchError, Grant, Nextcloud, Request, Response, Rule,
    Scopes, Settings,
};
use server::Server;

/// Everything below the test app, and what `extra` names, with every method.
fn grant(extra: &[&str]) -> Grant {
    let methods = [
        "GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND", "REPORT", "SEARCH", "MOVE", "COPY",
    ]
    .map(str::to_owned);
    let paths = ["/apps/test/api/**"].iter().chain(extra);
    Grant::new(
        paths
            .map(|path| Rule::parse(&methods, path, None).unwrap())
            .collect(),
    )
}

fn credential(user: &str) -> Credential {
    Credential::basic(user, &SecretString::from(format!("{user}-password"))).unwrap()
}

fn settings(server: &Server) -> Settings {
    Settings::new(server.url())
}

fn caller(server: &Server, user: &str) -> Caller {
    Nextcloud::new(settings(server))
        .unwrap()
        .caller(credential(user), Scopes::All)
}

fn budget() -> Budget {
    Budget::new(1_000, 64 << 20, 8 << 20)
}

fn request(method: &str, path: &str) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: None,
    }
}

impl Request {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned().into());
        self
    }
}

impl Response {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

/// With every access and a budget that lasts.
async fn send(caller: &Caller, request: Request) -> Result<Response, FetchError> {
    caller
        .fetch(&grant(&[]), Access::Delete, &budget(), request)
        .await
}

async fn get(caller: &Caller, path: &str) -> Result<Response, FetchError> {
    send(caller, request("GET", path)).await
}

/// Long enough for a busy machine to answer on loopback, short enough for a test.
const SHORT: Duration = Duration::from_secs(1);
