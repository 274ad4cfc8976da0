//! The Python SDK's client, which most people's agents are written with, over HTTP and over pipes.

use nextcloud_mcp_tests::harness::{Peer, Server, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::Value;

/// Lists the tools, creates a note, fails once, and says what it saw as one line of JSON.
const TOUR: &str = include_str!("tour.py");

#[tokio::test]
async fn the_python_client_works_over_http() {
    let Ok(python) = Peer::Python.find() else {
        return skip(
            "the_python_client_works_over_http",
            "no Python with the package `mcp`",
        );
    };
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let mut command = tokio::process::Command::new(python);
    command.args(["-c", TOUR, "http", &server.endpoint()]);
    check(command, &nextcloud).await;
}

#[tokio::test]
async fn the_python_client_works_over_stdio() {
    let Ok(python) = Peer::Python.find() else {
        return skip(
            "the_python_client_works_over_stdio",
            "no Python with the package `mcp`",
        );
    };
    let nextcloud = StandIn::with_two_users().await;
    let (settings, _) = Server::basic(&nextcloud, "alice").into_parts();
    let settings: serde_json::Map<String, Value> = settings
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    let mut command = tokio::process::Command::new(python);
    let server = Peer::Server.required().display().to_string();
    command.args([
        "-c",
        TOUR,
        "stdio",
        &server,
        &Value::Object(settings).to_string(),
    ]);
    check(command, &nextcloud).await;
}

async fn check(mut command: tokio::process::Command, nextcloud: &StandIn) {
    let output = command.kill_on_drop(true).output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let last = String::from_utf8_lossy(&output.stdout)
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned();
    let seen: Value =
        serde_json::from_str(&last).unwrap_or_else(|error| panic!("{error}: {last}\n{errors}"));
    let tools = seen["tools"].as_array().unwrap();
    assert!(
        tools.iter().any(|name| name == "nc_notes_create_note"),
        "{tools:?}"
    );
    assert_eq!(seen["title"], "From Python");
    assert_eq!(seen["failed"], true, "a note that is not there is an error");
    let notes = nextcloud.state().notes("alice");
    assert_eq!((notes.len(), notes[0].content.as_str()), (1, "- snake"));
}
