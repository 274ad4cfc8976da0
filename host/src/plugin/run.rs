//! Running guest code in a store: under the wall clock, with whatever ends it told in one sentence.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
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
    let deadline = store.data().deadline.clone();
    let error = match deadline.hold(work(store)).await {
        Some(Ok(value)) => return Ok(value),
        Some(Err(error)) => Some(error),
        None => None,
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
    let set_by = reason.limit().map(|limit| limits.set_by(limit).to_string());
    tracing::warn!(target: "plugin", plugin, tool, request_id, set_by, detail, "the call was stopped: {why}");
    Err(reason)
}

/// When a call must have ended. Stands still while a person is asked: their time is not the plugin's.
#[derive(Debug, Clone)]
pub(super) struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    pub(super) fn after(time: Duration) -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + time)))
    }

    /// Waits for `person`, who may take so long, at the expense of nobody.
    pub(super) async fn stand_still<T>(
        &self,
        at_most: Duration,
        person: impl Future<Output = T>,
    ) -> T {
        let before = self.now();
        let begun = Instant::now();
        self.set(before + at_most);
        let answer = person.await;
        self.set(before + begun.elapsed().min(at_most));
        answer
    }

    /// What `work` came to, or nothing if it did not in time.
    async fn hold<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            let until = self.now();
            match timeout_at(until, work.as_mut()).await {
                Ok(value) => return Some(value),
                Err(_) if self.now() > until => {}
                Err(_) => return None,
            }
        }
    }

    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, at: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }
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

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const TICK: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_persons_time_is_not_the_plugins_and_has_an_end() {
        let patient = Deadline::after(TICK * 10);
        let answered = patient.hold(patient.stand_still(TICK * 60, sleep(TICK * 20)));
        assert!(answered.await.is_some());
        let patient = Deadline::after(TICK * 2);
        let forever = patient.stand_still(TICK * 4, std::future::pending::<()>());
        assert!(patient.hold(forever).await.is_none());
        let greedy = Deadline::after(TICK * 2);
        let late = greedy.hold(async {
            greedy.stand_still(TICK * 60, sleep(TICK)).await;
            sleep(TICK * 20).await;
        });
        assert!(late.await.is_none(), "the plugin's own time has not grown");
    }
}
