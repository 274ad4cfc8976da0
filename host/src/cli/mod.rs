//! The command line: parses it, and runs the command it names.
//!
//! Nothing is printed but through [`Output`]; everything else that is worth saying is a line in the log. Exit codes are
//! in [`Outcome`].

mod ask;
mod doctor;
mod error;
mod healthcheck;
mod manual;
mod output;
mod plugins;
mod serve;
mod signals;
mod table;
mod tree;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub use doctor::DoctorOptions;
pub use error::{CommandError, Outcome};
pub use output::Output;
pub use plugins::{CallArguments, Language, PluginsCommand};
pub use serve::StartError;

use crate::config::{ConfigError, Loaded, LogLevel, LogSettings, Settings, Sources, load};

/// Shown at the end of `--help`.
const AFTER_HELP: &str = "\
Every option can be set in the environment or in a file `.env` in the working directory, by the name in [env: ...]; \
NAME_FILE names a file that holds the value. env.sample describes all of them.

Secrets are set there only, since every user of a machine can read the arguments of its processes:
  NEXTCLOUD_MCP_SECRET_KEY     OAuth mode: keys that seal what this server gives out
  NEXTCLOUD_OIDC_CLIENT_SECRET OAuth mode: the secret of NEXTCLOUD_OIDC_CLIENT_ID
  NEXTCLOUD_PASSWORD           Basic mode: an app password of NEXTCLOUD_USERNAME
  NEXTCLOUD_MCP_STATIC_TOKEN   Basic mode over HTTP: the bearer token that clients must send
  NEXTCLOUD_MCP_PROXY          proxy on the way to Nextcloud; may hold a password
  NEXTCLOUD_MCP_DOCTOR_TOKEN   `doctor`, OAuth mode: an access token to look at

Exit codes: 0 it ended as it was told to; 1 it could not start or go on; 2 an option or a setting is wrong.";

/// MCP server for Nextcloud whose tool groups are sandboxed WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = env!("CARGO_PKG_NAME"), version, after_help = AFTER_HELP)]
pub struct Cli {
    /// What the server is to do, and how.
    #[command(flatten)]
    pub settings: Settings,
    /// Serve, if none is named.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// How to log. A command that answers on its own says on the side only what is wrong.
    pub fn log(&self) -> LogSettings {
        let LogSettings {
            log_level,
            log_format,
            audit,
        } = self.settings.log;
        let log_level = match (log_level, &self.command) {
            // What a plugin says is part of what its author wants to see.
            (
                level,
                Some(Command::Plugins(PluginsCommand::Call(_) | PluginsCommand::Dev { .. })),
            ) => level,
            (LogLevel::Info, Some(_)) => LogLevel::Warn,
            (level, _) => level,
        };
        LogSettings {
            log_level,
            log_format,
            audit,
        }
    }
}

/// What else the program does besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look at a deployment with the server's own settings and say what is wrong and what to do: Nextcloud, sign-in, this
    /// server's address, data folder, plugins. Changes nothing. Exit code 1 if there is a problem.
    Doctor(DoctorOptions),
    /// Look at plugins and decide about them, without serving them.
    #[command(subcommand)]
    Plugins(PluginsCommand),
    /// Ask the server that runs with the same settings whether tools can be called; the exit code says it.
    Healthcheck {
        /// Ask only whether the process answers.
        #[arg(long)]
        live: bool,
    },
    /// Write completions for a shell to standard output.
    Completions {
        /// Which shell.
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write the page for `man` to standard output, or a page for each command into a folder.
    Man {
        /// The folder, such as `/usr/local/share/man/man1`.
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

/// Reads the command line and completes it from `sources`.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    sources: &Sources,
) -> Result<Loaded<Cli>, ConfigError> {
    load(arguments, sources)
}

/// Does what `cli` says.
pub async fn run(cli: Cli) -> Result<(), CommandError> {
    let Cli { settings, command } = cli;
    match command {
        None => Ok(serve::serve(settings).await?),
        Some(Command::Doctor(options)) => {
            Box::pin(doctor::run(&settings, options, &mut Output::stdout())).await
        }
        Some(Command::Plugins(command)) => {
            plugins::run(&settings, command, &mut Output::stdout()).await
        }
        Some(Command::Healthcheck { live }) => {
            healthcheck::healthcheck(&settings.server, live, &mut Output::stdout()).await
        }
        Some(Command::Completions { shell }) => manual::completions(shell, &mut Output::stdout()),
        Some(Command::Man { folder }) => manual::man(folder.as_deref(), &mut Output::stdout()),
    }
}
