//! `plugins enable` and `plugins disable`: whether a plugin that was approved is loaded.

use serde_json::json;

use super::{or_bundled, plugin_folder};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{PluginName, set_enabled};

/// Switches a plugin on or off.
pub(in crate::cli) fn switch(
    settings: &Settings,
    name: &PluginName,
    on: bool,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let lock = settings
        .plugins
        .selection()
        .lock_path(plugin_folder(settings)?);
    let changed = set_enabled(name, on, &lock).map_err(|error| or_bundled(error, name))?;
    if json {
        out.json(&json!({ "plugin": name.as_str(), "enabled": on, "changed": changed }))?;
        return Ok(());
    }
    let state = if on { "switched on" } else { "switched off" };
    let already = if changed { "now" } else { "already" };
    out.line(&format!("{name} is {already} {state}"))?;
    Ok(())
}
