//! What is remembered of each request that leaves for Nextcloud: a line for whoever debugs, figures, and a mark in the
//! tally of the request that it was made for.
//!
//! Never here: paths, queries, headers or bodies. A path names notes, calendars and files; what stands in the log is the
//! allow line that opened it.

use std::borrow::Cow;
use std::time::Instant;

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::measure;
use crate::trace::{RequestId, Trace};

/// Ours goes along, so that a proxy in front of Nextcloud can log it: Nextcloud itself numbers requests by its own.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest number of Nextcloud's that is repeated, in bytes; it makes 20.
const NUMBER_BYTES: usize = 64;

/// One request. Tells the log and the figures when it is dropped, that is, when its answer was read or given up.
pub(super) struct Record {
    id: Option<RequestId>,
    method: Method,
    route: Cow<'static, str>,
    begun: Instant,
    end: End,
    bytes: u64,
    /// What Nextcloud's own log calls it.
    number: Option<String>,
}

#[derive(Clone, Copy)]
enum End {
    /// Nobody waited for an answer.
    GivenUp,
    Failed,
    Answered(u16),
}

impl Record {
    /// Of a request that is sent now.
    pub(super) fn begin(method: Method, route: Cow<'static, str>) -> Self {
        measure::upstream_begun();
        Self {
            id: Trace::current().map(|trace| trace.id().clone()),
            method,
            route,
            begun: Instant::now(),
            end: End::GivenUp,
            bytes: 0,
            number: None,
        }
    }

    /// What goes along with it.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.id.as_ref()?.as_str()).ok()
    }

    /// The head of an answer is there.
    pub(super) fn answered(&mut self, status: u16, headers: &HeaderMap) {
        self.end = End::Answered(status);
        Trace::answered(status);
        measure::upstream_answered(self.begun.elapsed());
        let number = headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok());
        self.number = number
            .filter(|number| number.len() <= NUMBER_BYTES)
            .map(str::to_owned);
    }

    /// No answer comes, or not the whole of it.
    pub(super) fn failed(&mut self) {
        if !matches!(self.end, End::Failed) {
            self.end = End::Failed;
            Trace::failed();
        }
    }

    pub(super) fn received(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let outcome = match self.end {
            End::GivenUp => "given-up",
            End::Failed => "failed",
            End::Answered(status) => measure::status_class(status),
        };
        let status = match self.end {
            End::Answered(status) => Some(status),
            End::GivenUp | End::Failed => None,
        };
        measure::upstream_ended(&self.method, outcome, self.bytes);
        tracing::debug!(
            request_id = self.id.as_ref().map(RequestId::as_str),
            method = self.method.as_str(),
            route = &*self.route,
            outcome,
            status,
            took_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            nextcloud_request_id = self.number.as_deref(),
            "asked Nextcloud"
        );
    }
}
