//! Names of settings and options, wherever a page speaks of one.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use nextcloud_mcp_server::cli::Cli;
use regex::Regex;

use super::on_every_page;

/// Names that look like settings and are another program's, with the page that may speak of them.
const ELSEWHERE: &[(&str, &str)] = &[
    // What other servers for Nextcloud call theirs.
    ("docs/running.md", "NEXTCLOUD_URL"),
    ("docs/running.md", "NEXTCLOUD_USER"),
    ("docs/running.md", "NEXTCLOUD_APP_PASSWORD"),
];

/// Variables of the tests, for those who work on the server.
const OF_TESTS: &str = "NEXTCLOUD_MCP_TEST_";

/// What `host/build.rs` reads.
const OF_THE_BUILD: &str = "NEXTCLOUD_MCP_BUNDLE";

/// Options of other programs that stand alone in a sentence: occ's, cargo's, the clients' and the like.
const OTHERS_OPTIONS: &[&str] = &[
    "--allow-http",
    "--allowed_scopes",
    "--cli",
    "--client_id",
    "--client_secret",
    "--disable",
    "--header",
    "--locked",
    "--protocol",
    "--resource_url",
    "--root",
    "--token_type",
    "--type",
];

/// The environment names of all settings.
pub(crate) fn settings() -> BTreeSet<String> {
    let mut command = Cli::command();
    command.build();
    let names = command
        .get_arguments()
        .filter_map(|arg| arg.get_env()?.to_str());
    names.map(str::to_owned).collect()
}

/// Every option of the program and of its commands.
fn options(command: &clap::Command, into: &mut BTreeSet<String>) {
    let longs = command
        .get_arguments()
        .filter_map(clap::Arg::get_long_and_visible_aliases);
    into.extend(longs.flatten().map(|long| format!("--{long}")));
    for below in command.get_subcommands() {
        options(below, into);
    }
}

#[test]
fn every_setting_that_a_page_names_is_one() {
    let settings = settings();
    let pattern = Regex::new(r"\bNEXTCLOUD_[A-Z0-9_]+\*?").unwrap();
    on_every_page(|page, wrong| {
        for (index, line) in page.text.lines().enumerate() {
            for name in pattern.find_iter(line).map(|found| found.as_str()) {
                let known = match name
                    .strip_suffix('*')
                    .or(name.ends_with('_').then_some(name))
                {
                    Some(beginning) => settings.iter().any(|one| one.starts_with(beginning)),
                    None => {
                        name == OF_THE_BUILD
                            || settings.contains(name)
                            || name
                                .strip_suffix("_FILE")
                                .is_some_and(|name| settings.contains(name))
                    }
                };
                let elsewhere = ELSEWHERE.contains(&(&page.name, name));
                if !known && !elsewhere && !name.starts_with(OF_TESTS) {
                    wrong.push(format!("{}: {name} is not a setting", page.at(index + 1)));
                }
            }
        }
    });
}

#[test]
fn every_option_that_a_page_names_is_one() {
    let mut known = BTreeSet::new();
    let mut command = Cli::command();
    command.build();
    options(&command, &mut known);
    let option = Regex::new(r"^--[a-z][a-z0-9_-]*").unwrap();
    on_every_page(|page, wrong| {
        for span in &page.spans {
            let Some(name) = option.find(&span.it).map(|found| found.as_str()) else {
                continue;
            };
            if !known.contains(name) && !OTHERS_OPTIONS.contains(&name) {
                wrong.push(format!("{}: {name} is not an option", page.at(span.line)));
            }
        }
    });
}
