//! How to connect a client of one's own to the server that is running now.

use std::io::Result;

use serde_json::json;

use super::paper::Paper;
use super::stage::Mode;

/// Prints what common clients take.
pub(super) fn print(paper: &mut Paper, mode: Mode, endpoint: &str) -> Result<()> {
    paper.stop("Your turn: connect a client")?;
    paper.item(&format!(
        "The endpoint: {endpoint} (streamable HTTP, this machine only)"
    ))?;
    paper.item(match mode {
        Mode::OAuth => {
            "Your client opens a browser. Sign in as alice (alice-pass-12345) or bob (bob-pass-12345)."
        }
        Mode::Basic => "There is no sign-in; you are alice.",
    })?;
    paper.text("\n   Clients that read a JSON file:")?;
    let entry = json!({ "mcpServers": { "nextcloud": { "type": "http", "url": endpoint } } });
    for line in serde_json::to_string_pretty(&entry)
        .unwrap_or_default()
        .lines()
    {
        paper.item(line)?;
    }
    paper.text("\n   Clients that only start programs, through mcp-remote (Node):")?;
    paper.item(&format!("npx mcp-remote {endpoint} --allow-http"))?;
    paper.text("\n   Ask it, for instance: \"What is on my shopping list, and when is the team meeting after Easter?\"")?;
    paper.text("\nCtrl-C ends the demo; nothing is kept.")
}
