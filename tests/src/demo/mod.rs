//! The demo: a stand-in Nextcloud, the built server, and a tour through it that a newcomer can read.
//!
//! Each stop of the tour checks what it shows, so that `just demo --once` ends with a true exit code. Never here: how
//! the server is started (see [`crate::harness`]).

mod invitation;
mod paper;
mod stage;
mod tour;

pub use paper::Paper;
pub use stage::Stage;

use anyhow::Result;

/// Sets the stage, takes the tour, and with `stay` serves until Ctrl-C. An error is the first stop that went wrong.
pub async fn run(paper: &mut Paper, stay: bool) -> Result<()> {
    paper.title("nextcloud-mcp-server: a tour")?;
    let stage = Stage::set().await?;
    paper.text(&format!(
        "A stand-in that answers like a Nextcloud 33 listens at {} (user alice).",
        stage.nextcloud.url()
    ))?;
    paper.text(&format!(
        "The server speaks to it in her name and listens at {}.",
        stage.server.endpoint()
    ))?;
    let client = stage.server.client().await;
    let taken = tour::take(paper, &stage, &client).await;
    client.close().await;
    taken?;
    paper.text("\nEverything above was checked while it was shown.")?;
    if stay {
        let server = stage.server_for_visitors().await;
        invitation::print(paper, &server.endpoint())?;
        tokio::signal::ctrl_c().await?;
    }
    Ok(())
}
