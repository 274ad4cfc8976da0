//! Entry point: reads the settings, starts the log, runs the command, and says by its exit code how that went.

use std::process::ExitCode;

use anyhow::anyhow;
use nextcloud_mcp_server::cli::{self, Cli, CommandError, Outcome};
use nextcloud_mcp_server::config::{
    ConfigError, Loaded, LogFormat, LogLevel, LogSettings, Sources,
};
use nextcloud_mcp_server::logging;

/// See the root `Cargo.toml`.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match settings() {
        Ok(loaded) => start(loaded),
        Err(error) => refuse(&error),
    };
    ExitCode::from(outcome as u8)
}

fn settings() -> Result<Loaded<Cli>, ConfigError> {
    cli::parse(std::env::args_os(), &Sources::of_process()?)
}

fn start(loaded: Loaded<Cli>) -> Outcome {
    let Loaded { parsed, warnings } = loaded;
    match run(parsed, &warnings) {
        Ok(()) => Outcome::Done,
        Err(error) => {
            tracing::error!("{error}");
            error
                .downcast_ref()
                .map_or(Outcome::Failed, CommandError::outcome)
        }
    }
}

fn run(cli: Cli, warnings: &[String]) -> anyhow::Result<()> {
    logging::start(&cli.log()).map_err(|error| anyhow!("the log cannot be started: {error}"))?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| anyhow!("the runtime cannot be started: {error}"))?;
    let result = runtime.block_on(cli::run(cli));
    // A blocking read of standard input never ends by itself.
    runtime.shutdown_background();
    Ok(result?)
}

/// `--help` and `--version` come this way, too.
fn refuse(error: &ConfigError) -> Outcome {
    if let ConfigError::Usage(usage) = error {
        // Nobody is left to tell if this cannot be written.
        let _ = usage.print();
        return if usage.use_stderr() {
            Outcome::Misused
        } else {
            Outcome::Done
        };
    }
    // How to log is a setting itself, and the settings are what is wrong.
    let settings = LogSettings {
        log_level: LogLevel::Error,
        log_format: LogFormat::Text,
        audit: false,
    };
    if logging::start(&settings).is_ok() {
        tracing::error!("{error}");
    }
    Outcome::Misused
}
