//! `plugins verify`: whether the folder is what the lock file says.

use serde_json::json;

use super::{plugin_folder, sandbox, shown};
use crate::cli::CommandError;
use crate::cli::output::Output;
use crate::cli::table::Table;
use crate::config::Settings;
use crate::plugin::{PluginName, Verdict};

/// Shows each plugin and whether it would be loaded; fails if any would not.
pub(in crate::cli) async fn verify(
    settings: &Settings,
    json: bool,
    out: &mut Output,
) -> Result<(), CommandError> {
    let (folder, selection) = (plugin_folder(settings)?, settings.plugins.selection());
    let verdicts = sandbox(settings)?.verify(folder, &selection).await?;
    let name = |one: &Verdict| {
        let name = one.plugin.as_ref().map(PluginName::as_str);
        name.unwrap_or("?").to_owned()
    };
    if json {
        let all = verdicts.iter().map(|one| {
            json!({
                "plugin": one.plugin.as_ref().map(PluginName::as_str), "folder": one.folder,
                "ok": one.differs.is_none(), "differs": one.differs,
            })
        });
        out.json(&all.collect::<Vec<_>>())?;
    } else {
        let mut table = Table::new(["PLUGIN", "FOLDER", "STATE"]);
        for one in &verdicts {
            let state = if one.differs.is_none() {
                "as approved"
            } else {
                "DIFFERS"
            };
            let folder = one.folder.display().to_string();
            table.row([name(one), folder, state.to_owned()]);
        }
        out.table(&table)?;
        for one in &verdicts {
            if let Some(why) = &one.differs {
                out.line(&shown(&format!("{}: {why}", one.folder.display())))?;
            }
        }
    }
    if verdicts.iter().all(|one| one.differs.is_none()) {
        Ok(())
    } else {
        Err(CommandError::Differs)
    }
}
