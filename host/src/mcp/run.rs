//! The way of every request that a plugin answers: may the caller, has their Nextcloud what it needs, is there a place;
//! then the plugin, with progress, and a line in the audit. Each of the protocol's methods says for itself what it makes of
//! the outcome.

use rmcp::model::{ErrorData, ProtocolVersion};
use rmcp::service::{RequestContext, RoleServer};
use tracing::Instrument as _;

use super::arrival::Arrival;
use super::asking::{Returned, Round};
use super::audience;
use super::audit::{Record, What, Who};
use super::bond::Call;
use super::failure::Refused;
use super::levels::{self, Levels};
use super::notify::{self, Channel};
use super::rules::Rules;
use super::sign_in::SignIn;
use crate::nextcloud::{Access, Caller};
use crate::plugin::{
    Admission, CallContext, CallError, Level, Plugin, PluginName, Plugins, Prompt, Tool,
};
use crate::trace::Trace;

/// What is asked for, as far as refusals, log lines and messages need it.
pub(super) struct Subject<'a> {
    pub(super) plugin: &'a PluginName,
    /// What clients call it.
    pub(super) name: &'a str,
    /// What the log calls it: the name, or the method where the name is an address that says what somebody reads.
    label: &'a str,
    pub(super) access: Access,
    scope: String,
    requires: &'a [String],
}

impl<'a> Subject<'a> {
    pub(super) fn tool(tool: &'a Tool) -> Self {
        Self {
            plugin: &tool.plugin,
            name: &tool.full_name,
            label: &tool.full_name,
            access: tool.access,
            scope: tool.scope(),
            requires: &tool.requires,
        }
    }

    pub(super) fn prompt(prompt: &'a Prompt) -> Self {
        Self::reading(&prompt.plugin, &prompt.full_name)
    }

    /// What is at an address.
    pub(super) fn resource(plugin: &'a Plugin, uri: &'a str) -> Self {
        Self {
            label: "resources/read",
            ..Self::reading(plugin, uri)
        }
    }

    /// Anything that only reads: `name` is a prompt's, or the protocol's method.
    pub(super) fn reading(plugin: &'a Plugin, name: &'a str) -> Self {
        Self {
            plugin: &plugin.name,
            name,
            label: name,
            access: Access::Read,
            scope: plugin.read_scope(),
            requires: plugin.requires(),
        }
    }

    fn what(&self) -> What {
        What {
            plugin: self.plugin.to_string(),
            tool: self.label.to_owned(),
            access: self.access,
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
    pub(super) rules: &'a Rules,
    pub(super) levels: &'a Levels,
    /// Nothing of the progress is passed on: several plugins work at one request, and what is done has to grow.
    pub(super) quiet: bool,
}

impl<'b> Asker<'b> {
    /// The revision that the client speaks; one that says nothing is of before it could.
    pub(super) fn version(&self) -> ProtocolVersion {
        self.context
            .protocol_version()
            .unwrap_or(ProtocolVersion::V_2025_03_26)
    }

    /// From which level on the client wants to hear what plugins log.
    async fn log_level(&self) -> Option<Level> {
        if self.version().as_str() >= ProtocolVersion::V_2026_07_28.as_str() {
            levels::asked_for(&self.context.meta)
        } else {
            self.levels.get(self.caller.key()).await
        }
    }

    /// What was asked for is not there, whatever `method` it was.
    pub(super) fn unknown(&self, method: &str) {
        self.refused(What::unknown(method), "unknown");
    }

    /// Tells the audit of something that was asked for and is not begun.
    pub(super) fn refused(&self, what: What, outcome: &'static str) {
        let trace = Trace::new(self.arrival.request_id().clone());
        Record::begin(trace, self.who(), what).end(outcome);
    }

    fn who(&self) -> Who {
        // What this request itself says; over pipes it may have been said once, at the beginning. Over HTTP rmcp makes a
        // name up for a client that says none with its request.
        let said = self.context.meta.client_info();
        let greeting = self.context.peer.peer_info();
        let greeting = greeting.filter(|_| !self.arrival.is_http());
        let name = said.as_ref().map(|client| &*client.name);
        let name = name.or_else(|| greeting.as_ref().map(|client| &*client.client_info.name));
        Who::new(self.caller, self.arrival.sign_in(), name)
    }

    /// One request of a call that may ask. A state that is not for this call ends it here, and the audit is told.
    pub(super) async fn round(
        &self,
        subject: &Subject<'_>,
        call: Call<'b>,
        returned: Returned,
    ) -> Result<Round<'b>, ErrorData> {
        let trace = Trace::new(self.arrival.request_id().clone());
        let begun = trace.scope(Round::begin(*self, call, returned)).await;
        begun.inspect_err(|_| {
            Record::begin(trace, self.who(), subject.what()).end("state-refused");
        })
    }

    /// Has `work` done under the rules for `subject`, and the audit told.
    pub(super) async fn run<T>(
        &self,
        subject: &Subject<'_>,
        work: impl AsyncFnOnce(Admission, CallContext) -> Result<T, CallError>,
    ) -> Result<T, Refused> {
        let trace = Trace::new(self.arrival.request_id().clone());
        let mut record = Record::begin(trace.clone(), self.who(), subject.what());
        // Boxed: the future of a whole call is large, and every method of the protocol would hold it.
        let call = Box::pin(self.try_run(subject, &mut record, work));
        let outcome = trace.scope(call).await;
        record.end(outcome.as_ref().err().map_or("ok", Refused::label));
        outcome
    }

    async fn try_run<T>(
        &self,
        subject: &Subject<'_>,
        record: &mut Record,
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
        record.runs();
        let request_id = self.arrival.request_id().to_string();
        let sign_in = self.arrival.sign_in();
        // Not within the edge's span, which says the same.
        let span = tracing::info_span!(
            parent: None,
            "call",
            request_id,
            tool = subject.label,
            grant = sign_in.and_then(SignIn::grant),
            client = sign_in.and_then(SignIn::client),
        );
        let working = self.work(subject, (place, request_id.clone()), work);
        let outcome = working.instrument(span).await;
        outcome.map_err(|error| match error {
            // The edge turns this into 401, unless the answer has begun already, as one with progress has.
            CallError::Unauthorized if sign_in.is_some() => {
                self.arrival.refuse_sign_in();
                Refused::SignedOut
            }
            error => Refused::Failed(error, request_id),
        })
    }

    /// With progress and log lines for whoever asked for them.
    async fn work<T>(
        &self,
        subject: &Subject<'_>,
        (place, request_id): (Admission, String),
        work: impl AsyncFnOnce(Admission, CallContext) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let level = self.log_level().await;
        let Channel {
            progress,
            log,
            forward,
        } = notify::channel(self.context, subject.plugin, level, !self.quiet);
        let call = CallContext {
            progress,
            log,
            ..CallContext::new(request_id, self.context.ct.clone())
        };
        notify::alongside(forward, work(place, call)).await
    }
}
