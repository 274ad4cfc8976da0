//! Fills in what the command line left open: clap parses, the values come from [`Sources`].
//!
//! clap reads environment variables by itself, but neither files nor `.env`, and it takes an empty variable for a
//! value. So each argument's environment name is used as a declaration only, and what the sources hold is handed to
//! clap as that argument's default: parsed by the same parser, and a flag still wins.

use std::any::TypeId;
use std::collections::HashMap;
use std::ffi::OsString;

use clap::builder::{OsStr, Resettable};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, Command, Parser};
use secrecy::SecretString;
use thiserror::Error;

use super::names::nearest;
use super::sources::{Found, SourceError, Sources};

/// Names that begin so are all ours; one that is not known is a slip worth a warning.
const OUR_PREFIX: &str = "NEXTCLOUD_MCP_";

/// Names that other servers for Nextcloud use for settings that we have, too.
const FOREIGN_NAMES: [(&str, &str); 3] = [
    ("NEXTCLOUD_URL", "NEXTCLOUD_HOST"),
    ("NEXTCLOUD_USER", "NEXTCLOUD_USERNAME"),
    ("NEXTCLOUD_APP_PASSWORD", "NEXTCLOUD_PASSWORD"),
];

/// What came out of reading flags and sources.
#[derive(Debug)]
pub struct Loaded<P> {
    /// The parsed command line, completed from the sources.
    pub parsed: P,
    /// For the log, once there is one.
    pub warnings: Vec<String>,
}

/// Why there is no usable set of settings.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The command line itself; also how clap hands over the texts of `--help` and `--version`.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// See [`SourceError`].
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A value that its setting cannot have.
    #[error("{origin}: {reason}")]
    Value {
        /// The variable, file or flag.
        origin: String,
        /// What would do instead.
        reason: String,
    },
    /// A secret among the arguments.
    #[error(
        "{flag}: every user of this machine can read the arguments of a running process. Set {name}, or {name}_FILE to the path of a file that holds it"
    )]
    SecretOnCommandLine {
        /// As it was written.
        flag: String,
        /// The setting to use instead.
        name: String,
    },
}

/// Parses `arguments` (the program's name first) and completes them from `sources`.
pub fn load<P: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    sources: &Sources,
) -> Result<Loaded<P>, ConfigError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let declared = P::command().mut_args(|arg| arg.hide_env_values(true));
    let known = Known::of(&declared);
    let found = known.find_all(sources)?;

    let completed = declared.clone().mut_args(|arg| complete(arg, &found));
    let mut matches = match completed.try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        // The completed command knows no environment names any more; the declared one shows them.
        Err(error) if is_help(&error) => {
            return Err(declared
                .try_get_matches_from(arguments)
                .err()
                .filter(is_help)
                .unwrap_or(error)
                .into());
        }
        Err(error) => return Err(explain(error, declared, &found)),
    };
    for arg in declared.get_arguments().filter(|arg| is_secret(arg)) {
        if matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine) {
            let flag = arg
                .get_long()
                .map_or_else(String::new, |long| format!("--{long}"));
            return Err(ConfigError::SecretOnCommandLine {
                flag,
                name: env_name(arg).unwrap_or_default(),
            });
        }
    }
    let parsed = P::from_arg_matches_mut(&mut matches)?;
    Ok(Loaded {
        parsed,
        warnings: known.warnings(sources),
    })
}

/// The declared settings.
pub(super) struct Known {
    /// clap's id and the environment name.
    settings: Vec<(String, String)>,
    /// Environment names of those that are secret.
    pub(super) secrets: Vec<String>,
}

impl Known {
    pub(super) fn of(command: &Command) -> Self {
        let name = |arg: &Arg| Some((arg.get_id().to_string(), env_name(arg)?));
        let secrets = command
            .get_arguments()
            .filter(|arg| is_secret(arg))
            .filter_map(env_name)
            .collect();
        Self {
            settings: command.get_arguments().filter_map(name).collect(),
            secrets,
        }
    }

    fn find_all(&self, sources: &Sources) -> Result<HashMap<String, Found>, SourceError> {
        let found = self
            .settings
            .iter()
            .filter_map(|(id, name)| Some((id.clone(), sources.find(name).transpose()?)));
        found.map(|(id, found)| Ok((id, found?))).collect()
    }

    fn warnings(&self, sources: &Sources) -> Vec<String> {
        let known = || self.settings.iter().map(|(_, name)| name.as_str());
        let mut warnings = Vec::new();
        let mut unknown: Vec<&str> = sources
            .names()
            .filter(|name| name.starts_with(OUR_PREFIX) && !known().any(|known| means(known, name)))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        for name in unknown {
            let hint = nearest(name, known())
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            warnings.push(format!("{name} is not a setting and has no effect{hint}"));
        }
        for (foreign, ours) in FOREIGN_NAMES {
            if sources.sets(foreign) && !sources.sets(ours) {
                warnings.push(format!(
                    "{foreign} has no effect here; the setting is called {ours}"
                ));
            }
        }
        warnings.extend(sources.exposed_dotenv(&self.secrets));
        warnings
    }
}

/// Whether a setting is found by `name`, which has lost its `_FILE` if it had one.
fn means(setting: &str, name: &str) -> bool {
    setting.strip_suffix("_FILE").unwrap_or(setting) == name || setting == name
}

/// The argument with what the sources hold as its default, and without an environment name of its own.
fn complete(arg: Arg, found: &HashMap<String, Found>) -> Arg {
    let arg = arg.env(Resettable::<OsStr>::Reset);
    let Some(found) = found.get(arg.get_id().as_str()) else {
        return arg;
    };
    // `a, b,` is how people write lists in files.
    let value = match arg.get_value_delimiter() {
        Some(delimiter) => {
            let items: Vec<&str> = found
                .value
                .split(delimiter)
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect();
            items.join(&delimiter.to_string())
        }
        None => found.value.clone(),
    };
    arg.default_value(value)
}

/// An error about a value in the words of the place where the value stands.
fn explain(
    error: clap::Error,
    mut declared: Command,
    found: &HashMap<String, Found>,
) -> ConfigError {
    // Only a built argument can be written as errors write it.
    declared.build();
    let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
        return error.into();
    };
    let Some(arg) = declared
        .get_arguments()
        .find(|arg| arg.to_string() == *shown)
    else {
        return error.into();
    };
    let Some(found) = found.get(arg.get_id().as_str()) else {
        return error.into();
    };
    let reason = match (
        error.kind(),
        std::error::Error::source(&error),
        error.get(ContextKind::ValidValue),
    ) {
        (ErrorKind::InvalidValue, _, Some(ContextValue::Strings(valid))) => {
            format!("'{}' is not one of {}", found.value, valid.join(", "))
        }
        (ErrorKind::ValueValidation, Some(reason), _) => reason.to_string(),
        _ => return error.into(),
    };
    ConfigError::Value {
        origin: found.origin.clone(),
        reason,
    }
}

fn is_help(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<SecretString>()
}

pub(super) fn env_name(arg: &Arg) -> Option<String> {
    arg.get_env()?.to_str().map(str::to_owned)
}
