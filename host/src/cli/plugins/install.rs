//! `plugins install`: shows a plugin, asks, puts it into the folder and pins it.

use std::path::Path;

use serde_json::json;

use super::changes::{self, Before, Change};
use super::review::section;
use super::standing::Standing;
use super::{json, plugin_folder, review, sandbox, shown};
use crate::cli::CommandError;
use crate::cli::ask::Person;
use crate::cli::output::Output;
use crate::config::Settings;
use crate::plugin::{Lock, Placement, PluginDescription, Plugins, Selection, Source, There};

/// Installs the plugin at `source`, if the person agrees.
pub(in crate::cli) async fn install(
    settings: &Settings,
    source: &Path,
    mut person: Person,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let (folder, selection) = (plugin_folder(settings)?, settings.plugins.selection());
    let lock_path = selection.lock_path(folder);
    let plugins = sandbox(settings)?;
    let plugin = plugins
        .examine(Source::Folder(source.to_owned()), &selection)
        .await?;
    let lock = Lock::read(&lock_path)?;
    let placement = Placement::of(&plugin, folder, lock.as_ref())?;
    let standing = Standing::of(&plugin, lock.as_ref());
    let before = before(&plugins, &plugin, &placement, lock.as_ref(), &selection).await;
    let changes = before.map(|before| changes::between(&before, &plugin));
    if !json {
        review::whole(&plugin, &standing, &selection, out)?;
        if let Some(changes) = &changes {
            changes_text(changes, out)?;
        }
        section(
            out,
            "What happens",
            steps(&placement, &plugin, lock.as_ref()).into_iter(),
        )?;
        let question = format!(
            "\nInstall {} {} and allow it all of this?",
            plugin.manifest.name,
            shown(&plugin.manifest.version)
        );
        if !person.agrees(&question, out)? {
            return Err(CommandError::NotAgreed);
        }
    }
    placement.install(&plugin, &lock_path)?;
    if json {
        let changes = changes.map(|all| all.iter().map(Change::json).collect::<Vec<_>>());
        out.json(&json!({
            "installed": json::description(&plugin, &selection),
            "folder": placement.folder, "lock": lock_path, "changes": changes,
        }))?;
    } else {
        out.line(&format!(
            "{} {} is installed in {} and pinned in {}",
            plugin.manifest.name,
            shown(&plugin.manifest.version),
            placement.folder.display(),
            lock_path.display()
        ))?;
    }
    Ok(())
}

/// What is there now: the plugin in the folder if it can be read, else what the lock file remembers.
async fn before(
    plugins: &Plugins,
    plugin: &PluginDescription,
    placement: &Placement,
    lock: Option<&Lock>,
    selection: &Selection,
) -> Option<Before> {
    if placement.there == There::Another
        && let Ok(there) = plugins
            .examine(Source::Folder(placement.folder.clone()), selection)
            .await
    {
        return Some(Before::from(&there));
    }
    lock?.entry(&plugin.manifest.name).map(Before::from)
}

fn changes_text(changes: &[Change], out: &mut Output) -> Result<(), CommandError> {
    let nothing = "nothing that is shown here".to_owned();
    let nothing = changes.is_empty().then_some(nothing);
    let lines = changes.iter().flat_map(Change::lines);
    let lines = lines.map(|line| shown(&line)).chain(nothing);
    section(out, "What changes", lines)
}

/// What is done if the person agrees.
fn steps(placement: &Placement, plugin: &PluginDescription, lock: Option<&Lock>) -> Vec<String> {
    let folder = placement.folder.display();
    let mut steps = vec![match placement.there {
        There::Nothing => format!("{folder} is made, with manifest and component"),
        There::Itself => format!("{folder} stays as it is"),
        There::Another => {
            format!("manifest and component go into {folder}; other files there stay")
        }
    }];
    let replaces = placement.replaces(plugin, lock);
    steps.extend(replaces.into_iter().map(|(path, ours)| {
        let own = if ours {
            ""
        } else {
            ", though it is not as it was installed here: keep a copy if it is yours"
        };
        format!("{} is replaced{own}", path.display())
    }));
    if lock.is_none() {
        steps.push(
            "a lock file is begun: from now on only what was installed is loaded from the folder"
                .to_owned(),
        );
    }
    steps
}
