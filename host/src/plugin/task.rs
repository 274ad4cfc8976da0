//! One function of a plugin, run for one caller: in a store of its own, under every limit, until it ends or nobody waits
//! for it any more. What the function is, and what its answer must be like, its caller says.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wasmtime::Store;

use super::bench::Bench;
use super::catalogue::Plugin;
use super::console::{Console, Level, Origin};
use super::engine::Sandbox;
use super::exports::Ended;
use super::limits::LOG_LINE_BYTES;
use super::output::{CallError, Failure, FailureKind};
use super::question::Person;
use super::run::run;
use super::store::{CallState, Client, Early, Progress, User, new_store};
use super::text::visible;
use crate::nextcloud::{Access, Budget, Caller};

/// What belongs to a call besides its arguments.
#[derive(Clone)]
pub struct CallContext {
    /// Found again in every log line of the call.
    pub request_id: String,
    /// Ends the call and its requests at once.
    pub cancelled: CancellationToken,
    /// Where progress goes, if anybody listens.
    pub progress: Option<Arc<dyn ProgressSink>>,
    /// Where its log lines go besides the operator's log, if anybody asked for them.
    pub log: Option<Arc<dyn LogSink>>,
    /// Who can be asked, if anybody.
    pub person: Option<Arc<dyn Person>>,
    /// What it may do at most, whatever the tool may: less for a call that nobody has confirmed yet.
    pub at_most: Access,
    /// For an author's test; never when serving.
    pub bench: Option<Bench>,
}

impl CallContext {
    /// A call that nobody listens to and nobody can be asked in.
    pub fn new(request_id: String, cancelled: CancellationToken) -> Self {
        Self {
            request_id,
            cancelled,
            progress: None,
            log: None,
            person: None,
            at_most: Access::Delete,
            bench: None,
        }
    }
}

/// Listens to the progress of one call.
pub trait ProgressSink: Send + Sync {
    /// A step forward: `done` grows from report to report. Must not block.
    fn report(&self, done: f64, total: Option<f64>, message: Option<String>);
}

/// Listens to the log lines of one call.
pub trait LogSink: Send + Sync {
    /// A line, fit for a log: no control characters, cut at 4 KiB. Must not block.
    fn line(&self, level: Level, message: &str);
}

/// What is run, and for whom.
pub(super) struct Task<'a> {
    pub(super) plugin: &'a Plugin,
    /// For log lines: the tool's or prompt's name, or the contract's name of the function.
    pub(super) name: &'a str,
    /// What it may do in Nextcloud.
    pub(super) access: Access,
    pub(super) caller: &'a Caller,
}

impl Task<'_> {
    /// Runs `work` in a store of its own.
    pub(super) async fn run<T>(
        &self,
        sandbox: &Sandbox,
        context: CallContext,
        work: impl AsyncFnOnce(&mut Store<CallState>) -> Ended<T>,
    ) -> Result<T, CallError> {
        let cancelled = context.cancelled.clone();
        let (early, mut ended) = Early::new();
        // Dropping the work drops its store, its instance and its requests.
        tokio::select! {
            biased;
            () = cancelled.cancelled() => Err(CallError::Cancelled),
            Ok(error) = &mut ended => Err(error),
            result = Box::pin(self.run_to_end(sandbox, (context, early), work)) => result,
        }
    }

    async fn run_to_end<T>(
        &self,
        sandbox: &Sandbox,
        (context, early): (CallContext, Early),
        work: impl AsyncFnOnce(&mut Store<CallState>) -> Ended<T>,
    ) -> Result<T, CallError> {
        let origin = Origin {
            plugin: self.plugin.name.to_string(),
            tool: self.name.to_owned(),
            request_id: context.request_id.clone(),
        };
        let mut store = self.store(sandbox, (context, early), origin.clone());
        let limits = &self.plugin.loaded.limits;
        let ended = run(&mut store, limits, &origin, work).await;
        store.data().tell_spent();
        if store.data().unauthorized {
            return Err(CallError::Unauthorized);
        }
        match ended {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(CallError::Failed(tell_operator(failure.into(), &origin))),
            Err(stopped) => Err(CallError::Stopped(stopped)),
        }
    }

    fn store(
        &self,
        sandbox: &Sandbox,
        (context, early): (CallContext, Early),
        origin: Origin,
    ) -> Store<CallState> {
        let loaded = &self.plugin.loaded;
        let limits = &loaded.limits;
        let user = User {
            caller: self.caller.clone(),
            grant: loaded.grant.clone(),
            access: self.access.min(context.at_most),
            budget: Budget::new(limits.requests, limits.answers_bytes, limits.answer_bytes),
            witness: context.bench.as_ref().map(|bench| bench.witness.clone()),
        };
        let client = Client {
            progress: Progress {
                sink: context.progress,
                last: None,
            },
            person: context.person,
            asked: 0,
            question: limits.question,
            early: Some(early),
        };
        let console = Console::new(origin, limits.log_lines, context.log);
        let settings = loaded.settings.clone();
        let still = context.bench.and_then(|bench| bench.still);
        new_store(
            sandbox,
            limits,
            console,
            settings,
            Some(user),
            client,
            still,
        )
    }
}

/// A plugin's own mistake is the operator's to read, since the model is told nothing of it.
fn tell_operator(failure: Failure, origin: &Origin) -> Failure {
    if failure.kind == FailureKind::Internal {
        let Origin {
            plugin,
            tool,
            request_id,
        } = origin;
        let message = visible(&failure.message, LOG_LINE_BYTES);
        tracing::error!(target: "plugin", plugin, tool, request_id, "a mistake in the plugin: {message}");
    }
    failure
}
