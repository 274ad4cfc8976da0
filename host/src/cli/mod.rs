//! The command line: parses it, and runs the command it names.
//!
//! Nothing is printed but through [`Output`]; everything else that is worth saying is a line in the log. Exit codes are
//! in [`Outcome`].

mod doctor;
mod output;
mod plugins;
mod serve;
mod signals;
mod table;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use doctor::DoctorOptions;
pub use output::Output;
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
    /// Look at plugins, without serving them.
    #[command(subcommand)]
    Plugins(PluginsCommand),
}

/// What can be done with plugins.
#[derive(Debug, Subcommand)]
pub enum PluginsCommand {
    /// Show the plugins in the folder: versions, tools, what is wrong with those that do not load.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin asks for, its tools and its digest.
    Inspect {
        /// A plugin in the folder by its name, or any plugin by its folder or component file.
        #[arg(value_name = "NAME|FILE")]
        plugin: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// How the program ended; its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// As it was told to.
    Done = 0,
    /// It could not start or go on; the log says why.
    Failed = 1,
    /// An option or a setting is wrong.
    Misused = 2,
}

/// Why a command ended without doing what it was told.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// See [`StartError`].
    #[error(transparent)]
    Start(#[from] StartError),
    /// A plugin, or the folder of all.
    #[error(transparent)]
    Plugin(#[from] crate::plugin::LoadError),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] crate::plugin::SetupError),
    /// A plugin that is not in the folder.
    #[error("no plugin in {folder} is called `{name}`. There: {there}")]
    NoPlugin {
        /// As it was given.
        name: String,
        /// Where it was looked for.
        folder: String,
        /// What is there.
        there: String,
    },
    /// Some plugins of the folder do not load.
    #[error("not every plugin loads")]
    NotAll,
    /// The doctor found something.
    #[error("the doctor found {problems} problems and {warnings} warnings")]
    Unwell {
        /// What does not work.
        problems: usize,
        /// What could be better.
        warnings: usize,
    },
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    /// The exit code that goes with it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Start(error) if error.is_misuse() => Outcome::Misused,
            _ => Outcome::Failed,
        }
    }
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
        Some(Command::Plugins(PluginsCommand::List { json })) => {
            plugins::list(&settings, json, &mut Output::stdout()).await
        }
        Some(Command::Plugins(PluginsCommand::Inspect { plugin, json })) => {
            plugins::inspect(&settings, &plugin, json, &mut Output::stdout()).await
        }
    }
}
