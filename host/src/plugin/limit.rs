//! The limits that a manifest and a policy can lower, by the names that they have there, and who set each.
//!
//! Nothing is enforced here: the store, the budget and the clock hold a call to [`Limits`].

use std::fmt;
use std::time::Duration;

use super::limits::{Limits, MIB};

/// One limit that can be lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// See [`Limits::wall_clock`].
    WallClock,
    /// See [`Limits::cpu`].
    Cpu,
    /// See [`Limits::memory`].
    Memory,
    /// See [`Limits::requests`].
    Requests,
    /// See [`Limits::answer_bytes`].
    Answer,
    /// See [`Limits::answers_bytes`].
    Answers,
    /// See [`Limits::log_lines`].
    LogLines,
}

/// Who decided how high a limit is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SetBy {
    /// The host, as the operator set it up.
    #[default]
    Host,
    /// The plugin's own manifest.
    Manifest,
    /// A rule of the operator's policy.
    Rule(String),
}

impl Limit {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::WallClock,
        Self::Cpu,
        Self::Memory,
        Self::Requests,
        Self::Answer,
        Self::Answers,
        Self::LogLines,
    ];

    /// What it is called in `[limits]`, with its unit.
    pub fn key(self) -> &'static str {
        match self {
            Self::WallClock => "wall-clock-s",
            Self::Cpu => "cpu-ms",
            Self::Memory => "memory-mib",
            Self::Requests => "requests",
            Self::Answer => "answer-mib",
            Self::Answers => "answers-mib",
            Self::LogLines => "log-lines",
        }
    }

    /// How high it is, in the key's unit.
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub fn of(self, limits: &Limits) -> f64 {
        self.in_base(limits) as f64 / self.unit() as f64
    }

    /// How many of what the host counts in are one of the key's unit.
    pub(super) fn unit(self) -> u64 {
        match self {
            Self::WallClock => 1_000,
            Self::Memory | Self::Answer | Self::Answers => MIB,
            Self::Cpu | Self::Requests | Self::LogLines => 1,
        }
    }

    /// How high it is in what the host counts in: milliseconds, bytes, requests, lines.
    pub(super) fn in_base(self, limits: &Limits) -> u64 {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match self {
            Self::WallClock => millis(limits.wall_clock),
            Self::Cpu => millis(limits.cpu),
            Self::Memory => limits.memory,
            Self::Requests => limits.requests,
            Self::Answer => limits.answer_bytes,
            Self::Answers => limits.answers_bytes,
            Self::LogLines => limits.log_lines,
        }
    }

    /// Lowers it to this, in what the host counts in.
    pub(super) fn lower(self, limits: &mut Limits, to: u64, by: &SetBy) {
        match self {
            Self::WallClock => limits.wall_clock = Duration::from_millis(to),
            Self::Cpu => limits.cpu = Duration::from_millis(to),
            Self::Memory => limits.memory = to,
            Self::Requests => limits.requests = to,
            Self::Answer => limits.answer_bytes = to,
            Self::Answers => limits.answers_bytes = to,
            Self::LogLines => limits.log_lines = to,
        }
        limits.lowered.insert(self, by.clone());
    }
}

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("the host"),
            Self::Manifest => f.write_str("the manifest"),
            Self::Rule(rule) => write!(f, "policy rule `{rule}`"),
        }
    }
}
