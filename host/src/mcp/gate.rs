//! In front of rmcp: reads a request's body once, bounded, and gets a place in the plugin it is for before rmcp begins.
//!
//! HTTP must say some things that rmcp cannot, since it answers a handler's error with 200: here it is 503 with
//! `Retry-After` when there is no place, and 403 when the caller lacks the scope. What the gate reads is a hint only: the
//! handler looks at everything again, and takes a place for itself if the gate read something else than rmcp.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use http::header::CONTENT_LENGTH;
use serde_json::Value;
use tokio::sync::watch;

use super::arrival::{Admitted, Seated};
use super::audit::{Record, What, Who};
use super::listen::{self, Listeners};
use super::message;
use super::refusal::Refusal;
use super::wanted::{Wanted, client_name, wanted};
use crate::nextcloud::Caller;
use crate::plugin::Plugins;
use crate::trace::{RequestId, Trace};

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// How long a request waits for plugins that are still loading: a first start compiles for some seconds.
const LOADED_WITHIN: Duration = Duration::from_secs(15);

/// When to come back while plugins are loading.
const LOADING_AGAIN: Duration = Duration::from_secs(5);

/// What begins a stream that lasts.
const LISTEN: &str = "subscriptions/listen";

/// See the module's documentation.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) plugins: Arc<Plugins>,
    pub(super) listeners: Listeners,
    pub(super) loaded: watch::Receiver<bool>,
    pub(super) body_bytes: usize,
}

pub(super) async fn pass(State(mut gate): State<Gate>, request: Request, next: Next) -> Response {
    // rmcp answers other methods by itself, with 405.
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let body = match message::read(body, declared, gate.body_bytes, BODY_WITHIN).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(&Value::Null),
    };
    let message = match message::parse(&body) {
        Ok(message) => message,
        Err(refusal) => return refusal.into_response(&Value::Null),
    };
    let id = message.id.unwrap_or_default();
    if !is_loaded(&mut gate.loaded).await {
        return Refusal::busy("the server is still loading its plugins", LOADING_AGAIN)
            .into_response(&id);
    }
    let entered = match message.method.as_deref() {
        Some(LISTEN) => gate.seat(&mut parts.extensions),
        Some(method) => gate.admit(method, &body, &mut parts.extensions).await,
        None => Ok(()),
    };
    match entered {
        Ok(()) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(refusal) => refusal.into_response(&id),
    }
}

impl Gate {
    /// Gets a place in the plugin that a request of `method` wants, if it wants one.
    async fn admit(
        &self,
        method: &str,
        body: &[u8],
        extensions: &mut http::Extensions,
    ) -> Result<(), Refusal> {
        let Some(caller) = extensions.get::<Caller>() else {
            return Ok(());
        };
        let Some(wanted) = wanted(method, body, &self.plugins.catalogue()) else {
            return Ok(());
        };
        let Wanted {
            plugin,
            scope,
            label,
            access,
        } = wanted;
        let record = |outcome| {
            let what = What {
                plugin: plugin.to_string(),
                tool: label,
                access,
            };
            let client = client_name(body);
            refused(extensions, (caller, client.as_deref()), what, outcome);
        };
        if !caller.has_scope(&scope) {
            record("no-scope");
            return Err(Refusal::needs(vec![scope]));
        }
        let admission = match self.plugins.admit(&plugin, caller).await {
            Ok(admission) => admission,
            Err(busy) => {
                record("busy");
                let why = "the server has as many calls in flight as it may have";
                return Err(Refusal::busy(why, busy.retry_after));
            }
        };
        extensions.insert(Admitted::new(plugin, admission));
        Ok(())
    }

    /// Gets a place among those who listen for changes.
    fn seat(&self, extensions: &mut http::Extensions) -> Result<(), Refusal> {
        let Some(caller) = extensions.get::<Caller>() else {
            return Ok(());
        };
        let place = self.listeners.enter(caller).ok_or_else(|| {
            let why = "as many clients listen for changes as may";
            Refusal::busy(why, listen::RETRY_AFTER)
        })?;
        extensions.insert(Seated::new(place));
        Ok(())
    }
}

/// A refusal that rmcp and the handler do not get to see.
fn refused(
    extensions: &http::Extensions,
    (caller, client): (&Caller, Option<&str>),
    what: What,
    outcome: &'static str,
) {
    let id = extensions.get().cloned().unwrap_or_else(RequestId::new);
    let who = Who::new(caller, extensions.get(), client);
    Record::begin(Trace::new(id), who, what).end(outcome);
}

/// Waits a while for the catalogue, if it is not there yet.
async fn is_loaded(loaded: &mut watch::Receiver<bool>) -> bool {
    let waiting = loaded.wait_for(|loaded| *loaded);
    matches!(
        tokio::time::timeout(LOADED_WITHIN, waiting).await,
        Ok(Ok(_))
    )
}
