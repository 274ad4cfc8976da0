//! The page's lines for a server that wants to know who comes: with OAuth, where the client opens a browser (the test's) and
//! a person signs in, and with a static token in Basic mode.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Browser, Client, Peer, Person, Server, http, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};
use tokio::process::Command;
use url::Url;

use crate::stage::{programs, settle};
use crate::{page, rust_lines};

/// What the page says for the server's address and the token.
const PAGES_ENDPOINT: &str = "https://mcp.example.com/mcp";
const PAGES_LOCAL: &str = "http://localhost:8000/mcp";
const PAGES_TOKEN: &str = "YOUR_TOKEN";

const TOKEN: &str = "a-token-of-the-operators";

/// A client signs in, works and ends within this time, on a busy machine.
const ENOUGH: Duration = Duration::from_mins(2);

/// Between two looks whether the browser was opened.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// In the place of a person's browser, by the name under which programs find one where there is no screen (mcp-remote gets no
/// `BROWSER` from who starts it): leaves the address where the test finds it, whole from the beginning.
const BROWSER: &str = "#!/bin/sh\ncd && printf %s \"$1\" >opening && mv opening opened\n";
const BROWSERS_NAME: &str = "www-browser";
const OPENED: &str = "opened";

/// Behind the page's lines in Python: it works as whoever signed in.
const WORK: &str = r#"
import asyncio
import json

async def work():
    async with client:
        tools = [tool.name for tool in await client.list_tools()]
        note = await client.call_tool("nc_notes_create_note", {"title": "From afar", "content": "- snake"})
        print(json.dumps({"tools": tools, "title": note.structured_content["title"]}))

asyncio.run(work())
"#;

/// How fastmcp's client reads a configuration file.
const READ: &str = "
import json
from fastmcp import Client
client = Client(json.load(open('mcp.json')))
";

#[tokio::test]
async fn fastmcp_signs_in() {
    signs_in("fastmcp-oauth", &[Peer::Python]).await;
}

#[tokio::test]
async fn a_configuration_file_for_mcp_remote_signs_in() {
    signs_in("mcp-remote-oauth", &[Peer::Python, Peer::Node]).await;
}

#[tokio::test]
async fn the_inspector_signs_in() {
    signs_in("inspector-oauth", &[Peer::Node]).await;
}

#[tokio::test]
async fn a_configuration_file_for_mcp_remote_hands_over_a_token() {
    hands_over_a_token("mcp-remote-token", &[Peer::Python, Peer::Node]).await;
}

#[tokio::test]
async fn a_configuration_file_hands_over_a_token() {
    hands_over_a_token("file-token", &[Peer::Python]).await;
}

#[tokio::test]
async fn rmcp_hands_over_a_token() {
    let (nextcloud, server) = behind_a_token().await;
    let client = rust_lines::token((), &server.endpoint(), TOKEN).await;
    let client = client.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    assert!(tools.iter().any(|tool| tool.name == "nc_notes_create_note"));
    client.cancel().await.unwrap();
    drop(nextcloud);
}

async fn signs_in(block: &str, peers: &[Peer]) {
    if let Some(missing) = peers.iter().find_map(|peer| peer.find().err()) {
        return skip(block, &missing);
    }
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::oauth(&nextcloud).start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut program = program(block, &server, folder.path());
    let output = async {
        tokio::select! {
            output = program.output() => output.unwrap(),
            never = a_person(folder.path()) => match never {},
        }
    };
    let output = tokio::time::timeout(ENOUGH, output).await;
    check(block, &output.expect("it ends"), &nextcloud);
    assert!(!nextcloud.clients().is_empty(), "nobody signed in");
}

async fn hands_over_a_token(block: &str, peers: &[Peer]) {
    if let Some(missing) = peers.iter().find_map(|peer| peer.find().err()) {
        return skip(block, &missing);
    }
    let (nextcloud, server) = behind_a_token().await;
    let folder = tempfile::tempdir().unwrap();
    let output = program(block, &server, folder.path()).output();
    let output = tokio::time::timeout(ENOUGH, output).await;
    check(block, &output.expect("it ends").unwrap(), &nextcloud);
}

/// A server in Basic mode that nobody gets at without the token.
async fn behind_a_token() -> (StandIn, Server) {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_STATIC_TOKEN", TOKEN)
        .start()
        .await;
    assert!(Client::http(&server.endpoint(), None).await.is_err());
    (nextcloud, server)
}

/// The program that a block of the page is, or that reads it.
fn program(block: &str, server: &Server, folder: &Path) -> Command {
    let lines = page::block(block)
        .replace(PAGES_ENDPOINT, &server.endpoint())
        .replace(PAGES_LOCAL, &server.endpoint())
        .replace(PAGES_TOKEN, TOKEN);
    assert!(lines.contains(&server.endpoint()), "{lines}");
    programs(&folder.join("bin"));
    let mut program = if block.starts_with("inspector") {
        let mut program = Command::new("sh");
        program.args(["-c", &lines]);
        program
    } else {
        let lines = if lines.trim_start().starts_with('{') {
            std::fs::write(folder.join("mcp.json"), lines).unwrap();
            READ
        } else {
            &lines
        };
        let mut program = Command::new(Peer::Python.required());
        program.args(["-c", &format!("{lines}{WORK}")]);
        program
    };
    settle(&mut program, folder);
    browser(folder, &mut program);
    program
}

fn browser(folder: &Path, program: &mut Command) {
    let browser = folder.join("bin").join(BROWSERS_NAME);
    std::fs::write(&browser, BROWSER).unwrap();
    std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o700)).unwrap();
    // The Inspector's: where it waits for the answer, beside others that run now; and not into the keychain of whoever runs
    // the tests.
    program
        .env("BROWSER", BROWSERS_NAME)
        .env("MCP_OAUTH_CALLBACK_URL", callback())
        .env("MCP_INSPECTOR_SECRET_STORE", "file");
}

fn callback() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}/oauth/callback")
}

/// Alice, once the client opens her browser: signs in, allows it and goes back to the client.
async fn a_person(folder: &Path) -> std::convert::Infallible {
    while !folder.join(OPENED).exists() {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let url = std::fs::read_to_string(folder.join(OPENED)).unwrap();
    let address: Url = url.parse().unwrap();
    let mut pairs = address.query_pairs();
    let redirect = pairs.find(|(name, _)| name == "redirect_uri").unwrap().1;
    let mut browser = Browser::stopping_at(&redirect);
    let back = browser.sign_in(&url, &Person::example("alice")).await;
    let answer = http().get(back.unwrap()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    std::future::pending().await
}

/// It saw the tools; and what it wrote is alice's.
fn check(block: &str, output: &Output, nextcloud: &StandIn) {
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{errors}");
    assert!(said.contains("nc_notes_create_note"), "{said}\n{errors}");
    if !block.starts_with("inspector") {
        let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        assert_eq!(last["title"], json!("From afar"));
        assert_eq!(nextcloud.state().notes("alice").len(), 1);
    }
}
