//! Running guest code in a store: under the wall clock, with whatever ends it told in one sentence.

use wasmtime::component::ResourceTableError;
use wasmtime::{Store, Trap};

use super::console::Origin;
use super::limits::Limits;
use super::output::StopReason;
use super::store::CallState;
use super::text::visible;
use crate::measure;

/// Bytes of a crash's details in the log: a backtrace of some dozen functions.
const DETAIL_BYTES: usize = 4 * 1024;

/// Runs `work` until it ends, traps or has used up its time. The store is of no more use after an error.
pub(super) async fn run<T>(
    store: &mut Store<CallState>,
    limits: &Limits,
    origin: &Origin,
    work: impl AsyncFnOnce(&mut Store<CallState>) -> wasmtime::Result<T>,
) -> Result<T, StopReason> {
    // The epoch stops a guest that computes; one that waits in the host is stopped by this clock.
    let error = match tokio::time::timeout(limits.wall_clock, work(store)).await {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => Some(error),
        Err(_) => None,
    };
    let reason = error
        .as_ref()
        .map_or(StopReason::WallClock(limits.wall_clock), |error| {
            reason(error, limits)
        });
    let detail = error.map(|error| visible(&one_line(&format!("{error:?}")), DETAIL_BYTES));
    let Origin {
        plugin,
        tool,
        request_id,
    } = origin;
    let why = reason.as_str();
    measure::stopped(plugin, why);
    tracing::warn!(target: "plugin", plugin, tool, request_id, detail, "the call was stopped: {why}");
    Err(reason)
}

/// A backtrace has a line for each function.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// What an error of wasmtime means. A host function's own reason is found below the backtrace that wasmtime adds.
fn reason(error: &wasmtime::Error, limits: &Limits) -> StopReason {
    if let Some(reason) = error.downcast_ref::<StopReason>() {
        return reason.clone();
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return if *trap == Trap::StackOverflow {
            StopReason::Stack
        } else {
            StopReason::Crashed
        };
    }
    if matches!(
        error.downcast_ref::<ResourceTableError>(),
        Some(ResourceTableError::Full)
    ) {
        return StopReason::Handles(limits.handles);
    }
    if error.downcast_ref::<wasmtime_wasi::I32Exit>().is_some() {
        return StopReason::Crashed;
    }
    // wasmtime keeps this error's type to itself (48.0: `HostcallFuelExhausted`).
    if error
        .chain()
        .any(|cause| cause.to_string().contains("fuel allocated for hostcalls"))
    {
        return StopReason::HostCallBytes(limits.host_call_bytes);
    }
    if error.downcast_ref::<wasmtime::WasmBacktrace>().is_some() {
        StopReason::Crashed
    } else {
        StopReason::NotStarted
    }
}
