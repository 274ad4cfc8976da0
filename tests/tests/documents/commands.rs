//! Command lines in blocks, in sentences and in the settings of clients and services: those of this server and of `just`.

use std::collections::BTreeSet;
use std::fs;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use nextcloud_mcp_server::cli::Cli;
use regex::Regex;
use serde_json::Value;

use super::on_every_page;
use super::page::{Page, root};
use super::shell;

/// The program's name, wherever it lies.
const SERVER: &str = "nextcloud-mcp-server";
/// Programs that start others, with what these take behind their name.
const STARTERS: &[&str] = &["docker", "systemd-run", "claude"];
/// Languages of blocks that hold command lines.
const SHELLS: &[&str] = &["sh", "bash"];

#[test]
fn every_command_line_of_the_server_is_understood_by_it() {
    on_every_page(|page, wrong| {
        for (line, words, whole) in command_lines(page) {
            let Some(arguments) = of_the_server(&words) else {
                continue;
            };
            if let Some(why) = misunderstood(arguments, whole) {
                wrong.push(format!("{}: `{}`: {why}", page.at(line), words.join(" ")));
            }
        }
    });
}

#[test]
fn every_recipe_of_just_is_there() {
    let justfile = fs::read_to_string(root().join("Justfile")).expect("the Justfile");
    let head = Regex::new(r"(?m)^@?([a-z][a-z0-9-]*)(?: [^:\n]*)?:(?:[^=]|$)").unwrap();
    let recipes: BTreeSet<&str> = head
        .captures_iter(&justfile)
        .map(|found| found.get(1).expect("a name").as_str())
        .collect();
    let there = ["test", "demo", "new-plugin"];
    assert!(
        there.iter().all(|one| recipes.contains(one)) && !recipes.contains("plugins"),
        "{recipes:?}"
    );
    on_every_page(|page, wrong| {
        for (line, words, _) in command_lines(page) {
            let [just, rest @ ..] = &words[..] else {
                continue;
            };
            let recipe = rest.iter().find(|word| !word.starts_with('-'));
            if let Some(recipe) = recipe.filter(|_| just == "just")
                && !recipes.contains(recipe.as_str())
            {
                wrong.push(format!(
                    "{}: the Justfile has no recipe {recipe}",
                    page.at(line)
                ));
            }
        }
    });
}

/// All commands of a page with their lines. Inside of sentences, those of this server, `just` and `occ`; there a command may be
/// named without what it takes, and so is not whole.
pub(crate) fn command_lines(page: &Page) -> Vec<(usize, Vec<String>, bool)> {
    let mut found = Vec::new();
    for block in &page.blocks {
        let text = &block.it.text;
        let lines = if block.it.is(&["console"]) {
            // The rest is what they write.
            let typed = text.lines().filter_map(|line| line.strip_prefix("$ "));
            typed.flat_map(shell::commands).collect()
        } else if block.it.is(SHELLS) {
            shell::commands(text)
        } else if block.it.is(&["ini"]) {
            let starts = text
                .lines()
                .filter_map(|line| line.strip_prefix("ExecStart="));
            starts.flat_map(shell::commands).collect()
        } else if block.it.is(&["json"]) {
            serde_json::from_str(text).map_or_else(|_| Vec::new(), |value| started(&value))
        } else {
            Vec::new()
        };
        found.extend(lines.into_iter().map(|words| (block.line, words, true)));
    }
    for span in &page.spans {
        let text = span.it.as_str();
        // `plugins list` is short for the same with the program in front.
        let text = if text.starts_with("plugins ") {
            format!("{SERVER} {text}")
        } else {
            text.to_owned()
        };
        let begins = [SERVER, "just", "occ"]
            .iter()
            .any(|name| text.starts_with(&format!("{name} ")));
        // How a command is used in general (`[--json]`, `A|B`, `...`) is no command line.
        if begins && !text.contains(['[', '|']) && !text.ends_with("...") {
            let lines = shell::commands(&text).into_iter();
            found.extend(lines.map(|words| {
                let words = words.into_iter().map(filled_in).collect();
                (span.line, words, false)
            }));
        }
    }
    found
}

/// A word as it could be given: `NAME`, `DIR` and the like stand for one.
fn filled_in(word: String) -> String {
    match word.as_str() {
        "JSON" => "{}".to_owned(),
        _ if word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            word.to_ascii_lowercase()
        }
        _ => word,
    }
}

/// What the settings of MCP clients start: objects with `command` and `args`.
fn started(value: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    if let (Some(command), Some(args)) = (value["command"].as_str(), value["args"].as_array()) {
        let args = args.iter().filter_map(Value::as_str);
        found.push(
            [command]
                .into_iter()
                .chain(args)
                .map(str::to_owned)
                .collect(),
        );
    }
    let below: Vec<&Value> = match value {
        Value::Array(values) => values.iter().collect(),
        Value::Object(values) => values.values().collect(),
        _ => Vec::new(),
    };
    found.extend(below.into_iter().flat_map(started));
    found
}

/// The arguments, if this is a command line of the server; `just run` passes its own on.
fn of_the_server(words: &[String]) -> Option<&[String]> {
    match words {
        [just, run, rest @ ..] if just == "just" && run == "run" => Some(rest),
        [program, rest @ ..] if STARTERS.contains(&program.as_str()) => {
            let server = rest.iter().rposition(|word| is_the_server(word))?;
            Some(&rest[server + 1..])
        }
        [program, rest @ ..] => is_the_server(program).then_some(rest),
        [] => None,
    }
}

fn is_the_server(program: &str) -> bool {
    program == SERVER || program.ends_with(&format!("/{SERVER}"))
}

fn misunderstood(arguments: &[String], whole: bool) -> Option<String> {
    let line = [SERVER]
        .into_iter()
        .chain(arguments.iter().map(String::as_str));
    let error = Cli::command().try_get_matches_from(line).err()?;
    let fine = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => true,
        ErrorKind::MissingRequiredArgument
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => !whole,
        _ => false,
    };
    if fine {
        return None;
    }
    error.to_string().lines().next().map(str::to_owned)
}

#[test]
fn a_command_line_that_is_not_understood_is_told_from_one_that_is() {
    let arguments = |line: &str| shell::commands(line).remove(0);
    for good in [
        "nextcloud-mcp-server",
        "just run --port 9000",
        "/usr/bin/nextcloud-mcp-server --help",
        "docker exec nextcloud-mcp-server /nextcloud-mcp-server doctor",
    ] {
        let words = arguments(good);
        assert_eq!(
            misunderstood(of_the_server(&words).unwrap(), true),
            None,
            "{good}"
        );
    }
    for bad in [
        "nextcloud-mcp-server --prot 9000",
        "nextcloud-mcp-server plugin list",
        "just run --port x",
        "nextcloud-mcp-server plugins inspect",
        "docker run --rm nextcloud-mcp-server --oath",
    ] {
        let words = arguments(bad);
        assert!(
            misunderstood(of_the_server(&words).unwrap(), true).is_some(),
            "{bad}"
        );
    }
    let named = arguments("nextcloud-mcp-server plugins inspect");
    assert_eq!(misunderstood(of_the_server(&named).unwrap(), false), None);
    let client = serde_json::json!({ "mcpServers": { "n": { "command": "/x/nextcloud-mcp-server", "args": ["--y"] } } });
    assert_eq!(started(&client), [["/x/nextcloud-mcp-server", "--y"]]);
}
