//! One call of one tool, from its arguments to what it ends in.

use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wasmtime::Store;

use super::absent::drop_absent;
use super::bindings::nextcloud_mcp::plugin::types;
use super::catalogue::Tool;
use super::console::{Console, Origin};
use super::engine::Sandbox;
use super::limits::LOG_LINE_BYTES;
use super::output::{CallError, Failure, FailureKind, Output};
use super::run::run;
use super::schema::JsonObject;
use super::store::{CallState, Progress, User, new_store};
use super::text::visible;
use crate::nextcloud::{Budget, Caller};

/// What belongs to a call besides its arguments.
#[derive(Clone)]
pub struct CallContext {
    /// Found again in every log line of the call.
    pub request_id: String,
    /// Ends the call and its requests at once.
    pub cancelled: CancellationToken,
    /// Where progress goes, if anybody listens.
    pub progress: Option<Arc<dyn ProgressSink>>,
}

/// Listens to the progress of one call.
pub trait ProgressSink: Send + Sync {
    /// A step forward: `done` grows from report to report. Must not block.
    fn report(&self, done: f64, total: Option<f64>, message: Option<String>);
}

pub(super) async fn call(
    sandbox: &Sandbox,
    tool: &Tool,
    caller: &Caller,
    mut arguments: JsonObject,
    context: CallContext,
) -> Result<Output, CallError> {
    drop_absent(&mut arguments, &tool.input_schema);
    let arguments = tool
        .input
        .check(Value::Object(arguments))
        .await
        .map_err(|mistakes| {
            CallError::InvalidArguments(format!("the arguments do not fit: {mistakes}"))
        })?;
    let cancelled = context.cancelled.clone();
    // Dropping the call drops its store, its instance and its requests.
    tokio::select! {
        biased;
        () = cancelled.cancelled() => Err(CallError::Cancelled),
        result = Box::pin(run_tool(sandbox, tool, caller, &arguments, context)) => result,
    }
}

async fn run_tool(
    sandbox: &Sandbox,
    tool: &Tool,
    caller: &Caller,
    arguments: &Value,
    context: CallContext,
) -> Result<Output, CallError> {
    let origin = Origin {
        plugin: tool.plugin.to_string(),
        tool: tool.name.clone(),
        request_id: context.request_id.clone(),
    };
    let mut store = store_for(sandbox, tool, caller, context, origin.clone());
    let arguments = arguments.to_string();
    let ended = run(
        &mut store,
        &tool.owner.loaded.limits,
        &origin,
        async |store| execute(tool, store, &arguments).await,
    )
    .await;
    if store.data().unauthorized {
        return Err(CallError::Unauthorized);
    }
    drop(store);
    match ended {
        Ok(Ok(output)) => accept(tool, output).await,
        Ok(Err(failure)) => Err(CallError::Failed(tell_operator(failure.into(), &origin))),
        Err(stopped) => Err(CallError::Stopped(stopped)),
    }
}

fn store_for(
    sandbox: &Sandbox,
    tool: &Tool,
    caller: &Caller,
    context: CallContext,
    origin: Origin,
) -> Store<CallState> {
    let loaded = &tool.owner.loaded;
    let limits = &loaded.limits;
    let user = User {
        caller: caller.clone(),
        grant: loaded.grant.clone(),
        access: tool.access,
        budget: Budget::new(limits.requests, limits.answers_bytes, limits.answer_bytes),
    };
    let progress = Progress {
        sink: context.progress,
        last: None,
    };
    let console = Console::new(origin, limits.log_lines);
    new_store(
        sandbox,
        limits,
        console,
        loaded.settings.clone(),
        Some(user),
        progress,
    )
}

async fn execute(
    tool: &Tool,
    store: &mut Store<CallState>,
    arguments: &String,
) -> wasmtime::Result<Result<types::Output, types::Failure>> {
    let instance = tool.owner.loaded.pre.instantiate_async(&mut *store).await?;
    instance
        .nextcloud_mcp_plugin_tools()
        .call_call(store, &tool.name, arguments)
        .await
}

/// An answer is passed on only if it is what the tool promised.
async fn accept(tool: &Tool, output: types::Output) -> Result<Output, CallError> {
    let types::Output {
        content,
        structured,
        extra: _,
    } = output;
    let structured = structured
        .map(|text| serde_json::from_str::<Value>(&text))
        .transpose()
        .map_err(|error| CallError::InvalidOutput(format!("`structured` is not JSON: {error}")))?;
    let structured = match (&tool.output, structured) {
        (Some(schema), Some(value)) => Some(
            schema
                .check(value)
                .await
                .map_err(CallError::InvalidOutput)?,
        ),
        (Some(_), None) => {
            return Err(CallError::InvalidOutput(
                "`structured` is missing".to_owned(),
            ));
        }
        (None, Some(value)) if !value.is_object() => {
            return Err(CallError::InvalidOutput(
                "`structured` is no JSON object".to_owned(),
            ));
        }
        (None, value) => value,
    };
    Ok(Output {
        content: content.into_iter().map(Into::into).collect(),
        structured,
    })
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
