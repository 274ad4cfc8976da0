//! The command line: parses it, and runs the command it names.
//!
//! Nothing is printed but through [`Output`]; everything else that is worth saying is a line in the log. Exit codes are
//! in [`Outcome`].

mod ask;
mod doctor;
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
pub use output::Output;
pub use plugins::{CallArguments, Language};
pub use serve::StartError;

use crate::config::{ConfigError, Loaded, LogLevel, LogSettings, Settings, Sources, load};
use crate::plugin::{LoadError, PluginName};
use ask::Person;

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

/// What can be done with plugins.
#[derive(Debug, Subcommand)]
pub enum PluginsCommand {
    /// Show the plugins that there are: versions, tools, what is wrong with those that do not load.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin asks for, its tools and its digest.
    Inspect {
        /// A plugin of `plugins list` by its name, or any plugin by its folder or component file.
        #[arg(value_name = "NAME|FILE")]
        plugin: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a plugin, ask, put it into the folder and pin what was approved in the lock file.
    Install {
        /// The folder with its plugin.toml, or the component beside that.
        #[arg(value_name = "FILE|DIR")]
        source: PathBuf,
        /// Agree without being asked.
        #[arg(long)]
        yes: bool,
        /// As JSON, which asks nobody.
        #[arg(long, requires = "yes")]
        json: bool,
    },
    /// Hold every plugin in the folder against the lock file.
    Verify {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Load a plugin again that was switched off.
    Enable {
        /// Its name.
        name: PluginName,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Keep a plugin installed, but do not load it.
    Disable {
        /// Its name.
        name: PluginName,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Delete a plugin that was installed.
    Remove {
        /// Its name.
        name: PluginName,
        /// Agree without being asked.
        #[arg(long)]
        yes: bool,
        /// As JSON, which asks nobody.
        #[arg(long, requires = "yes")]
        json: bool,
    },
    /// Say everything that keeps a plugin from being loaded, and what else its author should know. Exit code 1 if it would
    /// not be loaded.
    Check {
        /// Its folder or component file.
        #[arg(value_name = "FILE|DIR")]
        plugin: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Run one tool of a plugin as `NEXTCLOUD_USERNAME`, and show each request, the answer, time and memory. What the plugin
    /// writes to the log goes to standard error (`--log-level debug` shows all of it).
    Call(CallArguments),
    /// Make a new plugin: a folder of its name with manifest, one working tool, a test and a README, which builds at once.
    New {
        /// 2 to 16 of a-z and 0-9, a letter first. Tools are called `nc_NAME_...`
        #[arg(value_name = "NAME")]
        name: PluginName,
        /// What it is written in.
        #[arg(long, value_enum, default_value_t = Language::Rust)]
        lang: Language,
    },
    /// Build a plugin, lay the component beside its manifest, and check it. Built with its `build.sh`, which finds in `$OUT`
    /// where the component belongs, or with cargo.
    Build {
        /// Its folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Build with this shell command, run in the folder.
        #[arg(long, value_name = "COMMAND")]
        build: Option<String>,
    },
    /// Serve a plugin beside the others, and build it again whenever one of its files is saved. A build that fails leaves
    /// what was served.
    Dev {
        /// Its folder.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Build with this shell command, run in the folder.
        #[arg(long, value_name = "COMMAND")]
        build: Option<String>,
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
    /// A plugin, or the folder of plugins.
    #[error(transparent)]
    Plugin(#[from] LoadError),
    /// The sandbox.
    #[error(transparent)]
    Sandbox(#[from] crate::plugin::SetupError),
    /// A plugin that is not there.
    #[error("no plugin is called `{name}`. There: {there}")]
    NoPlugin {
        /// As it was given.
        name: String,
        /// What is there.
        there: String,
    },
    /// Nowhere to install plugins.
    #[error(
        "there is no folder of plugins: set NEXTCLOUD_MCP_PLUGIN_DIR to one, which the server then loads beside the plugins that it has built in"
    )]
    NoFolder,
    /// The lock file has nothing to do with it.
    #[error(
        "`{0}` is part of this program and not installed; NEXTCLOUD_MCP_DISABLED_PLUGINS={0} leaves it out"
    )]
    PartOfProgram(PluginName),
    /// The folder of plugins.
    #[error(transparent)]
    Install(#[from] crate::plugin::InstallError),
    /// The lock file.
    #[error(transparent)]
    Lock(#[from] crate::plugin::LockError),
    /// The person said no.
    #[error("nothing was changed")]
    NotAgreed,
    /// No terminal, and no `--yes`.
    #[error(
        "standard input is not a terminal, so nobody can be asked; --yes agrees beforehand. Nothing was changed"
    )]
    NobodyToAsk,
    /// The folder is not what was approved.
    #[error("not everything is as it was approved")]
    Differs,
    /// Some plugins do not load.
    #[error("not every plugin loads")]
    NotAll,
    /// `plugins check` found something.
    #[error("the plugin would not be loaded")]
    Wrong,
    /// `plugins call` has nobody to call as.
    #[error(
        "a call needs a Nextcloud and a user: set NEXTCLOUD_HOST, NEXTCLOUD_USERNAME and NEXTCLOUD_PASSWORD (an app password), \
         or answer it from a recording with --replay"
    )]
    NobodyToCallAs,
    /// `plugins call` was asked for what is not there.
    #[error("{plugin} has no tool, prompt or resource `{name}`. There: {there}")]
    NothingToCall {
        /// The plugin.
        plugin: String,
        /// As it was given.
        name: String,
        /// What is there.
        there: String,
    },
    /// What was called failed.
    #[error("the call failed: {0}")]
    Call(String),
    /// A plugin that cannot be built.
    #[error("{0}")]
    Build(String),
    /// A new plugin that cannot be made.
    #[error("{0}")]
    New(String),
    /// A recording that cannot be made or read, or a call that is not what was recorded.
    #[error("{0}")]
    Recording(String),
    /// The doctor found something.
    #[error("the doctor found {problems} problems and {warnings} warnings")]
    Ill {
        /// What does not work.
        problems: usize,
        /// What could be better.
        warnings: usize,
    },
    /// What `healthcheck` found.
    #[error("{0}")]
    Unwell(String),
    /// Standard output is gone, or a folder cannot be written into.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    /// The exit code that goes with it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Start(error) if error.is_misuse() => Outcome::Misused,
            Self::NobodyToAsk | Self::NoFolder | Self::Plugin(LoadError::Policy(_)) => {
                Outcome::Misused
            }
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
        Some(Command::Plugins(command)) => {
            run_plugins(&settings, command, &mut Output::stdout()).await
        }
        Some(Command::Healthcheck { live }) => {
            healthcheck::healthcheck(&settings.server, live, &mut Output::stdout()).await
        }
        Some(Command::Completions { shell }) => manual::completions(shell, &mut Output::stdout()),
        Some(Command::Man { folder }) => manual::man(folder.as_deref(), &mut Output::stdout()),
    }
}

async fn run_plugins(
    settings: &Settings,
    command: PluginsCommand,
    out: &mut Output,
) -> Result<(), CommandError> {
    match command {
        PluginsCommand::List { json } => plugins::list(settings, json, out).await,
        PluginsCommand::Inspect { plugin, json } => {
            plugins::inspect(settings, &plugin, json, out).await
        }
        PluginsCommand::Install { source, yes, json } => {
            let person = Person::of_process(yes);
            plugins::install(settings, &source, person, json, out).await
        }
        PluginsCommand::Verify { json } => plugins::verify(settings, json, out).await,
        PluginsCommand::Enable { name, json } => plugins::switch(settings, &name, true, json, out),
        PluginsCommand::Disable { name, json } => {
            plugins::switch(settings, &name, false, json, out)
        }
        PluginsCommand::Remove { name, yes, json } => {
            plugins::remove(settings, &name, Person::of_process(yes), json, out)
        }
        PluginsCommand::Check { plugin, json } => {
            plugins::check(settings, &plugin, json, out).await
        }
        PluginsCommand::Call(arguments) => {
            plugins::call(settings, arguments, Output::stdout()).await
        }
        PluginsCommand::New { name, lang } => plugins::new(&name, lang, out),
        PluginsCommand::Build { folder, build } => {
            plugins::build(settings, &folder, build.as_deref(), out).await
        }
        PluginsCommand::Dev { folder, build } => {
            let dev = plugins::dev(
                settings.clone(),
                &folder,
                build.as_deref(),
                Output::stderr(),
            );
            Box::pin(dev).await
        }
    }
}
