//! The demo: a stand-in Nextcloud, the built server, and a tour through it that a newcomer can read.
//!
//! Each stop of the tour checks what it shows, so that `just demo --once` ends with a true exit code. Never here: how
//! the server is started (see [`crate::harness`]).

mod invitation;
mod paper;
mod signing_in;
mod stage;
mod tour;

pub use paper::Paper;
pub use stage::{Mode, Stage};

use anyhow::Result;

/// Sets the stage, takes the tour, and with `stay` serves until Ctrl-C. An error is the first stop that went wrong.
pub async fn run(paper: &mut Paper, mode: Mode, stay: bool) -> Result<()> {
    paper.title("nextcloud-mcp-server: a tour")?;
    let stage = Stage::set(mode).await?;
    paper.text(&format!(
        "A stand-in that answers like a Nextcloud 33 listens at {} (users alice and bob).",
        stage.nextcloud.url()
    ))?;
    paper.text(&format!(
        "The server listens at {}, {}.",
        stage.server.endpoint(),
        match mode {
            Mode::OAuth => "for whoever signs in",
            Mode::Basic => "and is alice to everybody who reaches it",
        }
    ))?;
    let client = match mode {
        Mode::OAuth => signing_in::take(paper, &stage).await?,
        Mode::Basic => stage.server.client().await,
    };
    let taken = tour::take(paper, &stage, &client).await;
    client.close().await;
    taken?;
    paper.text("\nEverything above was checked while it was shown.")?;
    if stay {
        let server = stage.server_for_visitors().await;
        invitation::print(paper, mode, &server.endpoint())?;
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
