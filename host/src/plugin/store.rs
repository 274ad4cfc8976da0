//! The state of one call: made for it, thrown away after it.
//!
//! Invariant: nothing in here outlives the call, and nothing of another call is reachable from it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bench::{Spent, Still, Witness};
use super::console::Console;
use super::engine::{Sandbox, Ticks};
use super::limits::{
    CORE_INSTANCES_PER_COMPONENT, Limits, MEMORIES_PER_COMPONENT, RANDOM_BYTES,
    TABLES_PER_COMPONENT, TICK,
};
use super::output::{CallError, StopReason};
use super::question::Person;
use super::run::Deadline;
use super::task::ProgressSink;
use crate::nextcloud::{Access, Budget, Caller, Grant};

/// Everything that the host functions of one call can reach.
pub(super) struct CallState {
    wasi: WasiCtx,
    table: ResourceTable,
    guard: Guard,
    pub(super) cpu: Cpu,
    pub(super) console: Console,
    pub(super) settings: Arc<BTreeMap<String, String>>,
    /// `None` while a plugin describes itself: then there is no user, and everything is refused.
    pub(super) user: Option<User>,
    pub(super) client: Client,
    pub(super) deadline: Deadline,
    /// Nextcloud refused the credential; set once, and decides what the call ends in.
    pub(super) unauthorized: bool,
}

/// On whose behalf a call runs, and what it may do.
pub(super) struct User {
    pub(super) caller: Caller,
    pub(super) grant: Arc<Grant>,
    pub(super) access: Access,
    pub(super) budget: Budget,
    pub(super) witness: Option<Arc<dyn Witness>>,
}

/// Who called: what they listen to, and whether they can be asked.
#[derive(Default)]
pub(super) struct Client {
    pub(super) progress: Progress,
    pub(super) person: Option<Arc<dyn Person>>,
    /// Questions so far.
    pub(super) asked: usize,
    /// How long each may stay unanswered.
    pub(super) question: Duration,
    /// `None` while a plugin describes itself.
    pub(super) early: Option<Early>,
}

/// Ends a call from within, as if it had been cancelled, with a reason that is no mistake of the plugin's.
pub(super) struct Early(oneshot::Sender<CallError>);

impl Early {
    pub(super) fn new() -> (Self, oneshot::Receiver<CallError>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }

    /// The caller is dropped while it waits.
    pub(super) async fn end<T>(self, error: CallError) -> T {
        // Nobody listens: then the call has ended already.
        let _ = self.0.send(error);
        std::future::pending().await
    }
}

/// Where progress goes, and when it last went there.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) sink: Option<Arc<dyn ProgressSink>>,
    pub(super) last: Option<(Instant, f64)>,
}

/// A store for one call, with every limit in force and no instance in it yet.
pub(super) fn new_store(
    sandbox: &Sandbox,
    limits: &Limits,
    console: Console,
    settings: Arc<BTreeMap<String, String>>,
    user: Option<User>,
    client: Client,
    still: Option<Still>,
) -> Store<CallState> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(size(limits.handles));
    // Nothing is granted: no files, no network, no environment, no arguments, no input. Time and randomness are harmless.
    let mut wasi = WasiCtx::builder();
    wasi.stdout(console.stdout())
        .stderr(console.stderr())
        .max_random_size(RANDOM_BYTES);
    if let Some(still) = still {
        still.apply(&mut wasi);
    }
    let state = CallState {
        wasi: wasi.build(),
        table,
        guard: Guard {
            limits: limits.clone(),
            memory: 0,
        },
        cpu: Cpu::new(limits, sandbox.ticks.clone()),
        console,
        settings,
        user,
        client,
        deadline: Deadline::after(limits.wall_clock),
        unauthorized: false,
    };
    let mut store = Store::new(&sandbox.engine, state);
    store.limiter(|state| &mut state.guard);
    store.set_hostcall_fuel(size(limits.host_call_bytes));
    store.set_max_component_handles(size(limits.handles));
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut context| {
        context.data_mut().cpu.spend()?;
        // Tokio's own yield lets waiting sockets and timers have their turn, not only other tasks.
        Ok(UpdateDeadline::YieldCustom(
            1,
            Box::pin(tokio::task::yield_now()),
        ))
    });
    store
}

impl CallState {
    /// What the call may spend.
    pub(super) fn limits(&self) -> &Limits {
        &self.guard.limits
    }

    /// Tells whoever watches what the call cost.
    pub(super) fn tell_spent(&self) {
        if let Some(witness) = self.user.as_ref().and_then(|user| user.witness.as_ref()) {
            let time = self.cpu.begun.elapsed();
            witness.spent(Spent {
                time,
                computing: time.saturating_sub(self.cpu.waiting),
                memory: self.guard.memory,
            });
        }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Time that the guest itself computes, counted in ticks of the epoch that end while its code runs.
pub(super) struct Cpu {
    left: u64,
    budget: Duration,
    ticks: Ticks,
    /// The last tick ended while the guest waited for the host, so it is not the guest's.
    waited: bool,
    begun: Instant,
    /// How long the guest waited for the host.
    waiting: Duration,
}

/// When a guest began to wait.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    tick: u64,
    at: Instant,
}

impl Cpu {
    fn new(limits: &Limits, ticks: Ticks) -> Self {
        let left = u64::try_from(limits.cpu.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX);
        Self {
            left,
            budget: limits.cpu,
            ticks,
            waited: false,
            begun: Instant::now(),
            waiting: Duration::ZERO,
        }
    }

    /// Called at the first instruction after a tick.
    fn spend(&mut self) -> Result<(), StopReason> {
        if std::mem::take(&mut self.waited) {
            return Ok(());
        }
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(StopReason::Cpu(self.budget))?;
        Ok(())
    }

    /// To be asked before waiting on the guest's behalf, and given to [`Cpu::waited_since`] after it.
    pub(super) fn now(&self) -> Mark {
        Mark {
            tick: self.ticks.now(),
            at: Instant::now(),
        }
    }

    pub(super) fn waited_since(&mut self, before: Mark) {
        self.waited |= self.ticks.now() != before.tick;
        self.waiting += before.at.elapsed();
    }
}

/// Memory, tables and instances. A guest that asks for too much is stopped with the reason, instead of being told "no"
/// and dying of it somewhere else.
struct Guard {
    limits: Limits,
    /// Bytes of all linear memories together.
    memory: u64,
}

impl ResourceLimiter for Guard {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
        self.memory = self.memory.saturating_add(more);
        if self.memory > self.limits.memory {
            return Err(wasmtime::Error::new(StopReason::Memory(self.limits.memory)));
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if u64::try_from(desired).unwrap_or(u64::MAX) > self.limits.table_elements {
            return Err(wasmtime::Error::new(StopReason::Table(
                self.limits.table_elements,
            )));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_PER_COMPONENT as usize
    }

    fn tables(&self) -> usize {
        TABLES_PER_COMPONENT as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_PER_COMPONENT as usize
    }
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
