//! Every limit of the sandbox: its default, its reason, its name.
//!
//! All are on by default. The operator sets them ([`Settings`]); a manifest may lower those of [`Limits`] for its own
//! plugin, never raise them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::limit::{Limit, SetBy};

/// What one call may spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From start to end, waiting for Nextcloud included. Nextcloud holds a locked note for 14 s before it answers
    /// (recording `notes`, PUT with 423), and clients give up after about 60 s.
    pub wall_clock: Duration,
    /// Time in which the guest itself computes. Reading 28 kB of JSON and writing it again takes
    /// a Rust guest 0.85 ms, so an answer of the largest size some tenths of a second.
    pub cpu: Duration,
    /// Linear memory in bytes. A small Python component (componentize-py 0.25.1) begins with 13 MiB, a Rust one with 1.
    pub memory: u64,
    /// Elements of one table (function pointers): 5678 in that Python component; 20 000 is wasmtime's default for pools.
    pub table_elements: u64,
    /// What the guest may hand over in one step: a request, a log line, an answer. Bytes.
    pub host_call_bytes: u64,
    /// Open WASI handles; honest guests hold fewer than ten.
    pub handles: u64,
    /// Requests to Nextcloud.
    pub requests: u64,
    /// Bytes of one of Nextcloud's answers.
    pub answer_bytes: u64,
    /// Bytes of all of Nextcloud's answers.
    pub answers_bytes: u64,
    /// Lines for the log, from `log.write`, stdout and stderr together.
    pub log_lines: u64,
    /// How long one question may stay unanswered; then the answer is `cancelled`. Whoever puts it to a person ends it after
    /// [`ANSWER_WITHIN`] and tells their client so; this ends one that nobody ended.
    pub question: Duration,
    /// Who lowered which of them; the others are the host's.
    pub lowered: BTreeMap<Limit, SetBy>,
}

impl Limits {
    /// Who decided how high a limit is.
    pub fn set_by(&self, limit: Limit) -> &SetBy {
        self.lowered.get(&limit).unwrap_or(&SetBy::Host)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_clock: Duration::from_secs(30),
            cpu: Duration::from_secs(5),
            memory: 64 * MIB,
            table_elements: 20_000,
            host_call_bytes: 16 * MIB,
            handles: 256,
            requests: 500,
            answer_bytes: 8 * MIB,
            answers_bytes: 64 * MIB,
            log_lines: 1_000,
            question: ANSWER_WITHIN + Duration::from_secs(1),
            lowered: BTreeMap::new(),
        }
    }
}

/// What the operator decides for the whole process. The defaults are meant to be kept.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For each call of each plugin.
    pub limits: Limits,
    /// Calls in flight of one caller: what a busy client sends side by side, and a quarter of a plugin's share, so that
    /// one user never takes a plugin away from the others.
    pub calls_per_caller: usize,
    /// Calls in flight in one plugin: half of all instances, so that one slow plugin never takes the host away from the others.
    pub calls_per_plugin: usize,
    /// Calls in flight in all: the size of the instance pool, hence of the address space it reserves (4 GiB for each memory).
    pub instances: usize,
    /// Calls of one caller that may wait for a place.
    pub queue_per_caller: usize,
    /// Calls that may wait in all.
    pub queue: usize,
    /// How long one may wait before the answer is "busy".
    pub queue_wait: Duration,
    /// Largest component file in bytes. Compiling is the most expensive thing the host does; that Python component is 18 MB.
    pub component_bytes: u64,
    /// Where compiled code is kept between starts; `None` compiles at each start. Must be a folder of this service's
    /// own: what lies there is run as native code.
    pub cache_dir: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            calls_per_caller: 8,
            calls_per_plugin: 32,
            instances: 64,
            queue_per_caller: 16,
            queue: 256,
            queue_wait: Duration::from_secs(5),
            component_bytes: 64 * MIB,
            cache_dir: None,
        }
    }
}

/// How often the epoch advances: the longest time for which a guest holds a worker thread, and the grain of [`Limits::cpu`].
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Requests of one `fetch-all` that are under way together; more would only queue at Nextcloud's PHP workers.
pub(super) const FETCH_ALL_PARALLEL: usize = 8;

/// Longest log line of a guest, in bytes; the rest is cut and marked.
pub(super) const LOG_LINE_BYTES: usize = 4 * 1024;

/// Lines in the log about refused requests of one call: refusing costs a guest no request, so it could go on for as long
/// as it computes.
pub(super) const REFUSAL_LINES: u64 = 100;

/// Random bytes that a guest may ask for at once.
pub(super) const RANDOM_BYTES: u64 = 64 * 1024;

/// Progress reports reach the client at most this often; the ones between are dropped.
pub(super) const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// Longest text of a progress report, in bytes.
pub(super) const PROGRESS_MESSAGE_BYTES: usize = 512;

/// Questions of one call. A call that is asked in begins again for each, and clients follow ten rounds at most (the
/// reference SDKs' default).
pub(super) const QUESTIONS: usize = 8;

/// How long a person may take to answer while a call waits for them: a form of a few fields. The call keeps its place and
/// its memory meanwhile.
pub const ANSWER_WITHIN: Duration = Duration::from_mins(2);

/// Core instances, memories and tables in one component. A Rust component has 3, 1 and 2; a Python one (componentize-py
/// 0.25.1), which is linked from many libraries, 14, 1 and 2.
pub(super) const CORE_INSTANCES_PER_COMPONENT: u32 = 32;
/// See [`CORE_INSTANCES_PER_COMPONENT`].
pub(super) const MEMORIES_PER_COMPONENT: u32 = 2;
/// See [`CORE_INSTANCES_PER_COMPONENT`].
pub(super) const TABLES_PER_COMPONENT: u32 = 4;

pub(super) const MIB: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// Authors read the contract, not this file.
    #[test]
    fn the_contract_names_the_same_limits() {
        let contract = include_str!("../../../wit/plugin.wit");
        let (limits, settings) = (Limits::default(), Settings::default());
        for line in [
            format!(
                "one call, start to end {:>10} s",
                limits.wall_clock.as_secs()
            ),
            format!("computing, waiting left out {:>5} s", limits.cpu.as_secs()),
            format!("memory {:>26} MiB", limits.memory / MIB),
            format!(
                "handed over in one step {:>9} MiB",
                limits.host_call_bytes / MIB
            ),
            format!("open WASI handles {:>15}", limits.handles),
            format!("requests to Nextcloud {:>11}", limits.requests),
            format!(
                "one answer of Nextcloud {:>9} MiB",
                limits.answer_bytes / MIB
            ),
            format!(
                "all answers of Nextcloud {:>8} MiB",
                limits.answers_bytes / MIB
            ),
            format!("questions to the person {QUESTIONS:>9}"),
            format!(
                "calls side by side {:>14} of one user, {} of one plugin",
                settings.calls_per_caller, settings.calls_per_plugin
            ),
        ] {
            assert!(contract.contains(&line), "wit/plugin.wit lacks `{line}`");
        }
        assert_eq!((limits.table_elements, limits.log_lines), (20_000, 1_000));
        assert!(
            contract.contains("20 000 elements") && contract.contains("1 000, each cut at 4 KiB")
        );
    }
}
