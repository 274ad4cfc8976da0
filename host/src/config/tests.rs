//! Settings as a whole: flags, environment, files and `.env` together, and `env.sample` against the declarations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;

use clap::CommandFactory as _;
use secrecy::ExposeSecret as _;

use super::load::{ConfigError, Known, Loaded, env_name, load};
use super::sources::Sources;
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

fn settings(arguments: &[&str], environment: &[(&str, &str)], files: &[(&str, &str)]) -> Settings {
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
            read.settings.plugins.plugin_dir,
            Some("x".into()),
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
        .plugin_dir,
        Some("y".into())
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
    let named_so = [("NEXTCLOUD_MCP_POLICY_FILE", "policy.toml")];
    let read = read(&[], &named_so, &[]).unwrap();
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    let policy = read.parsed.settings.plugins.policy_file;
    assert_eq!(policy.as_deref(), Some(std::path::Path::new("policy.toml")));
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
