//! What an operator has: health, logs with one id for each request, the audit, metrics, an orderly end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod audit;
mod doctor;
mod drain;
mod health;
mod metrics;
mod refused;
mod request_id;

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Logs, Server, Start, http};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

/// How long a line may take from where it is written to where a test reads it.
const SOON: Duration = Duration::from_secs(5);

/// Basic mode as alice, who has a note, with a log for machines.
async fn stage() -> (StandIn, Start) {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let start = Server::basic(&nextcloud, "alice").with("NEXTCLOUD_MCP_LOG_FORMAT", "json");
    (nextcloud, start)
}

/// A call of a tool, as a request of HTTP that a test can add to.
fn calling(endpoint: &str, tool: &str, arguments: &Value) -> reqwest::RequestBuilder {
    let params = json!({"name": tool, "arguments": arguments});
    http()
        .post(endpoint)
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
}

/// The lines of the log that are objects with this message, or of this target.
fn lines(server: &Server, name: &str, value: &str) -> Vec<Value> {
    lines_of(&server.logs, name, value)
}

fn lines_of(logs: &Logs, name: &str, value: &str) -> Vec<Value> {
    let all = logs.all();
    let all = all.iter().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    });
    all.filter(|line| line[name] == value).collect()
}

/// Waits until there are so many lines of the audit.
async fn audit(server: &Server, count: usize) -> Vec<Value> {
    let begun = std::time::Instant::now();
    loop {
        let found = lines(server, "target", "audit");
        if found.len() >= count || begun.elapsed() > SOON {
            assert_eq!(found.len(), count, "{found:#?}");
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the stand-in was asked for a path.
async fn asked(nextcloud: &StandIn, path: &str) {
    let begun = std::time::Instant::now();
    while nextcloud.requests_to(path).is_empty() {
        assert!(begun.elapsed() < SOON, "nobody asked for {path}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
