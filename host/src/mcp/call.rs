//! One `tools/call`: from its parameters to a result, whatever happens in between.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use rmcp::model::{CallToolRequestParams, CallToolResult, ErrorData, ProtocolVersion};
use rmcp::service::{RequestContext, RoleServer};
use tracing::Instrument as _;

use super::arrival::Arrival;
use super::sign_in::SignIn;
use super::{content, failure, list, progress};
use crate::nextcloud::Caller;
use crate::plugin::{Admission, CallContext, CallError, Output, Plugins, Tool};

/// Calls a tool. `Err` is for a tool that does not exist (for this caller); every other failure is a result.
pub(super) async fn call(
    plugins: &Plugins,
    caller: &Caller,
    request: CallToolRequestParams,
    arrival: &Arrival,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let (tool, place) = match arrival.take_place(&request.name) {
        Some((tool, place)) => (tool, Some(place)),
        None => (
            plugins
                .catalogue()
                .tool(&request.name)
                .cloned()
                .ok_or_else(|| failure::unknown_tool(&request.name))?,
            None,
        ),
    };
    // The same rules as for the list: what is not shown cannot be called.
    if !caller.has_scope(&tool.scope()) {
        return Ok(failure::no_scope(&tool));
    }
    if let Some(key) = list::lacks(&tool, caller, arrival).await {
        return Ok(failure::not_installed(&tool, key));
    }
    let place = match place {
        Some(place) => place,
        None => match plugins.admit(&tool, caller).await {
            Ok(place) => place,
            Err(busy) => return Ok(failure::busy(busy)),
        },
    };
    let request_id = next_request_id();
    let sign_in = arrival.sign_in();
    let span = tracing::info_span!(
        "call",
        request_id,
        tool = tool.full_name,
        grant = sign_in.and_then(SignIn::grant),
        client = sign_in.and_then(SignIn::client),
    );
    let arguments = request.arguments.unwrap_or_default();
    let outcome = run(
        plugins,
        place,
        &tool,
        caller,
        arguments,
        request_id.clone(),
        context,
    )
    .instrument(span)
    .await;
    let version = context
        .protocol_version()
        .unwrap_or(ProtocolVersion::V_2025_03_26);
    Ok(match outcome {
        Ok(output) => content::result(output, &version),
        // The edge turns this into 401, unless the answer has begun already, as one with progress has.
        Err(CallError::Unauthorized) if sign_in.is_some() => {
            arrival.refuse_sign_in();
            failure::signed_out()
        }
        Err(error) => failure::result(error, &tool, &request_id),
    })
}

/// Runs the tool, with progress for whoever asked for it, and leaves one line in the log.
async fn run(
    plugins: &Plugins,
    place: Admission,
    tool: &Arc<Tool>,
    caller: &Caller,
    arguments: serde_json::Map<String, serde_json::Value>,
    request_id: String,
    context: &RequestContext<RoleServer>,
) -> Result<Output, CallError> {
    let start = Instant::now();
    let (sink, forward) = progress::channel(context);
    let call = CallContext {
        request_id,
        cancelled: context.ct.clone(),
        progress: sink,
    };
    let outcome =
        progress::alongside(forward, plugins.call(place, tool, caller, arguments, call)).await;
    let elapsed = start.elapsed().as_millis();
    match &outcome {
        Ok(_) => tracing::info!(took_ms = elapsed, "done"),
        Err(error) => tracing::info!(took_ms = elapsed, outcome = failure::label(error), "failed"),
    }
    outcome
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
