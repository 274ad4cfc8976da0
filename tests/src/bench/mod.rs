//! The bench: component sizes, start-up, memory, and what a call adds to what Nextcloud takes. It prints what it
//! measured and judges nothing; no test times anything.

mod notes;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::harness::{Client, Peer, Server, http};
use crate::nextcloud::StandIn;

/// Starts measured; the first one, which may compile, is told apart.
const STARTS: usize = 7;

/// Calls measured for each figure, after [`WARM_UP`] more.
const CALLS: usize = 300;

/// Calls that fill caches and connections first.
const WARM_UP: usize = 20;

/// Measures everything; the result is a text for people.
pub async fn run() -> Result<String> {
    let mut report = String::new();
    sizes(&mut report)?;
    starts(&mut report).await?;
    calls(&mut report).await?;
    notes::many(&mut report).await?;
    Ok(report)
}

fn sizes(report: &mut String) -> Result<()> {
    writeln!(report, "Components (bytes)")?;
    for folder in std::fs::read_dir(Peer::Plugins.required())? {
        let folder = folder?.path();
        let name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        let size = std::fs::metadata(folder.join(format!("{name}.wasm")))?.len();
        writeln!(report, "  {name:<14} {size:>9}")?;
    }
    let server = std::fs::metadata(Peer::Server.required())?.len();
    writeln!(report, "  {:<14} {server:>9}\n", "(the server)")?;
    Ok(())
}

async fn starts(report: &mut String) -> Result<()> {
    let nextcloud = StandIn::with_two_users().await;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let server = Server::basic(&nextcloud, "alice").start().await;
        // Ready means that a client is served, not that a line was written.
        let client = server.client().await;
        client.tools().await;
        times.push(begun.elapsed());
        client.close().await;
        server.terminate().await;
    }
    let first = times.remove(0);
    writeln!(report, "Start, until a client has the list of tools (ms)")?;
    writeln!(report, "  first          {:>9.0}", millis(first))?;
    writeln!(
        report,
        "  warm, median   {:>9.0}   of {}\n",
        millis(median(&mut times)),
        times.len()
    )?;
    Ok(())
}

async fn calls(report: &mut String) -> Result<()> {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "info")
        // More than a bench can send, so that none of its calls is refused.
        .with("NEXTCLOUD_MCP_RATE", "1000000")
        .start()
        .await;
    let client = server.client().await;
    let note = client
        .ok(
            "nc_notes_create_note",
            json!({ "title": "Bench", "content": "x".repeat(2000) }),
        )
        .await;
    let tools = [
        ("nc_notes_get_note", json!({ "note_id": note["id"] })),
        ("nc_capabilities_get_status", json!({})),
        ("nc_notes_list_notes", json!({})),
        ("nc_calendar_list_calendars", json!({})),
    ];
    let direct = direct(&nextcloud, &note).await?;
    writeln!(
        report,
        "A request straight at the stand-in, over a kept connection, median (ms)"
    )?;
    writeln!(report, "  GET a note     {:>9.2}\n", millis(direct))?;
    writeln!(
        report,
        "Calls, one at a time, {CALLS} each (ms)          median      p95   requests"
    )?;
    for (tool, arguments) in &tools {
        let (mut times, requests) = measure(&nextcloud, &client, tool, arguments).await;
        let (middle, slow) = (median(&mut times), percentile(&times, 95));
        writeln!(
            report,
            "  {tool:<38} {:>9.2} {:>8.2} {requests:>10.2}",
            millis(middle),
            millis(slow)
        )?;
        if *tool == "nc_notes_get_note" {
            let added = middle.saturating_sub(direct.mul_f64(requests));
            writeln!(
                report,
                "    of which the server adds            {:>9.2}",
                millis(added)
            )?;
        }
    }
    let process = server.memory().context("the server's memory can be read")?;
    writeln!(
        report,
        "\nMemory of the server after that (MB)\n  resident       {:>9.1}",
        process / 1e6
    )?;
    client.close().await;
    Ok(())
}

/// What the stand-in itself takes, over a connection that is there already, as the server's is.
async fn direct(nextcloud: &StandIn, note: &Value) -> Result<Duration> {
    let url = format!(
        "{}/index.php/apps/notes/api/v1/notes/{}",
        nextcloud.url(),
        note["id"]
    );
    let password = nextcloud.state().user("alice").password.clone();
    let client = http();
    let mut times = Vec::new();
    for _ in 0..WARM_UP + CALLS {
        let begun = Instant::now();
        let request = client
            .get(&url)
            .basic_auth("alice", Some(&password))
            .header("OCS-APIRequest", "true");
        request.send().await?.error_for_status()?.bytes().await?;
        times.push(begun.elapsed());
    }
    Ok(median(&mut times[WARM_UP..]))
}

/// How long each call took, and how many requests one made.
async fn measure(
    nextcloud: &StandIn,
    client: &Client,
    tool: &str,
    arguments: &Value,
) -> (Vec<Duration>, f64) {
    for _ in 0..WARM_UP {
        client.ok(tool, arguments.clone()).await;
    }
    nextcloud.forget_requests();
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        client.ok(tool, arguments.clone()).await;
        times.push(begun.elapsed());
    }
    let requests = u32::try_from(nextcloud.requests().len()).map_or(f64::INFINITY, f64::from);
    (
        times,
        requests / f64::from(u32::try_from(CALLS).unwrap_or(u32::MAX)),
    )
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    percentile(times, 50)
}

/// Of sorted times.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
