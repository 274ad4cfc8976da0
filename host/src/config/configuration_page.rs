//! `docs/configuration.md` against the declarations: every setting has one row there, and no row is about anything else.
//!
//! A row is `| NAME | option | default | what it is |`; the first three are compared, the last is for people.

use std::collections::BTreeMap;

use clap::{Arg, CommandFactory as _};

use super::load::{Known, env_name};
use crate::cli::Cli;

/// The page.
const PAGE: &str = include_str!("../../../docs/configuration.md");
/// Stands for an option or a default that there is none of.
const NONE: &str = "–";

/// The first three cells of a row.
type Row = [String; 3];

#[test]
fn the_page_describes_every_setting_with_its_option_and_default_and_nothing_else() {
    let mut command = Cli::command();
    command.build();
    let secrets = Known::of(&command).secrets;
    let mut written = rows();
    let mut wrong = Vec::new();
    for arg in command.get_arguments() {
        let Some(name) = env_name(arg) else { continue };
        let row = declared(arg, &name, secrets.contains(&name));
        match written.remove(&row[0]) {
            Some(found) if found == row => {}
            Some(found) => wrong.push(format!(
                "is:     | {} |\n  must be | {} | ... |",
                found.join(" | "),
                row.join(" | ")
            )),
            None => wrong.push(format!(
                "missing | {} | {} |",
                row.join(" | "),
                described(arg)
            )),
        }
    }
    wrong.extend(
        written
            .into_values()
            .map(|row| format!("no such setting: | {} |", row.join(" | "))),
    );
    assert!(
        wrong.is_empty(),
        "docs/configuration.md:\n  {}",
        wrong.join("\n  ")
    );
}

/// The page's rows by the setting's name. One that stands there twice is an error.
fn rows() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in PAGE
        .lines()
        .filter(|line| line.starts_with("| `NEXTCLOUD_"))
    {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let row: Row = std::array::from_fn(|_| cells.next().unwrap_or_default().to_owned());
        assert!(
            cells.next().is_some_and(|meaning| meaning.len() > 10),
            "says nothing: {line}"
        );
        let twice = rows.insert(row[0].clone(), row);
        assert!(twice.is_none(), "stands there twice: {line}");
    }
    rows
}

/// The row as it must be. A secret has no option: the arguments of a process can be read by every user of the machine.
fn declared(arg: &Arg, name: &str, secret: bool) -> Row {
    let code = |text: String| format!("`{text}`");
    let option = arg.get_long().filter(|_| !secret);
    let default: Vec<_> = arg
        .get_default_values()
        .iter()
        .filter_map(|value| value.to_str())
        .collect();
    [
        code(name.to_owned()),
        option.map_or_else(|| NONE.to_owned(), |long| code(format!("--{long}"))),
        if default.is_empty() {
            NONE.to_owned()
        } else {
            code(default.join(","))
        },
    ]
}

/// What a row that is missing could say.
fn described(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help());
    help.map(ToString::to_string)
        .unwrap_or_default()
        .replace('\n', " ")
}
