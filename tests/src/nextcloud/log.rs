//! The log of requests: what a test asks to learn what really went over the wire, and as whom it was answered.

use std::net::SocketAddr;

use bytes::Bytes;
use http::HeaderMap;

/// One request and how it was answered.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The HTTP method.
    pub method: String,
    /// Path and query exactly as they came, with the web root.
    pub target: String,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The request's body.
    pub body: Bytes,
    /// The client's side of the connection: two requests from one address came over one connection.
    pub peer: SocketAddr,
    /// The account it was answered as, which a session cookie can make another one than the credential names.
    pub user: Option<String>,
    /// The status of the answer; 0 where the connection was cut instead.
    pub status: u16,
    /// The body of the answer.
    pub answer: Bytes,
    /// The client went away before there was an answer.
    pub abandoned: bool,
}

impl Entry {
    /// A request header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `METHOD target`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}
