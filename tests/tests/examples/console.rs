//! What docs/plugins.md shows of an author's terminal (its `console author` blocks): each line behind `$` is typed, in a folder in which
//! the tutorial's plugin lies, and writes what stands below it. Times and digests are others, `...` stands for anything.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nextcloud_mcp_tests::harness::Logs;
use nextcloud_mcp_tests::nextcloud::StandIn;
use regex::Regex;

use crate::author::Desk;

/// Where the tutorial's plugin lies, from the checkout, and where the page says that the author is.
const HERE: &str = "plugins/more";
const HOME: &str = "/home/ann";
/// How long `plugins dev` may take to begin, and to begin again.
const DEV: Duration = Duration::from_mins(3);

/// A line that is typed, and what the page shows of what it writes.
struct Entry {
    typed: &'static str,
    shown: Vec<&'static str>,
}

fn entries(page: &'static str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for block in page.split("\n```console author\n").skip(1) {
        for line in block.split("\n```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(typed) => entries.push(Entry {
                    typed,
                    shown: Vec::new(),
                }),
                None => entries.last_mut().unwrap().shown.push(line),
            }
        }
    }
    entries
}

/// Types everything, in the page's order.
pub(crate) async fn types_what_the_page_shows(
    desk: &Desk,
    nextcloud: &StandIn,
    page: &'static str,
) {
    make_a_broken_one(&desk.path(HERE));
    fs::create_dir(desk.path("empty")).unwrap();
    let entries = entries(page);
    assert!(entries.len() > 6, "{} lines to type", entries.len());
    for entry in entries {
        // What makes a folder of that name begins where there is none.
        let folder = if entry.typed.contains("plugins new") {
            "empty"
        } else {
            HERE
        };
        let mut command = desk.command(folder, entry.typed);
        let password = nextcloud.state().user("alice").password.clone();
        command
            .env("NEXTCLOUD_HOST", nextcloud.url())
            .env("NEXTCLOUD_USERNAME", "alice")
            .env("NEXTCLOUD_PASSWORD", password)
            .env("NEXTCLOUD_MCP_PORT", "0");
        // A server would say of each that it is no setting.
        let of_tests = std::env::vars().filter(|(name, _)| name.starts_with("NEXTCLOUD_MCP_TEST_"));
        for (name, _) in of_tests {
            command.env_remove(name);
        }
        let written = if entry.typed.contains("plugins dev") {
            saves_a_file(command, &desk.path(HERE).join("people/src/plugin.py")).await
        } else {
            finishes(command, &entry).await
        };
        let here = desk.path(HERE).display().to_string();
        holds(&written.replace(&here, HOME), &entry);
    }
}

/// With the three mistakes in its manifest that the page shows.
fn make_a_broken_one(folder: &Path) {
    let (good, broken) = (folder.join("people"), folder.join("broken"));
    fs::create_dir(&broken).unwrap();
    fs::copy(good.join("people.wasm"), broken.join("people.wasm")).unwrap();
    let manifest = fs::read_to_string(good.join("plugin.toml")).unwrap();
    let path = Regex::new("(?m)^path = .*$").unwrap();
    let manifest = path.replace(&manifest, "path = \"/ocs/**\"");
    let manifest = manifest.replace("wit = \"0.1\"", "wit = \"0.2\"\nauthor = \"Ann\"");
    fs::write(broken.join("plugin.toml"), manifest).unwrap();
}

/// What a command writes that ends by itself: well, unless the page shows that something is wrong.
async fn finishes(command: Command, entry: &Entry) -> String {
    let mut command = tokio::process::Command::from(command);
    let output = command.output().await.unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let fails = entry
        .shown
        .iter()
        .any(|line| line.contains("would not load"));
    let code = i32::from(fails);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}\n{out}{error}",
        entry.typed
    );
    out.into_owned()
}

/// What `plugins dev` writes until a file is saved and it builds again.
async fn saves_a_file(mut command: Command, file: &Path) -> String {
    command.stderr(Stdio::piped()).process_group(0);
    let mut process = tokio::process::Command::from(command).spawn().unwrap();
    let logs = Logs::of(process.stderr.take().unwrap());
    let ready = logs.wait_for("MCP server ready at", DEV).await;
    assert!(ready.is_some(), "{}", logs.text());
    let code = fs::read_to_string(file).unwrap();
    fs::write(file, code + "\n# saved\n").unwrap();
    let begins = |line: &String| line.starts_with("Building ");
    let again = async {
        while logs.all().iter().filter(|line| begins(line)).count() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let again = tokio::time::timeout(DEV, again).await;
    // Its build as well.
    let group = format!("-{}", process.id().unwrap());
    let ended = Command::new("kill").args(["-KILL", "--", &group]).status();
    assert!(ended.unwrap().success());
    assert!(again.is_ok(), "{}", logs.text());
    logs.text()
}

/// Whether what was written begins with what is shown; a line `...` is any number of lines.
fn holds(written: &str, entry: &Entry) {
    let mut lines = written.lines();
    let mut any = false;
    for &shown in &entry.shown {
        if shown == "..." {
            any = true;
            continue;
        }
        let pattern = pattern(shown);
        let is_it = |line: &str| pattern.is_match(line);
        let found = if std::mem::take(&mut any) {
            lines.any(is_it)
        } else {
            lines.next().is_some_and(is_it)
        };
        assert!(found, "{}: `{shown}` is not in\n{written}", entry.typed);
    }
}

/// A line, whatever it took and wherever it listens.
fn pattern(shown: &str) -> Regex {
    let mut pattern = regex::escape(shown);
    for (differs, instead) in [
        (r"\d+\\\.\d+ (ms|MiB)", r"[\d.]+ $1"),
        ("[0-9a-f]{8,}", "[0-9a-f]+"),
        (r":\d{5}", r":\d+"),
        (r"\\\.\\\.\\\.", ".*"),
    ] {
        let differs = Regex::new(differs).unwrap();
        pattern = differs.replace_all(&pattern, instead).into_owned();
    }
    // The page leaves out when a line was logged.
    let begins = if shown.starts_with("INFO ") {
        ".* "
    } else {
        ""
    };
    Regex::new(&format!("^{begins}{pattern}$")).unwrap()
}

#[test]
fn a_line_may_differ_in_times_and_digests_alone() {
    let shown = "INFO ... 1 request with 455 B in 20.2 ms, digest=\"4f2c5df2...\"";
    let line = |text: &str| pattern(shown).is_match(text);
    assert!(line(
        "now INFO x: 1 request with 455 B in 7.13 ms, digest=\"0a0a0a0a0a0a\""
    ));
    assert!(!line(
        "now INFO x: 1 request with 456 B in 7.13 ms, digest=\"0a0a0a0a0a0a\""
    ));
    assert!(!line(
        "now INFO x: 1 request with 455 B in 7.13 ms, digest=\"none\""
    ));
}
