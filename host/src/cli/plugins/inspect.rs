//! `plugins inspect`: everything about one plugin, and what the operator's decisions make of it.

use std::path::{Path, PathBuf};

use super::standing::Standing;
use super::{json, review, sandbox};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{LoadError, Lock, MANIFEST_FILE, Manifest, PluginName};

/// Shows one plugin.
pub(in crate::cli) async fn inspect(
    settings: &Settings,
    plugin: &Path,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let (folder, selection) = (&settings.plugins.plugin_dir, settings.plugins.selection());
    let path = locate(plugin, folder)?;
    let description = sandbox(settings)?.examine(&path, &selection).await?;
    let lock = Lock::read(&selection.lock_path(folder))?;
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

/// A plain name is a plugin of the folder, found by its manifest; anything else is a path.
fn locate(plugin: &Path, folder: &Path) -> Result<PathBuf, CommandError> {
    let name = plugin
        .to_str()
        .and_then(|text| text.parse::<PluginName>().ok());
    let Some(name) = name.filter(|_| !plugin.join(MANIFEST_FILE).is_file()) else {
        return Ok(plugin.to_owned());
    };
    let mut there = Vec::new();
    let entries = std::fs::read_dir(folder).map_err(|error| LoadError::Folder {
        folder: folder.to_owned(),
        error,
    })?;
    for entry in entries.filter_map(Result::ok) {
        match Manifest::read(&entry.path()) {
            Ok(manifest) if manifest.name == name => return Ok(entry.path()),
            Ok(manifest) => there.push(manifest.name.to_string()),
            Err(_) => {}
        }
    }
    there.sort();
    let there = if there.is_empty() {
        "none".to_owned()
    } else {
        there.join(", ")
    };
    Err(CommandError::NoPlugin {
        name: name.to_string(),
        folder: folder.display().to_string(),
        there,
    })
}
