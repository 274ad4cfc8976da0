//! What a process takes of the machine, as Linux tells it.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// Ticks a second in `/proc/PID/stat`: 100 on every Linux that one meets (`getconf CLK_TCK`).
const TICKS: u64 = 100;

/// Fields of `/proc/PID/stat` after the name: `utime` and `stime` are the 14th and 15th in all, the name the second.
const USER_TIME: usize = 11;

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What of it lies in memory, whoever shares it.
    pub resident: u64,
    /// The same, with what several processes share divided among them.
    pub proportional: u64,
}

impl Memory {
    /// Of a running process.
    pub(super) fn of(process: u32) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))
            .context("the memory of a process is read from /proc, which only Linux has")?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kilobytes * 1024)
        };
        Ok(Self {
            resident: field("Rss:").context("no Rss in smaps_rollup")?,
            proportional: field("Pss:").context("no Pss in smaps_rollup")?,
        })
    }
}

/// How long a process has computed so far, to the hundredth of a second.
pub(super) fn computed(process: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name stands in parentheses and may hold anything.
    let after_name = text.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(USER_TIME)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Of all that was computed, what falls to one of `count` calls, in milliseconds.
pub(super) fn each(computed: Duration, count: usize) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    super::spread::millis(computed / count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_computes() {
        let own = std::process::id();
        let memory = Memory::of(own).unwrap();
        assert!(memory.resident >= memory.proportional && memory.proportional > 1 << 20);
        let before = computed(own).unwrap();
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_millis(300) {}
        assert!(computed(own).unwrap() > before);
    }
}
