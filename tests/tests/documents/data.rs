//! Blocks of data: read by the reader that they are meant for, or by one of their language.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, Stdio};

use nextcloud_mcp_server::cli;
use nextcloud_mcp_server::config::Sources;
use nextcloud_mcp_tests::harness::{Peer, skip};

use super::names::settings;
use super::page::{Block, Page};
use super::{assert_none, on_every_page};

/// Reads YAML from standard input with the reader that a peer from npm brings; fails with its message.
const READ_YAML: &str = "const { parseAllDocuments } = require('yaml');\
    const all = parseAllDocuments(require('fs').readFileSync(0, 'utf8'), { strict: true });\
    for (const one of all) for (const error of one.errors) throw error;";

/// What is wrong with each block of these languages, with its place in front.
fn look(
    page: &Page,
    languages: &[&str],
    wrong: &mut Vec<String>,
    read: impl Fn(&Block) -> Result<(), String>,
) {
    for block in page.blocks.iter().filter(|block| block.it.is(languages)) {
        if let Err(why) = read(&block.it) {
            wrong.push(format!("{}: {why}", page.at(block.line)));
        }
    }
}

#[test]
fn every_block_of_json_and_toml_can_be_read() {
    on_every_page(|page, wrong| {
        look(page, &["json"], wrong, |block| {
            let value: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
            value.map(drop).map_err(|error| error.to_string())
        });
        look(page, &["toml"], wrong, |block| {
            let value: Result<toml::Table, _> = toml::from_str(&block.text);
            value.map(drop).map_err(|error| error.message().to_owned())
        });
    });
}

#[test]
fn every_block_of_yaml_can_be_read() {
    let node = match Peer::Node.find() {
        Ok(node) => node,
        Err(missing) => return skip("every_block_of_yaml_can_be_read", &missing),
    };
    let read = |block: &Block| {
        let mut command = Command::new("node");
        command
            .args(["-e", READ_YAML])
            .current_dir(&node)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| error.to_string())?;
        let mut input = process.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut input, block.text.as_bytes()).expect("a reader");
        drop(input);
        let output = process.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stderr);
        let message = said.lines().find(|line| line.contains("Error"));
        output
            .status
            .success()
            .then_some(())
            .ok_or_else(|| message.unwrap_or("it is no YAML").to_owned())
    };
    for (text, good) in [
        ("a: [1, 2]\n---\nb: c\n", true),
        ("a: [1, 2\nb: c\n", false),
    ] {
        assert_eq!(read(&Block::of("yaml", text)).is_ok(), good, "{text}");
    }
    on_every_page(|page, wrong| look(page, &["yaml"], wrong, read));
}

/// By the server's own reader: names, values and quotes.
#[test]
fn every_block_of_settings_can_be_used_as_it_stands() {
    let settings = settings();
    on_every_page(|page, wrong| {
        look(page, &["dotenv"], wrong, |block| {
            let folder = tempfile::tempdir().expect("a folder");
            let mut text = String::new();
            for line in block.text.lines() {
                // The files that such lines name are elsewhere.
                match line.split_once("_FILE=") {
                    Some((name, _)) if settings.contains(name) => {}
                    Some((name, _)) => return Err(format!("{name} is not a setting")),
                    None => text.extend([line, "\n"]),
                }
            }
            fs::write(folder.path().join(".env"), text).expect("a file");
            let sources = Sources::new(BTreeMap::new(), folder.path().to_owned());
            let sources = sources.map_err(|error| error.to_string())?;
            let loaded = cli::parse([OsString::from("server")], &sources);
            let warnings = loaded.map_err(|error| error.to_string())?.warnings;
            // A file made here has the modes of this machine.
            let warnings: Vec<_> = warnings
                .iter()
                .filter(|one| !one.contains("chmod"))
                .collect();
            warnings
                .is_empty()
                .then_some(())
                .ok_or_else(|| format!("{warnings:?}"))
        });
    });
}

/// What lies in a block without a language is looked at by nobody.
#[test]
fn every_block_says_what_it_is() {
    const KNOWN: &[&str] = &[
        "bash",
        "c",
        "caddy",
        "css",
        "diff",
        "dotenv",
        "go",
        "http",
        "ini",
        "javascript",
        "js",
        "json",
        "make",
        "nginx",
        "python",
        "rust",
        "sh",
        "text",
        "toml",
        "wit",
        "yaml",
        "zig",
        "csharp",
        "console",
        "typescript",
        "dockerfile",
        "mermaid",
    ];
    let mut wrong = Vec::new();
    for page in &Page::all() {
        for block in page.blocks.iter().filter(|block| !block.it.is(KNOWN)) {
            wrong.push(format!(
                "{}: a block whose language is `{}`; write what it is (text, if nothing)",
                page.at(block.line),
                block.it.language
            ));
        }
    }
    assert_none(&wrong);
}
