//! Limits that a manifest or a policy lowers: each holds where it is lower than the host's of the same name, none raises one.

use serde::Deserialize;

use super::limit::{Limit, SetBy};
use super::limits::Limits;

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
    /// The limits, lowered by whoever wrote this. The second value names, in sentences, what could not be had because less is
    /// allowed.
    pub fn apply(&self, limits: &Limits, by: &SetBy) -> (Limits, Vec<String>) {
        let (mut lowered, mut notes) = (limits.clone(), Vec::new());
        for limit in Limit::ALL {
            let Some(asked) = self.of(limit) else {
                continue;
            };
            let in_base = asked.saturating_mul(limit.unit());
            let allowed = limit.in_base(limits);
            if in_base < allowed {
                limit.lower(&mut lowered, in_base, by);
            } else if in_base > allowed {
                let (key, allowed) = (limit.key(), limit.of(limits));
                notes.push(format!(
                    "asks for {key} = {asked}, the host allows {allowed}: {allowed} holds"
                ));
            }
        }
        (lowered, notes)
    }

    /// The keys that would stop every call.
    pub(super) fn zeros(&self) -> impl Iterator<Item = &'static str> {
        let zeros = Limit::ALL
            .into_iter()
            .filter(|limit| self.of(*limit) == Some(0));
        zeros.map(Limit::key)
    }

    fn of(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::WallClock => self.wall_clock_s,
            Limit::Cpu => self.cpu_ms,
            Limit::Memory => self.memory_mib,
            Limit::Requests => self.requests,
            Limit::Answer => self.answer_mib,
            Limit::Answers => self.answers_mib,
            Limit::LogLines => self.log_lines,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::Duration;

    use super::super::limits::MIB;
    use super::*;

    #[test]
    fn a_manifest_lowers_limits_and_never_raises_them() {
        let asked = "memory-mib = 32\nrequests = 100000\ncpu-ms = 200\n";
        let lower: LowerLimits = toml::from_str(asked).unwrap();
        let host = Limits::default();
        let (limits, notes) = lower.apply(&host, &SetBy::Manifest);
        assert_eq!(limits.memory, 32 * MIB);
        assert_eq!(limits.cpu, Duration::from_millis(200));
        assert_eq!(limits.requests, host.requests);
        assert_eq!(limits.wall_clock, host.wall_clock);
        assert_eq!(
            notes,
            ["asks for requests = 100000, the host allows 500: 500 holds"]
        );
    }

    #[test]
    fn each_limit_says_who_set_it_and_in_what_it_is_told() {
        let lower = |text: &str| -> LowerLimits { toml::from_str(text).unwrap() };
        let all = "wall-clock-s = 9\ncpu-ms = 9\nmemory-mib = 9\nrequests = 9\nanswer-mib = 5\nanswers-mib = 9\nlog-lines = 9\n";
        let (limits, notes) = lower(all).apply(&Limits::default(), &SetBy::Manifest);
        assert_eq!(notes, [""; 0]);
        let rule = SetBy::Rule("few".to_owned());
        let (limits, _) = lower("requests = 3\nlog-lines = 9\n").apply(&limits, &rule);
        for limit in Limit::ALL {
            let expected = match limit {
                Limit::Requests => (3.0, &rule),
                Limit::Answer => (5.0, &SetBy::Manifest),
                _ => (9.0, &SetBy::Manifest),
            };
            assert_eq!(
                (limit.of(&limits), limits.set_by(limit)),
                expected,
                "{limit:?}"
            );
        }
        assert_eq!(Limits::default().set_by(Limit::Cpu), &SetBy::Host);
    }
}
