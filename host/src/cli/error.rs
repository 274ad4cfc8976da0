//! Why a command did not do what it was told, and the exit code that says so.

use super::StartError;
use crate::plugin::{InstallError, LoadError, LockError, PluginName, SetupError};

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
    Sandbox(#[from] SetupError),
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
        "`{0}` is part of this program and not installed; NEXTCLOUD_MCP_DISABLE_PLUGIN={0} leaves it out"
    )]
    PartOfProgram(PluginName),
    /// The folder of plugins.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The lock file.
    #[error(transparent)]
    Lock(#[from] LockError),
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
