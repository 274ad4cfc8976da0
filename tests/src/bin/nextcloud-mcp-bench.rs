//! `just bench`: prints what the server costs, measured now on this machine.

use std::io::Write as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let report = nextcloud_mcp_tests::bench::run().await?;
    Ok(std::io::stdout().write_all(report.as_bytes())?)
}
