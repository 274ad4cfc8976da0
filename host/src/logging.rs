//! Lines for the operator, on standard error: standard output belongs to MCP (stdio) or to a command's answer.
//!
//! Invariant: no secret and no content of a user. That is why the crates below this one never say more than `info`:
//! at `debug` and `trace` they print whole messages.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer as _, fmt};

use crate::config::{LogFormat, LogLevel, LogSettings};

/// What somebody had a plugin do (`mcp/audit.rs`): a record, and no more or less of it at another level.
const AUDIT: &str = "audit";

/// From here on `tracing` events become lines. Also logs every panic: in a task it would otherwise end only that task,
/// unseen.
///
/// # Errors
/// Something logs already.
pub fn start(settings: &LogSettings) -> Result<(), TryInitError> {
    let lines = fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let lines = match settings.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    let audit = if settings.audit {
        LevelFilter::INFO
    } else {
        LevelFilter::OFF
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter(settings.log_level).with_target(AUDIT, audit)))
        .try_init()?;
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("(no text)");
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "a part of the server crashed: {text}");
    }));
    Ok(())
}

fn filter(level: LogLevel) -> Targets {
    let (ours, others) = match level {
        LogLevel::Error => (LevelFilter::ERROR, LevelFilter::ERROR),
        LogLevel::Warn => (LevelFilter::WARN, LevelFilter::WARN),
        LogLevel::Info => (LevelFilter::INFO, LevelFilter::WARN),
        LogLevel::Debug => (LevelFilter::DEBUG, LevelFilter::INFO),
        LogLevel::Trace => (LevelFilter::TRACE, LevelFilter::INFO),
    };
    Targets::new()
        .with_default(others)
        // It repeats what was answered, calls a client's mistake a warning and its leaving an error; the audit has both.
        .with_target("rmcp", LevelFilter::OFF)
        // What plugins say.
        .with_target("plugin", ours)
        .with_target(env!("CARGO_CRATE_NAME"), ours)
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn what_the_server_is_built_from_never_prints_whole_messages() {
        for level in [
            LogLevel::Error,
            LogLevel::Warn,
            LogLevel::Info,
            LogLevel::Debug,
            LogLevel::Trace,
        ] {
            for target in ["rmcp::service", "hyper", "h2", "reqwest", "wasmtime"] {
                assert!(
                    !filter(level).would_enable(target, &Level::DEBUG),
                    "{target} at {level:?}"
                );
            }
        }
    }

    #[test]
    fn the_level_is_for_this_servers_own_parts() {
        assert!(filter(LogLevel::Trace).would_enable("nextcloud_mcp_server::mcp", &Level::TRACE));
        assert!(filter(LogLevel::Info).would_enable("nextcloud_mcp_server::mcp", &Level::INFO));
        assert!(filter(LogLevel::Info).would_enable("plugin", &Level::INFO));
        assert!(!filter(LogLevel::Info).would_enable("nextcloud_mcp_server::mcp", &Level::DEBUG));
    }
}
