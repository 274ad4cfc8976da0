//! What calls may cost: the sandbox's limits as settings. Their defaults and reasons are `plugin::limits`'s.

use std::path::PathBuf;

use clap::Args;

use super::parse::{Seconds, positive};
use crate::plugin;

const MIB: u64 = 1 << 20;

/// What one call of a tool may cost, and how many may run. Every limit is always on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitSettings {
    /// Longest call, waiting for Nextcloud included, in seconds.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_SECONDS", value_name = "SECONDS", default_value_t = plugin::Limits::default().wall_clock.into())]
    pub call_seconds: Seconds,

    /// Time in which a plugin may compute during one call, in seconds.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_CPU_SECONDS", value_name = "SECONDS", default_value_t = plugin::Limits::default().cpu.into())]
    pub call_cpu_seconds: Seconds,

    /// Memory of one call, in MiB.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_MEMORY_MIB", value_name = "MIB", default_value_t = plugin::Limits::default().memory / MIB, value_parser = positive::<u64>)]
    pub call_memory_mib: u64,

    /// Elements of a table (function pointers) in one call.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_TABLE_ELEMENTS", value_name = "N", default_value_t = plugin::Limits::default().table_elements, value_parser = positive::<u64>)]
    pub call_table_elements: u64,

    /// What a plugin may hand over in one step (a request, an answer), in MiB.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_STEP_MIB", value_name = "MIB", default_value_t = plugin::Limits::default().host_call_bytes / MIB, value_parser = positive::<u64>)]
    pub call_step_mib: u64,

    /// Open handles in one call.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_HANDLES", value_name = "N", default_value_t = plugin::Limits::default().handles, value_parser = positive::<u64>)]
    pub call_handles: u64,

    /// Requests to Nextcloud in one call.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_REQUESTS", value_name = "N", default_value_t = plugin::Limits::default().requests, value_parser = positive::<u64>)]
    pub call_requests: u64,

    /// Largest single answer of Nextcloud, in MiB.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_ANSWER_MIB", value_name = "MIB", default_value_t = plugin::Limits::default().answer_bytes / MIB, value_parser = positive::<u64>)]
    pub call_answer_mib: u64,

    /// All answers of Nextcloud in one call together, in MiB.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_ANSWERS_MIB", value_name = "MIB", default_value_t = plugin::Limits::default().answers_bytes / MIB, value_parser = positive::<u64>)]
    pub call_answers_mib: u64,

    /// Log lines of one call.
    #[arg(long, env = "NEXTCLOUD_MCP_CALL_LOG_LINES", value_name = "N", default_value_t = plugin::Limits::default().log_lines, value_parser = positive::<u64>)]
    pub call_log_lines: u64,

    /// Calls of one user that run at the same time.
    #[arg(long, env = "NEXTCLOUD_MCP_CALLS_PER_USER", value_name = "N", default_value_t = plugin::Settings::default().calls_per_caller, value_parser = positive::<usize>)]
    pub calls_per_user: usize,

    /// Calls of one plugin that run at the same time.
    #[arg(long, env = "NEXTCLOUD_MCP_CALLS_PER_PLUGIN", value_name = "N", default_value_t = plugin::Settings::default().calls_per_plugin, value_parser = positive::<usize>)]
    pub calls_per_plugin: usize,

    /// Calls that run at the same time in all. Each reserves 4 GiB of address space (not of memory).
    #[arg(long, env = "NEXTCLOUD_MCP_CALLS", value_name = "N", default_value_t = plugin::Settings::default().instances, value_parser = positive::<usize>)]
    pub calls: usize,

    /// Calls of one user that may wait for a place.
    #[arg(long, env = "NEXTCLOUD_MCP_QUEUE_PER_USER", value_name = "N", default_value_t = plugin::Settings::default().queue_per_caller, value_parser = positive::<usize>)]
    pub queue_per_user: usize,

    /// Calls that may wait in all; more get 503 and a time to come back.
    #[arg(long, env = "NEXTCLOUD_MCP_QUEUE", value_name = "N", default_value_t = plugin::Settings::default().queue, value_parser = positive::<usize>)]
    pub queue: usize,

    /// Longest wait for a place, in seconds.
    #[arg(long, env = "NEXTCLOUD_MCP_QUEUE_SECONDS", value_name = "SECONDS", default_value_t = plugin::Settings::default().queue_wait.into())]
    pub queue_seconds: Seconds,

    /// Largest component file that is loaded, in MiB.
    #[arg(long, env = "NEXTCLOUD_MCP_COMPONENT_MIB", value_name = "MIB", default_value_t = plugin::Settings::default().component_bytes / MIB, value_parser = positive::<u64>)]
    pub component_mib: u64,
}

impl LimitSettings {
    /// The same, as the sandbox takes it.
    pub fn sandbox(&self, cache_dir: Option<PathBuf>) -> plugin::Settings {
        plugin::Settings {
            limits: plugin::Limits {
                wall_clock: self.call_seconds.into(),
                cpu: self.call_cpu_seconds.into(),
                memory: self.call_memory_mib.saturating_mul(MIB),
                table_elements: self.call_table_elements,
                host_call_bytes: self.call_step_mib.saturating_mul(MIB),
                handles: self.call_handles,
                requests: self.call_requests,
                answer_bytes: self.call_answer_mib.saturating_mul(MIB),
                answers_bytes: self.call_answers_mib.saturating_mul(MIB),
                log_lines: self.call_log_lines,
                ..plugin::Limits::default()
            },
            calls_per_caller: self.calls_per_user,
            calls_per_plugin: self.calls_per_plugin,
            instances: self.calls,
            queue_per_caller: self.queue_per_user,
            queue: self.queue,
            queue_wait: self.queue_seconds.into(),
            component_bytes: self.component_mib.saturating_mul(MIB),
            cache_dir,
        }
    }
}
