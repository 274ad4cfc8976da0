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
struct Known {
    /// clap's id and the environment name.
    settings: Vec<(String, String)>,
    /// Environment names of those that are secret.
    secrets: Vec<String>,
}

impl Known {
    fn of(command: &Command) -> Self {
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
            .filter(|name| name.starts_with(OUR_PREFIX) && !known().any(|known| known == *name))
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

fn env_name(arg: &Arg) -> Option<String> {
    arg.get_env()?.to_str().map(str::to_owned)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;

    use clap::CommandFactory as _;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::cli::Cli;
    use crate::config::{LogLevel, Settings, Transport};

    /// Reads `arguments`, `environment` and the files of a working directory.
    fn read(
        arguments: &[&str],
        environment: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> Result<Loaded<Cli>, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let sources = Sources::new(environment, folder.path().to_owned())?;
        load(
            ["nextcloud-mcp-server"]
                .iter()
                .chain(arguments)
                .map(OsString::from),
            &sources,
        )
    }

    fn settings(
        arguments: &[&str],
        environment: &[(&str, &str)],
        files: &[(&str, &str)],
    ) -> Settings {
        read(arguments, environment, files).unwrap().parsed.settings
    }

    fn refusal(arguments: &[&str], environment: &[(&str, &str)]) -> String {
        read(arguments, environment, &[]).unwrap_err().to_string()
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_dotenv() {
        let files = [(
            ".env",
            "NEXTCLOUD_MCP_PORT=3\nNEXTCLOUD_MCP_HOST=localhost\n",
        )];
        let port = |arguments: &[&str], environment: &[(&str, &str)]| {
            settings(arguments, environment, &files).server.listen_port
        };
        assert_eq!(port(&["--port", "1"], &[("NEXTCLOUD_MCP_PORT", "2")]), 1);
        assert_eq!(port(&[], &[("NEXTCLOUD_MCP_PORT", "2")]), 2);
        assert_eq!(port(&[], &[("NEXTCLOUD_MCP_PORT", "")]), 3);
        assert_eq!(settings(&[], &[], &[]).server.listen_port, 8000);
        assert_eq!(settings(&[], &[], &files).server.listen_host, "localhost");
    }

    #[test]
    fn values_are_text_whatever_they_look_like() {
        for password in ["123456", "true", "null", " a b ", "a,b", "$HOME", "--port"] {
            let found = settings(&[], &[("NEXTCLOUD_PASSWORD", password)], &[])
                .nextcloud
                .nextcloud_password
                .unwrap();
            assert_eq!(found.expose_secret(), password);
        }
        let user = settings(&[], &[("NEXTCLOUD_USERNAME", "007")], &[])
            .nextcloud
            .nextcloud_username;
        assert_eq!(user.as_deref(), Some("007"));
    }

    #[test]
    fn every_setting_can_come_from_a_file() {
        let files = [("secret", "pass word\n"), ("port", "9000\n")];
        let environment = [
            ("NEXTCLOUD_PASSWORD_FILE", "secret"),
            ("NEXTCLOUD_MCP_PORT_FILE", "port"),
        ];
        let settings = settings(&[], &environment, &files);
        assert_eq!(
            settings
                .nextcloud
                .nextcloud_password
                .unwrap()
                .expose_secret(),
            "pass word"
        );
        assert_eq!(settings.server.listen_port, 9000);
    }

    #[test]
    fn a_wrong_value_is_explained_where_it_stands() {
        assert_eq!(
            refusal(&[], &[("NEXTCLOUD_MCP_PORT", "http")]),
            "NEXTCLOUD_MCP_PORT: 'http' is not a port from 0 to 65535"
        );
        assert_eq!(
            refusal(&[], &[("NEXTCLOUD_MCP_TRANSPORT", "sse")]),
            "NEXTCLOUD_MCP_TRANSPORT: 'sse' is not one of streamable-http, stdio"
        );
        let in_dotenv = read(&[], &[], &[(".env", "NEXTCLOUD_MCP_CALLS=0")])
            .unwrap_err()
            .to_string();
        assert_eq!(
            in_dotenv,
            "NEXTCLOUD_MCP_CALLS in .env: '0' is not a whole number of at least 1"
        );
        let in_file = read(
            &[],
            &[("NEXTCLOUD_MCP_PORT_FILE", "port")],
            &[("port", "x")],
        )
        .unwrap_err()
        .to_string();
        assert_eq!(
            in_file,
            "NEXTCLOUD_MCP_PORT_FILE: 'x' is not a port from 0 to 65535"
        );
        assert!(
            refusal(&[], &[("NEXTCLOUD_MCP_READ_ONLY", "perhaps")])
                .starts_with("NEXTCLOUD_MCP_READ_ONLY: ")
        );
        assert!(refusal(&["--port", "x"], &[]).contains("--port"));
    }

    #[test]
    fn switches_lists_and_choices_are_read_as_people_write_them() {
        let found = settings(
            &[],
            &[
                ("NEXTCLOUD_MCP_READ_ONLY", "Yes"),
                ("NEXTCLOUD_MCP_ENABLE_PLUGIN", " notes, calendar ,"),
                ("NEXTCLOUD_MCP_TRANSPORT", "http"),
                ("NEXTCLOUD_MCP_LOG_LEVEL", "DEBUG"),
            ],
            &[],
        );
        assert!(found.plugins.read_only);
        assert_eq!(
            found
                .plugins
                .enable
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            ["notes", "calendar"]
        );
        assert_eq!(found.server.transport, Transport::StreamableHttp);
        assert_eq!(found.log.log_level, LogLevel::Debug);
        let flags = settings(
            &[
                "--enable-plugin",
                "notes",
                "--enable-plugin",
                "deck",
                "--transport",
                "stdio",
                "--http-cache=false",
            ],
            &[("NEXTCLOUD_MCP_ENABLE_PLUGIN", "calendar")],
            &[],
        );
        assert_eq!(flags.plugins.enable.len(), 2);
        assert_eq!(flags.server.transport, Transport::Stdio);
        assert!(!flags.nextcloud.http_cache);
        assert!(
            !settings(&[], &[("NEXTCLOUD_MCP_READ_ONLY", "false")], &[])
                .plugins
                .read_only
        );
    }

    #[test]
    fn plugin_commands_know_the_settings_on_both_sides_of_their_name() {
        for arguments in [
            ["--plugin-dir", "x", "plugins", "list"],
            ["plugins", "list", "--plugin-dir", "x"],
        ] {
            let read = read(&arguments, &[("NEXTCLOUD_MCP_PLUGIN_DIR", "y")], &[])
                .unwrap()
                .parsed;
            assert_eq!(
                read.settings.plugins.plugin_dir.to_str(),
                Some("x"),
                "{arguments:?}"
            );
            assert!(read.command.is_some());
        }
        assert_eq!(
            read(
                &["plugins", "list"],
                &[("NEXTCLOUD_MCP_PLUGIN_DIR", "y")],
                &[]
            )
            .unwrap()
            .parsed
            .settings
            .plugins
            .plugin_dir
            .to_str(),
            Some("y")
        );
    }

    #[test]
    fn a_secret_among_the_arguments_is_refused_without_being_repeated() {
        let message = refusal(&["--nextcloud-password", "canary"], &[]);
        assert!(
            message.contains("NEXTCLOUD_PASSWORD_FILE") && !message.contains("canary"),
            "{message}"
        );
    }

    #[test]
    fn no_secret_is_ever_shown() {
        let environment = [
            ("NEXTCLOUD_PASSWORD", "canary"),
            ("NEXTCLOUD_MCP_STATIC_TOKEN", "canary"),
            ("NEXTCLOUD_MCP_PROXY", "canary"),
            ("NEXTCLOUD_USERNAME", "canary"),
        ];
        for help in ["--help", "-h"] {
            let message = refusal(&[help], &environment);
            assert!(
                message.contains("NEXTCLOUD_USERNAME]") && !message.contains("canary"),
                "{message}"
            );
        }
        let printed = format!("{:?}", settings(&[], &environment[..3], &[]));
        assert!(!printed.contains("canary"), "{printed}");
    }

    #[test]
    fn help_names_every_secret_that_it_cannot_list_as_an_option() {
        let help = refusal(&["--help"], &[]);
        for name in Known::of(&Cli::command()).secrets {
            assert!(help.contains(&name), "{name}");
        }
    }

    #[test]
    fn unknown_names_are_pointed_out_with_the_nearest_known_one() {
        let environment = [
            ("NEXTCLOUD_MCP_PLUGINS_DIR", "x"),
            ("NEXTCLOUD_MCP_PROT_FILE", "x"),
            ("NEXTCLOUD_URL", "x"),
            ("NEXTCLOUD_ADMIN_USER", "x"),
            ("NEXTCLOUD_MCP_PORT", "1"),
        ];
        assert_eq!(
            read(&[], &environment, &[]).unwrap().warnings,
            [
                "NEXTCLOUD_MCP_PLUGINS_DIR is not a setting and has no effect; did you mean NEXTCLOUD_MCP_PLUGIN_DIR?",
                "NEXTCLOUD_MCP_PROT is not a setting and has no effect; did you mean NEXTCLOUD_MCP_PORT?",
                "NEXTCLOUD_URL has no effect here; the setting is called NEXTCLOUD_HOST",
            ]
        );
    }

    #[test]
    fn env_sample_describes_every_setting_with_its_default_and_nothing_else() {
        let mut command = Cli::command();
        command.build();
        let declared: BTreeMap<String, String> = command
            .get_arguments()
            .filter_map(|arg| {
                Some((
                    env_name(arg)?,
                    arg.get_default_values()
                        .first()
                        .map(|value| value.to_str().unwrap().to_owned())
                        .unwrap_or_default(),
                ))
            })
            .collect();
        let sample = include_str!("../../../env.sample");
        let lines = sample
            .lines()
            .filter_map(|line| line.strip_prefix('#').unwrap_or(line).split_once('='));
        let settings: Vec<(String, String)> = lines
            .filter(|(name, _)| name.starts_with("NEXTCLOUD_"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let once: BTreeSet<&String> = settings.iter().map(|(name, _)| name).collect();
        assert_eq!(once.len(), settings.len(), "a setting stands there twice");
        assert_eq!(settings.into_iter().collect::<BTreeMap<_, _>>(), declared);
    }

    #[test]
    fn env_sample_can_be_used_as_it_is() {
        let loaded = read(&[], &[], &[(".env", include_str!("../../../env.sample"))]).unwrap();
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
        assert!(loaded.parsed.settings.nextcloud.nextcloud_host.is_none());
    }

    #[test]
    fn the_command_is_well_formed() {
        Cli::command().debug_assert();
    }
}
