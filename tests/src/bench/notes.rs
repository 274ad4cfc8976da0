//! What lists and searches take of an account with thousands of notes: time, requests and bytes from Nextcloud.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::{median, millis};
use crate::harness::{Server, http};
use crate::nextcloud::StandIn;

/// Notes of the account.
const NOTES: usize = 5_000;

/// Calls measured for each figure, after one more.
const CALLS: usize = 5;

/// Measures and reports.
pub(super) async fn many(report: &mut String) -> Result<()> {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_many_notes("alice", NOTES);
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_RATE", "1000000")
        .start()
        .await;
    let client = server.client().await;
    let calls: [(&str, &str, Value); 6] = [
        ("a page of 100", "nc_notes_list_notes", json!({})),
        (
            "20 with contents",
            "nc_notes_list_notes",
            json!({"include_content": true, "limit": 20}),
        ),
        (
            "a rare word",
            "nc_notes_search_notes",
            json!({"query": "reykjav"}),
        ),
        (
            "a word in most notes",
            "nc_notes_search_notes",
            json!({"query": "meeting"}),
        ),
        (
            "a word in none",
            "nc_notes_search_notes",
            json!({"query": "zeppelin"}),
        ),
        (
            "thorough",
            "nc_notes_search_notes",
            json!({"query": "reykjavik", "thorough": true}),
        ),
    ];
    writeln!(
        report,
        "\nAn account with {NOTES} notes, the stand-in's own time included    median ms   requests      kB"
    )?;
    for path in ["notes?exclude=content", "notes?chunkSize=500"] {
        let took = straight(&nextcloud, path).await?;
        writeln!(
            report,
            "  {:<62} {:>9.0}",
            format!("(GET {path}, straight at the stand-in)"),
            millis(took)
        )?;
    }
    for (name, tool, arguments) in calls {
        client.ok(tool, arguments.clone()).await;
        nextcloud.forget_requests();
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let begun = Instant::now();
            client.ok(tool, arguments.clone()).await;
            times.push(begun.elapsed());
        }
        let requests = nextcloud.requests();
        let bytes: usize = requests.iter().map(|entry| entry.answer.len()).sum();
        writeln!(
            report,
            "  {:<62} {:>9.0} {:>10} {:>7}",
            format!("{tool}: {name}"),
            millis(median(&mut times)),
            requests.len() / CALLS,
            bytes / CALLS / 1000
        )?;
    }
    client.close().await;
    Ok(())
}

/// What the stand-in itself takes for a request of the API.
async fn straight(nextcloud: &StandIn, path: &str) -> Result<Duration> {
    let url = format!("{}/index.php/apps/notes/api/v1/{path}", nextcloud.url());
    let password = nextcloud.state().user("alice").password.clone();
    let client = http();
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        let request = client
            .get(&url)
            .basic_auth("alice", Some(&password))
            .header("OCS-APIRequest", "true");
        request.send().await?.error_for_status()?.bytes().await?;
        times.push(begun.elapsed());
    }
    Ok(median(&mut times))
}
