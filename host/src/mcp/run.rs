//! The way of every request that a plugin answers: may the caller, has their Nextcloud what it needs, is there a place;
//! then the plugin, with progress, and a line in the log. Each of the protocol's methods says for itself what it makes of
//! the outcome.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rmcp::model::ProtocolVersion;
use rmcp::service::{RequestContext, RoleServer};
use tracing::Instrument as _;

use super::arrival::Arrival;
use super::failure::{self, Refused};
use super::sign_in::SignIn;
use super::{audience, progress};
use crate::nextcloud::{Access, Caller};
use crate::plugin::{Admission, CallContext, CallError, Plugin, PluginName, Plugins, Prompt, Tool};

/// What is asked for, as far as refusals, log lines and messages need it.
pub(super) struct Subject<'a> {
    pub(super) plugin: &'a PluginName,
    /// What clients call it.
    pub(super) name: &'a str,
    pub(super) access: Access,
    scope: String,
    requires: &'a [String],
}

impl<'a> Subject<'a> {
    pub(super) fn tool(tool: &'a Tool) -> Self {
        Self {
            plugin: &tool.plugin,
            name: &tool.full_name,
            access: tool.access,
            scope: tool.scope(),
            requires: &tool.requires,
        }
    }

    pub(super) fn prompt(prompt: &'a Prompt) -> Self {
        Self::reading(&prompt.plugin, &prompt.full_name)
    }

    /// Anything that only reads: `name` is an address, or the protocol's method.
    pub(super) fn reading(plugin: &'a Plugin, name: &'a str) -> Self {
        Self {
            plugin: &plugin.name,
            name,
            access: Access::Read,
            scope: plugin.read_scope(),
            requires: plugin.requires(),
        }
    }
}

/// Who asks, and how.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) plugins: &'a Plugins,
    pub(super) caller: &'a Caller,
    pub(super) arrival: &'a Arrival,
    pub(super) context: &'a RequestContext<RoleServer>,
    /// Nothing of the progress is passed on: several plugins work at one request, and what is done has to grow.
    pub(super) quiet: bool,
}

impl Asker<'_> {
    /// The revision that the client speaks; one that says nothing is of before it could.
    pub(super) fn version(&self) -> ProtocolVersion {
        self.context
            .protocol_version()
            .unwrap_or(ProtocolVersion::V_2025_03_26)
    }

    /// Has `work` done under the rules for `subject`.
    pub(super) async fn run<T>(
        &self,
        subject: &Subject<'_>,
        work: impl AsyncFnOnce(Admission, CallContext) -> Result<T, CallError>,
    ) -> Result<T, Refused> {
        // The same rules as for the lists: what is not shown cannot be called.
        if !self.caller.has_scope(&subject.scope) {
            return Err(Refused::NoScope(subject.scope.clone()));
        }
        if let Some(key) = audience::lacks(subject.requires, self.caller, self.arrival).await {
            return Err(Refused::NotInstalled(key.to_owned()));
        }
        let place = match self.arrival.take_place(subject.plugin) {
            Some(place) => place,
            None => self
                .plugins
                .admit(subject.plugin, self.caller)
                .await
                .map_err(Refused::Busy)?,
        };
        let request_id = next_request_id();
        let sign_in = self.arrival.sign_in();
        let span = tracing::info_span!(
            "call",
            request_id,
            tool = subject.name,
            grant = sign_in.and_then(SignIn::grant),
            client = sign_in.and_then(SignIn::client),
        );
        let outcome = self
            .work(place, request_id.clone(), work)
            .instrument(span)
            .await;
        outcome.map_err(|error| match error {
            // The edge turns this into 401, unless the answer has begun already, as one with progress has.
            CallError::Unauthorized if sign_in.is_some() => {
                self.arrival.refuse_sign_in();
                Refused::SignedOut
            }
            error => Refused::Failed(error, request_id),
        })
    }

    /// With progress for whoever asked for it, and one line in the log.
    async fn work<T>(
        &self,
        place: Admission,
        request_id: String,
        work: impl AsyncFnOnce(Admission, CallContext) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let start = Instant::now();
        let (sink, forward) = if self.quiet {
            (None, None)
        } else {
            progress::channel(self.context)
        };
        let call = CallContext {
            request_id,
            cancelled: self.context.ct.clone(),
            progress: sink,
            bench: None,
        };
        let outcome = progress::alongside(forward, work(place, call)).await;
        let elapsed = start.elapsed().as_millis();
        match &outcome {
            Ok(_) => tracing::info!(took_ms = elapsed, "done"),
            Err(error) => {
                tracing::info!(took_ms = elapsed, outcome = failure::label(error), "failed");
            }
        }
        outcome
    }
}

/// Tells calls apart in the log, across restarts, too: a random start, then counted.
fn next_request_id() -> String {
    static START: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(
        "{:016x}",
        START.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed))
    )
}

#[cfg(test)]
mod tests {
    use super::next_request_id;

    #[test]
    fn no_two_calls_share_an_id() {
        let ids: std::collections::BTreeSet<_> = (0..100).map(|_| next_request_id()).collect();
        assert_eq!(ids.len(), 100);
    }
}
