//! `just demo`: see the server at work without a Nextcloud.

use std::process::ExitCode;

use clap::Parser;
use nextcloud_mcp_tests::demo::{Mode, Paper, run};

/// Starts a stand-in Nextcloud and the server, takes a tour through it, then stays up for a client of your own.
#[derive(Debug, Parser)]
struct Arguments {
    /// End after the tour; the exit code says whether everything was as it should be.
    #[arg(long)]
    once: bool,
    /// Show Basic mode: one user, no sign-in.
    #[arg(long)]
    basic: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut paper = Paper::default();
    let mode = if arguments.basic {
        Mode::Basic
    } else {
        Mode::OAuth
    };
    match run(&mut paper, mode, !arguments.once).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard output is gone as well, the exit code still tells.
            let _ = paper.text(&format!("\nThe tour ended early. Expected: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
