//! `plugins dev`: builds a plugin whenever one of its files is saved, and serves it beside the others meanwhile.
//!
//! A build that fails, or a component that would not load, leaves what was served. Everything is said on standard error:
//! standard output is MCP's where that is how clients speak to it.

use std::path::Path;
use std::time::Duration;

use super::build::{Builder, built, is_plugin};
use crate::cli::output::Output;
use crate::cli::tree::Tree;
use crate::cli::{CommandError, serve};
use crate::config::Settings;

/// How often the sources are looked at. A plugin has some dozen files; the folders of build tools beside them, which have
/// thousands, are left out, and so no system's limit of watches is met.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

/// Builds until it succeeds, then serves and goes on building.
pub(in crate::cli) async fn dev(
    mut settings: Settings,
    folder: &Path,
    command: Option<&str>,
    mut out: Output,
) -> Result<(), CommandError> {
    is_plugin(folder)?;
    let builder = Builder::new(folder, command)?;
    let mut sources = look(&builder);
    while !attempt(&builder, &settings, &mut out).await? {
        out.line("Waiting for a file to be saved.")?;
        sources = changed(&builder, sources).await;
    }
    settings.plugins.beside.push(builder.folder().to_owned());
    let serving = settings.clone();
    tokio::select! {
        served = serve::serve(serving) => Ok(served?),
        ended = keep_building(&builder, &settings, sources, &mut out) => ended,
    }
}

async fn keep_building(
    builder: &Builder,
    settings: &Settings,
    mut sources: Tree,
    out: &mut Output,
) -> Result<(), CommandError> {
    let mut ended = None;
    loop {
        let begun = changed(builder, sources).await;
        // Nothing was saved since the last build: what changed, changed while it ran. Somebody may have saved then, so that is
        // built once more; but what changes in that build, too, it writes itself.
        let is_echo = ended.as_ref() == Some(&begun);
        // The server notices by itself that the component is another one.
        attempt(builder, settings, out).await?;
        let after = look(builder);
        ended = Some(after.clone());
        sources = if is_echo { after } else { begun };
    }
}

/// Whether there is now a plugin that can be served. An error is one of ours, not the plugin's.
async fn attempt(
    builder: &Builder,
    settings: &Settings,
    out: &mut Output,
) -> Result<bool, CommandError> {
    out.line(&format!("Building {}.", builder.folder().display()))?;
    match builder.build().await {
        Ok(()) => Ok(built(settings, builder.folder(), out).await?.loads()),
        Err(error) => {
            out.line(&format!(
                "It is not built: {error}. What was served serves on."
            ))?;
            Ok(false)
        }
    }
}

fn look(builder: &Builder) -> Tree {
    Tree::of(builder.folder(), &Builder::is_made)
}

/// Waits until the sources are others than they were, and have been the same for a moment.
async fn changed(builder: &Builder, mut before: Tree) -> Tree {
    let mut is_another = false;
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let now = look(builder);
        if now != before {
            is_another = true;
            before = now;
        } else if is_another {
            return now;
        }
    }
}
