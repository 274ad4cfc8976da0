//! One exchange with Nextcloud: sends, reads the answer under its caps, and translates what can fail.
//!
//! Invariant: nothing is sent twice here, and no error that leaves here holds an address, a header or a credential.
//! Never here: who is asking and whether they may.

use std::borrow::Cow;
use std::error::Error;
use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use reqwest::Client;
use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use super::record::{Record, X_REQUEST_ID};
use super::{Budget, FetchError};

/// A request that was decided upon, complete but for credential and cookies.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    /// What the log calls it: a pattern or a fixed path, never one that names what is somebody's.
    pub(super) route: Cow<'static, str>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
}

/// An answer whose body still flows.
pub(super) struct Incoming {
    inner: reqwest::Response,
    /// `None` for what was not asked for now, but stood on a tape.
    record: Option<Record>,
    /// Its sender's place among the requests in flight, kept until the body is read or dropped.
    slot: Option<OwnedSemaphorePermit>,
}

impl Incoming {
    /// Keeps `slot` for as long as the answer flows.
    pub(super) fn holding(mut self, slot: OwnedSemaphorePermit) -> Self {
        self.slot = Some(slot);
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        self.inner.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// An answer that is there already.
    pub(super) fn whole(answer: http::Response<Bytes>) -> Self {
        Self {
            inner: answer.into(),
            record: None,
            slot: None,
        }
    }

    /// Reads the body while the budget lasts. What is not read is not kept: the connection closes.
    pub(super) async fn body(mut self, budget: &Budget) -> Result<Bytes, FetchError> {
        let cap = budget.per_answer();
        if self
            .inner
            .content_length()
            .is_some_and(|announced| announced > cap)
        {
            return Err(FetchError::TooLarge(cap));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if let Some(record) = &mut self.record {
                record.received(length(&chunk));
            }
            if length(&body) + length(&chunk) > cap {
                return Err(FetchError::TooLarge(cap));
            }
            budget.take_bytes(length(&chunk))?;
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let chunk = self.inner.chunk().await;
        chunk.map_err(|error| {
            if let Some(record) = &mut self.record {
                record.failed();
            }
            translate(error)
        })
    }
}

/// Sends a signed request and waits for the head of the answer.
pub(super) async fn send(client: &Client, request: Outgoing) -> Result<Incoming, FetchError> {
    let mut record = Record::begin(request.method.clone(), request.route);
    let mut builder = client
        .request(request.method, request.url)
        .headers(request.headers);
    if let Some(id) = record.header() {
        builder = builder.header(X_REQUEST_ID, id);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    match builder.send().await {
        Ok(inner) => {
            record.answered(inner.status().as_u16(), inner.headers());
            Ok(Incoming {
                inner,
                record: Some(record),
                slot: None,
            })
        }
        Err(error) => {
            record.failed();
            Err(translate(error))
        }
    }
}

/// The one translation of what reqwest reports. The operator's log gets the whole chain, without the URL; whoever asked
/// decides how loudly the failure itself is told, since some ask every minute.
fn translate(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut chain = error.to_string();
    let mut cause = error.source();
    let mut said = None;
    while let Some(inner) = cause {
        chain = format!("{chain}: {inner}");
        said = said.or_else(|| explain(inner));
        cause = inner.source();
    }
    tracing::info!(cause = %chain, "a request to Nextcloud failed");
    if error.is_timeout() {
        return FetchError::TimedOut;
    }
    let fallback = if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection broke before the whole answer was there; whether Nextcloud carried the request out is not known"
    };
    FetchError::Unreachable(said.unwrap_or(fallback).to_owned())
}

/// What one cause means to somebody who can do something about it.
fn explain(cause: &(dyn Error + 'static)) -> Option<&'static str> {
    if cause.is::<rustls::Error>() {
        return Some(
            "a secure connection could not be made (is its certificate valid, or NEXTCLOUD_CA_BUNDLE missing?)",
        );
    }
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        // What an I/O error wraps is not among its sources; TLS wraps twice.
        let wrapped = io.get_ref().and_then(|inner| explain(inner));
        return wrapped.or(match io.kind() {
            io::ErrorKind::ConnectionRefused => Some("nothing accepts connections at its address"),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Some("there is no route to its address")
            }
            _ => None,
        });
    }
    // hyper-util's name for a failed look-up; it has no type of its own.
    cause
        .to_string()
        .starts_with("dns error")
        .then_some("its name cannot be resolved")
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
