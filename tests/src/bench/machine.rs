//! On what was measured: figures say nothing without it.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine and the build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Processors that this process may use.
    pub cores: usize,
    /// Memory in whole GiB.
    pub memory_gib: u64,
    /// The distribution.
    pub system: String,
    /// Load average of the minute before: how busy others kept the machine. Nothing is a quiet one.
    pub busy: f64,
    /// Whether the bench, and the server built with it, are optimised.
    pub optimised: bool,
}

/// This machine as it is now, and this build. What the system does not tell is left empty.
pub(super) fn describe() -> Machine {
    let kilobytes: u64 = field("/proc/meminfo", "MemTotal:")
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next();
    Machine {
        busy: load.and_then(|load| load.parse().ok()).unwrap_or_default(),
        processor: field("/proc/cpuinfo", "model name"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_gib: kilobytes.div_ceil(1 << 20),
        system: field("/etc/os-release", "PRETTY_NAME="),
        optimised: !cfg!(debug_assertions),
    }
}

/// What follows `name` in the first line that begins with it.
fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default()
        .trim_matches(|letter: char| letter.is_whitespace() || letter == ':' || letter == '"')
        .to_owned()
}
