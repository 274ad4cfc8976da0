//! What can be said after `plugins`, and who does it.

use std::path::PathBuf;

use clap::Subcommand;

use super::{
    CallArguments, Language, build, call, check, dev, inspect, install, list, new, remove, switch,
    verify,
};
use crate::cli::ask::Person;
use crate::cli::{CommandError, Output};
use crate::config::Settings;
use crate::plugin::PluginName;

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

/// Does what `command` says.
pub(in crate::cli) async fn run(
    settings: &Settings,
    command: PluginsCommand,
    out: &mut Output,
) -> Result<(), CommandError> {
    match command {
        PluginsCommand::List { json } => list(settings, json, out).await,
        PluginsCommand::Inspect { plugin, json } => inspect(settings, &plugin, json, out).await,
        PluginsCommand::Install { source, yes, json } => {
            let person = Person::of_process(yes);
            install(settings, &source, person, json, out).await
        }
        PluginsCommand::Verify { json } => verify(settings, json, out).await,
        PluginsCommand::Enable { name, json } => switch(settings, &name, true, json, out),
        PluginsCommand::Disable { name, json } => switch(settings, &name, false, json, out),
        PluginsCommand::Remove { name, yes, json } => {
            remove(settings, &name, Person::of_process(yes), json, out)
        }
        PluginsCommand::Check { plugin, json } => check(settings, &plugin, json, out).await,
        PluginsCommand::Call(arguments) => call(settings, arguments, Output::stdout()).await,
        PluginsCommand::New { name, lang } => new(&name, lang, out),
        PluginsCommand::Build {
            folder,
            build: command,
        } => build(settings, &folder, command.as_deref(), out).await,
        PluginsCommand::Dev {
            folder,
            build: command,
        } => {
            let dev = dev(
                settings.clone(),
                &folder,
                command.as_deref(),
                Output::stderr(),
            );
            Box::pin(dev).await
        }
    }
}
