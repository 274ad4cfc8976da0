//! `plugins remove`: takes a plugin out of the folder and the lock file.

use serde_json::json;

use super::review::section;
use super::{or_bundled, plugin_folder};
use crate::cli::CommandError;
use crate::cli::ask::Person;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{PluginName, Removal};

/// Removes what was installed, if the person agrees, and says what is left.
pub(in crate::cli) fn remove(
    settings: &Settings,
    name: &PluginName,
    mut person: Person,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let folder = plugin_folder(settings)?;
    let lock = settings.plugins.selection().lock_path(folder);
    let removal = Removal::of(name, folder, &lock).map_err(|error| or_bundled(error, name))?;
    let Removal { files, left, .. } = &removal;
    if !json {
        let lines = |paths: &[std::path::PathBuf]| {
            let lines = paths.iter().map(|path| path.display().to_string());
            lines.collect::<Vec<_>>().into_iter()
        };
        section(
            out,
            "These are deleted, as they were installed",
            lines(files),
        )?;
        section(
            out,
            "These stay: they changed since, or were not installed",
            lines(left),
        )?;
        if !person.agrees(&format!("\nRemove {name}?"), out)? {
            return Err(CommandError::NotAgreed);
        }
    }
    removal.remove(name, &lock)?;
    if json {
        out.json(&json!({ "removed": name.as_str(), "deleted": files, "left": left }))?;
    } else {
        out.line(&format!("{name} is removed"))?;
    }
    Ok(())
}
