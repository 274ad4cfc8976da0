//! Blocks that say of themselves that they can be run, and lines of the log that pages show.

use std::process::Stdio;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Logs, Peer, Server, Start, skip};
use nextcloud_mcp_tests::nextcloud::{NewClient, StandIn, TokenKind};
use regex::Regex;

use super::assert_none;
use super::page::Page;

/// Addresses that pages use for the server and for Nextcloud; what runs gets the real ones.
const SERVERS: &[&str] = &[
    "http://localhost:8000",
    "http://127.0.0.1:8000",
    "https://mcp.example.com",
];
const NEXTCLOUDS: &[&str] = &["https://cloud.example.com"];

/// Longest that one block may take.
const BLOCK: Duration = Duration::from_mins(1);

/// A server in OAuth mode, as most pages speak of, and what the blocks need of its surroundings.
struct Stage {
    nextcloud: StandIn,
    server: Server,
}

impl Stage {
    async fn new() -> Self {
        let nextcloud = StandIn::with_two_users().await;
        let server = Server::oauth(&nextcloud).start().await;
        Self { nextcloud, server }
    }

    /// An access token of Nextcloud's for alice.
    fn token(&self) -> String {
        let client = self
            .nextcloud
            .create_client(NewClient::at("http://127.0.0.1:1/"));
        let (scopes, kind) = ("openid profile", TokenKind::Opaque);
        let issued = self
            .nextcloud
            .issue_token("alice", &client.id, scopes, None, kind);
        issued.access_token
    }

    /// Runs a block as a reader would: in a folder of its own, with the server in the search path and its plugins where it
    /// looks for them, `$TOKEN` set, and every command held to succeed.
    async fn run(&self, block: &str) -> Result<String, String> {
        let mut script = block.to_owned();
        for place in SERVERS {
            script = script.replace(place, self.server.url());
        }
        for place in NEXTCLOUDS {
            script = script.replace(place, &self.nextcloud.url());
        }
        let folder = tempfile::tempdir().expect("a folder");
        let binary = Peer::Server.required();
        let path = std::env::var("PATH").expect("a search path");
        let path = format!("{}:{path}", binary.parent().expect("a folder").display());
        let mut command = tokio::process::Command::new("bash");
        command
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", folder.path())
            .env("TOKEN", self.token())
            .env("NEXTCLOUD_MCP_PLUGIN_DIR", Peer::Plugins.required())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(BLOCK, command.output()).await;
        let output = output.map_err(|_| "it does not end".to_owned())?;
        let output = output.map_err(|error| error.to_string())?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, error) = (said(&output.stdout), said(&output.stderr));
        output
            .status
            .success()
            .then(|| out.clone())
            .ok_or_else(|| format!("{}\n{out}{error}", output.status))
    }
}

/// What blocks call besides this server, bash and its company.
const PROGRAM: &str = "curl";

#[tokio::test]
async fn every_block_that_can_be_run_does_what_its_page_says() {
    let found = std::process::Command::new(PROGRAM)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if found.is_err() {
        let test = "every_block_that_can_be_run_does_what_its_page_says";
        return skip(test, &format!("{PROGRAM} is missing; install it"));
    }
    let stage = Stage::new().await;
    let mut wrong = Vec::new();
    let mut ran = 0;
    for page in &Page::all() {
        for (index, block) in page.blocks.iter().enumerate() {
            if block.it.mark != "run" {
                continue;
            }
            assert_eq!(block.it.language, "sh", "{}", page.at(block.line));
            ran += 1;
            let shown = page.blocks.get(index + 1);
            let shown = shown.filter(|block| block.it.mark == "output");
            let result = stage.run(&block.it.text).await;
            let result = result.and_then(|written| match shown {
                Some(shown) => holds(&written, &shown.it.text),
                None => Ok(()),
            });
            if let Err(why) = result {
                wrong.push(format!("{}: {why}", page.at(block.line)));
            }
        }
    }
    assert_none(&wrong);
    assert!(ran > 0, "no page has a block to run");
}

/// Whether what was written has every line that the page shows.
fn holds(written: &str, shown: &str) -> Result<(), String> {
    let written = without_what_differs(written);
    let missing = shown
        .lines()
        .find(|line| !written.contains(&without_what_differs(line)));
    missing.map_or(Ok(()), |line| {
        Err(format!("nothing writes `{line}`, but:\n{written}"))
    })
}

#[tokio::test]
async fn every_line_of_the_log_that_a_page_shows_is_one_that_a_server_writes() {
    let written = what_starts_write().await;
    let mut wrong = Vec::new();
    for page in &Page::all() {
        for block in page.blocks.iter().filter(|block| block.it.mark == "log") {
            for line in block.it.text.lines().filter(|line| !line.is_empty()) {
                let shown = without_what_differs(line);
                let is_written = written.iter().any(|line| {
                    line.ends_with(&format!(" {shown}")) || line.contains(&format!(" {shown} "))
                });
                if !is_written {
                    wrong.push(format!("{}: no server writes: {line}", page.at(block.line)));
                }
            }
        }
    }
    assert_none(&wrong);
}

/// The lines of a first and a second start in mode A, of one in mode B and of one in Basic mode.
async fn what_starts_write() -> Vec<String> {
    let mut lines = Vec::new();
    let mut keep =
        |logs: &Logs| lines.extend(logs.all().iter().map(|line| without_what_differs(line)));
    let nextcloud = StandIn::with_two_users().await;
    let quiet = |start: Start| start.with("NEXTCLOUD_MCP_LOG_LEVEL", "info");

    let first = quiet(Server::oauth(&nextcloud)).start().await;
    keep(&first.logs);
    let second = first.restart().await;
    keep(&second.logs);
    drop(second);

    let start = quiet(Server::oauth(&nextcloud));
    let url = start.server_url().to_owned();
    let client =
        NewClient::at(&format!("{url}/oauth/callback")).for_resource(&format!("{url}/mcp"));
    let keys = nextcloud.create_client(client);
    let given = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &keys.secret);
    keep(&given.start().await.logs);

    let basic = quiet(Server::basic(&nextcloud, "alice")).start().await;
    keep(&basic.logs);
    lines
}

/// A line without what is another each time: where things are, and ids.
fn without_what_differs(line: &str) -> String {
    let address = Regex::new(r"https?://[\w.:\[\]-]+").unwrap();
    let id = Regex::new(r"\b\w{16}\.\.\.|\b\w{64}\b").unwrap();
    let line = address.replace_all(line, "ADDRESS");
    id.replace_all(&line, "ID").into_owned()
}
