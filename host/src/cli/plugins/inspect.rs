//! `plugins inspect`: everything about one plugin, and what the operator's decisions make of it.

use std::path::Path;

use super::standing::Standing;
use super::{json, review, sandbox};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{Bundled, LoadError, Lock, MANIFEST_FILE, PluginName, Plugins, Source};

/// Shows one plugin.
pub(in crate::cli) async fn inspect(
    settings: &Settings,
    plugin: &Path,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let (folder, selection) = (
        settings.plugins.plugin_dir.as_deref(),
        settings.plugins.selection(),
    );
    let source = locate(plugin, folder)?;
    let description = sandbox(settings)?.examine(source, &selection).await?;
    Plugins::check_policy(folder, &selection, &description.manifest.name)?;
    let lock = folder.map(|folder| Lock::read(&selection.lock_path(folder)));
    let lock = lock.transpose()?.flatten();
    let standing = Standing::of(&description, lock.as_ref());
    if json {
        let mut told = json::description(&description, &selection);
        told["lock"] = standing.json();
        out.json(&told)?;
    } else {
        review::whole(&description, &standing, &selection, out)?;
    }
    Ok(())
}

/// A plain name is a plugin of the folder, found by its manifest, or a bundled one; anything else is a path.
fn locate(plugin: &Path, folder: Option<&Path>) -> Result<Source, CommandError> {
    let name = plugin
        .to_str()
        .and_then(|text| text.parse::<PluginName>().ok());
    let Some(name) = name.filter(|_| !plugin.join(MANIFEST_FILE).is_file()) else {
        return Ok(Source::Folder(plugin.to_owned()));
    };
    let mut there = Vec::new();
    let bundled = Bundled::all().iter().map(Source::Bundled);
    for source in folder
        .map(folders)
        .transpose()?
        .into_iter()
        .flatten()
        .chain(bundled)
    {
        match source.manifest() {
            Ok(manifest) if manifest.name == name => return Ok(source),
            Ok(manifest) => there.push(manifest.name.to_string()),
            Err(_) => {}
        }
    }
    there.sort();
    there.dedup();
    let there = if there.is_empty() {
        "none".to_owned()
    } else {
        there.join(", ")
    };
    Err(CommandError::NoPlugin {
        name: name.to_string(),
        there,
    })
}

fn folders(folder: &Path) -> Result<Vec<Source>, LoadError> {
    let entries = std::fs::read_dir(folder).map_err(|error| LoadError::Folder {
        folder: folder.to_owned(),
        error,
    })?;
    let entries = entries.filter_map(Result::ok);
    Ok(entries.map(|entry| Source::Folder(entry.path())).collect())
}
