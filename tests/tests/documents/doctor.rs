//! `doctor`, by the lines of docs/operations.md, in the place where a reader's server runs.

use std::process::{Output, Stdio};
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Browser, Logs, Person, http};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use super::page::Page;
use super::shown;
use super::walk::Walk;

const PAGE: &str = "docs/operations.md";
/// What it says of plugins that are not inside the program, as they are not inside the one that tests run.
const IN_A_FOLDER: &str =
    "3 of them without a lock file, so whoever can write to their folder decides what runs";
const INSIDE: &str = "part of this program";
/// How long one run may take.
const RUN: Duration = Duration::from_mins(1);

/// Runs each line of the page; what people are shown has what the page shows.
pub(crate) async fn is_seen_by(walk: &Walk) {
    let page = Page::read(PAGE);
    let mut blocks = page.blocks.iter().filter(|one| one.it.mark == "doctor");
    let (commands, shown) = (blocks.next().unwrap(), blocks.next().unwrap());
    assert_eq!(
        (&*commands.it.language, &*shown.it.language),
        ("sh", "text")
    );
    for line in commands.it.text.lines() {
        let output = tokio::time::timeout(RUN, run(walk, line)).await;
        let output = output.unwrap_or_else(|_| panic!("{line}: it does not end"));
        let written = String::from_utf8_lossy(&output.stdout);
        let (problems, warnings) = if line.contains("--json") {
            let document: Value = serde_json::from_str(&written).unwrap();
            (document["problems"] != 0, document["warnings"] != 0)
        } else {
            (
                !written.contains(", 0 problem"),
                !written.contains(", 0 warning"),
            )
        };
        assert!(!problems, "{line}\n{written}");
        let fails = line.contains("--strict") && warnings;
        assert_eq!(
            output.status.code(),
            Some(i32::from(fails)),
            "{line}\n{written}"
        );
        if line.contains("# a list for people") {
            let written = written.replace(IN_A_FOLDER, INSIDE);
            let held = shown::holds(&written, &shown.it.text);
            held.unwrap_or_else(|why| panic!("{}: {why}", page.at(shown.line)));
        }
    }
}

/// Runs a line to its end; if it asks for a browser, alice has one.
async fn run(walk: &Walk, line: &str) -> Output {
    let mut command = walk.reader.shell(line);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    let mut process = command.kill_on_drop(true).spawn().unwrap();
    let logs = Logs::of(process.stderr.take().unwrap());
    if line.contains("--sign-in") {
        let address = logs.wait_for("redirect_uri=", RUN).await;
        sign_in(&address.unwrap_or_else(|| panic!("no address to open:\n{}", logs.text()))).await;
    }
    let mut stdout = Vec::new();
    let mut written = process.stdout.take().unwrap();
    written.read_to_end(&mut stdout).await.unwrap();
    let status = process.wait().await.unwrap();
    Output {
        status,
        stdout,
        stderr: logs.text().into_bytes(),
    }
}

async fn sign_in(address: &str) {
    let query = url::Url::parse(address).unwrap();
    let mut query = query.query_pairs();
    let (_, back) = query.find(|(name, _)| name == "redirect_uri").unwrap();
    let mut browser = Browser::stopping_at(&back);
    let arrived = browser.sign_in(address, &Person::example("alice")).await;
    let thanks = http().get(arrived.unwrap()).send().await.unwrap();
    assert!(thanks.status().is_success());
}
