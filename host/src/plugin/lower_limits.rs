//! Limits that a manifest or a policy lowers: each holds where it is lower than the host's of the same name, none raises one.

use std::time::Duration;

use serde::Deserialize;

use super::limits::{Limits, MIB};

/// The `[limits]` table: each may lower the host's limit of the same name, none raises it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LowerLimits {
    /// Seconds from start to end.
    pub wall_clock_s: Option<u64>,
    /// Milliseconds of computing.
    pub cpu_ms: Option<u64>,
    /// Memory in MiB.
    pub memory_mib: Option<u64>,
    /// Requests to Nextcloud.
    pub requests: Option<u64>,
    /// MiB of one answer of Nextcloud.
    pub answer_mib: Option<u64>,
    /// MiB of all answers of Nextcloud.
    pub answers_mib: Option<u64>,
    /// Lines for the log.
    pub log_lines: Option<u64>,
}

impl LowerLimits {
    /// The host's limits, lowered. The second value names, in sentences, what could not be had because the host allows less.
    pub fn apply(&self, host: &Limits) -> (Limits, Vec<String>) {
        let mut notes = Vec::new();
        let mut lower = |name: &str, asked: Option<u64>, allowed: u64| match asked {
            Some(asked) if asked > allowed => {
                notes.push(format!(
                    "asks for {name} = {asked}, the host allows {allowed}: {allowed} holds"
                ));
                allowed
            }
            Some(asked) => asked,
            None => allowed,
        };
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let limits = Limits {
            wall_clock: Duration::from_millis(lower(
                "wall-clock-s (in ms)",
                self.wall_clock_s.map(|s| s.saturating_mul(1000)),
                millis(host.wall_clock),
            )),
            cpu: Duration::from_millis(lower("cpu-ms", self.cpu_ms, millis(host.cpu))),
            memory: lower("memory-mib (in bytes)", bytes(self.memory_mib), host.memory),
            requests: lower("requests", self.requests, host.requests),
            answer_bytes: lower(
                "answer-mib (in bytes)",
                bytes(self.answer_mib),
                host.answer_bytes,
            ),
            answers_bytes: lower(
                "answers-mib (in bytes)",
                bytes(self.answers_mib),
                host.answers_bytes,
            ),
            log_lines: lower("log-lines", self.log_lines, host.log_lines),
            ..host.clone()
        };
        (limits, notes)
    }

    /// The keys that would stop every call.
    pub(super) fn zeros(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("wall-clock-s", self.wall_clock_s),
            ("cpu-ms", self.cpu_ms),
            ("memory-mib", self.memory_mib),
            ("requests", self.requests),
            ("answer-mib", self.answer_mib),
            ("answers-mib", self.answers_mib),
            ("log-lines", self.log_lines),
        ];
        let zeros = all.into_iter().filter(|(_, value)| *value == Some(0));
        zeros.map(|(key, _)| key)
    }
}

fn bytes(mib: Option<u64>) -> Option<u64> {
    mib.map(|mib| mib.saturating_mul(MIB))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_lowers_limits_and_never_raises_them() {
        let asked = "memory-mib = 32\nrequests = 100000\ncpu-ms = 200\n";
        let lower: LowerLimits = toml::from_str(asked).unwrap();
        let host = Limits::default();
        let (limits, notes) = lower.apply(&host);
        assert_eq!(limits.memory, 32 * MIB);
        assert_eq!(limits.cpu, Duration::from_millis(200));
        assert_eq!(limits.requests, host.requests);
        assert_eq!(limits.wall_clock, host.wall_clock);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("requests = 100000"), "{}", notes[0]);
    }
}
