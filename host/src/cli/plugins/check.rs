//! `plugins check`: everything that is wrong with a plugin, in sentences.

use std::path::Path;

use serde_json::{Value, json};

use super::standing::Standing;
use super::{sandbox, shown};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{Checkup, Lock, Plugins, Source, folder_of};

/// Said after a plugin that loads.
const UNSEEN: &str = "Not seen by this: what its tools send. `plugins call` runs one and shows each request, and what the manifest refuses.";

/// Looks at one plugin; an error if the host would not load it.
pub(in crate::cli) async fn check(
    settings: &Settings,
    plugin: &Path,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let plugins = sandbox(settings)?;
    let checkup = plugins.check(plugin).await;
    let standing = if checkup.loads() {
        standing(settings, &plugins, plugin).await?
    } else {
        None
    };
    if json {
        let mut told = check_json(plugin, &checkup);
        told["lock"] = json!(standing.as_ref().map(Standing::json));
        out.json(&told)?;
    } else {
        print(plugin, &checkup, out)?;
        if let Some(standing) = standing {
            out.line(&format!("{standing}."))?;
        }
    }
    if checkup.loads() {
        Ok(())
    } else {
        Err(CommandError::Wrong)
    }
}

/// How a plugin stands to the lock file, if it lies in the operator's folder of plugins: an author's own is in none.
async fn standing(
    settings: &Settings,
    plugins: &Plugins,
    plugin: &Path,
) -> Result<Option<Standing>, CommandError> {
    let selection = settings.plugins.selection();
    let Some(folder) = settings.plugins.plugin_dir.as_deref() else {
        return Ok(None);
    };
    let own = if plugin.is_dir() {
        plugin
    } else {
        folder_of(plugin)
    };
    let real = |path: &Path| path.canonicalize().ok();
    let is_inside = real(own).is_some_and(|own| own.parent() == real(folder).as_deref());
    if !is_inside {
        return Ok(None);
    }
    let lock = Lock::read(&selection.lock_path(folder))?;
    let source = Source::Folder(own.to_owned());
    let description = plugins.examine(source, &selection).await?;
    Ok(Some(Standing::of(&description, lock.as_ref())))
}

pub(super) fn print(plugin: &Path, checkup: &Checkup, out: &mut Output) -> std::io::Result<()> {
    let plugin = plugin.display();
    match &checkup.manifest {
        Some(manifest) => {
            let (name, version, wit) = (&manifest.name, &manifest.version, &manifest.wit);
            let (version, wit) = (shown(version), shown(wit));
            out.line(&format!("{plugin}: {name} {version}, for contract {wit}"))?;
        }
        None => out.line(&format!("{plugin}:"))?,
    }
    for error in &checkup.errors {
        out.line(&format!("  wrong: {}", shown(error)))?;
    }
    for warning in &checkup.warnings {
        out.line(&format!("  worth knowing: {}", shown(warning)))?;
    }
    if !checkup.loads() {
        return out.line(&match checkup.errors.len() {
            1 => "1 thing is wrong. The host would not load it.".to_owned(),
            count => format!("{count} things are wrong. The host would not load it."),
        });
    }
    let has = [
        (checkup.tools.len(), "tool"),
        (checkup.resources.len(), "resource"),
        (checkup.prompts.len(), "prompt"),
    ];
    let has = has.map(|(count, what)| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {what}{plural}")
    });
    out.line(&format!(
        "Nothing is wrong. The host would load it: {}.",
        has.join(", ")
    ))?;
    out.line(UNSEEN)
}

fn check_json(plugin: &Path, checkup: &Checkup) -> Value {
    let manifest = checkup.manifest.as_ref();
    json!({
        "plugin": plugin,
        "loads": checkup.loads(),
        "name": manifest.map(|manifest| manifest.name.as_str()),
        "version": manifest.map(|manifest| &manifest.version),
        "wit": manifest.map(|manifest| &manifest.wit),
        "sha256": checkup.digest,
        "errors": checkup.errors,
        "warnings": checkup.warnings,
        "tools": checkup.tools,
        "resources": checkup.resources,
        "prompts": checkup.prompts,
    })
}
