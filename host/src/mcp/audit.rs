//! One line for each thing that somebody had a plugin do, or wanted to: who, with what, what came of it. Nothing of what
//! they sent or got.
//!
//! Whoever is refused, leaves or is cut off is in it, too: a [`Record`] that is dropped before its end says `cancelled`.
//! The same places count for the figures. Log level and format are the log's own; the lines are there at every level.

use std::time::{Duration, Instant};

use super::sign_in::SignIn;
use crate::measure;
use crate::nextcloud::{Access, Caller};
use crate::plugin::visible;
use crate::trace::Trace;

/// Longest name of a client that is repeated, in bytes: it is the client's own claim.
const CLIENT_BYTES: usize = 64;

/// What they proved themselves with where the operator signed in for everybody.
const BASIC: &str = "basic";

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Who {
    user: Option<String>,
    credential: &'static str,
    grant: Option<String>,
    client: Option<String>,
    client_name: Option<String>,
}

impl Who {
    /// `client_name` is what the client says that it is.
    pub(super) fn new(
        caller: &Caller,
        sign_in: Option<&SignIn>,
        client_name: Option<&str>,
    ) -> Self {
        Self {
            user: caller.name().map(str::to_owned),
            credential: sign_in.map_or(BASIC, SignIn::kind),
            grant: sign_in.and_then(SignIn::grant).map(str::to_owned),
            client: sign_in.and_then(SignIn::client).map(str::to_owned),
            client_name: client_name.map(|name| visible(name, CLIENT_BYTES)),
        }
    }
}

/// What is asked for. `tool` is a tool's or prompt's name, else the protocol's method: an address would say what it is
/// that somebody reads.
#[derive(Debug, Clone)]
pub(super) struct What {
    pub(super) plugin: String,
    pub(super) tool: String,
    pub(super) access: Access,
}

impl What {
    /// Something of no plugin's: `method` named nothing that there is.
    pub(super) fn unknown(method: &str) -> Self {
        Self {
            plugin: String::new(),
            tool: method.to_owned(),
            access: Access::Read,
        }
    }
}

/// See the module's documentation.
pub(super) struct Record {
    trace: Trace,
    who: Who,
    what: What,
    begun: Instant,
    outcome: &'static str,
    runs: bool,
}

impl Record {
    pub(super) fn begin(trace: Trace, who: Who, what: What) -> Self {
        Self {
            trace,
            who,
            what,
            begun: Instant::now(),
            outcome: "cancelled",
            runs: false,
        }
    }

    /// It is the plugin's turn now.
    pub(super) fn runs(&mut self) {
        self.runs = true;
        measure::call_begun(&self.what.plugin);
    }

    /// How it ended, in a word.
    pub(super) fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let Self { who, what, .. } = self;
        let took = self.begun.elapsed();
        measure::call(&what.plugin, &what.tool, self.outcome);
        if self.runs {
            measure::call_ended(&what.plugin);
            measure::call_took(&what.plugin, &what.tool, took);
        }
        // Outside of every span: the line says everything itself.
        tracing::info!(
            target: "audit",
            parent: None,
            request_id = self.trace.id().as_str(),
            user = who.user.as_deref(),
            credential = who.credential,
            grant = who.grant.as_deref(),
            client = who.client.as_deref(),
            client_name = who.client_name.as_deref(),
            plugin = (!what.plugin.is_empty()).then_some(&*what.plugin),
            tool = &*what.tool,
            access = %what.access,
            outcome = self.outcome,
            upstream = %self.trace.tally(),
            took_ms = milliseconds(took),
            "called"
        );
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
