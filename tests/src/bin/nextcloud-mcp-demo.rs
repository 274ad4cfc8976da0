//! `just demo`: see the server at work without a Nextcloud.

use clap::Parser;
use nextcloud_mcp_tests::demo::{Paper, run};

/// Starts a stand-in Nextcloud and the server, takes a tour through it, then stays up for a client of your own.
#[derive(Debug, Parser)]
struct Arguments {
    /// End after the tour; the exit code says whether everything was as it should be.
    #[arg(long)]
    once: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    run(&mut Paper::default(), !arguments.once).await
}
