//! Holding the folder of plugins against the lock file, without serving anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::authority::Authority;
use super::folder::{self, Approval, Found, Search};
use super::lock::{Entry, Lock};
use super::name::PluginName;
use super::report::LoadReport;
use super::selection::Selection;
use super::source::{Bundled, Source};
use super::{LoadError, Plugins};

/// Whether a plugin of the folder is what the lock file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name, where it can be known.
    pub plugin: Option<PluginName>,
    /// Its folder.
    pub folder: PathBuf,
    /// Why it would not be loaded.
    pub differs: Option<String>,
}

impl Plugins {
    /// Looks at every plugin of `folder` and every entry of the lock file, switched off or left out ones as well.
    pub async fn verify(
        &self,
        folder: &Path,
        selection: &Selection,
    ) -> Result<Vec<Verdict>, LoadError> {
        let _loading = self.kept.lock().await;
        let everything = Selection {
            enabled: None,
            disabled: Vec::new(),
            lock_required: true,
            ..selection.clone()
        };
        let mut authority = Authority::read(Some(folder), &everything)?;
        authority.lock = authority.lock.map(Lock::all_enabled);
        let mut report = LoadReport::default();
        let mut verdicts = Vec::new();
        let search = Search {
            bundled: Bundled::all(),
            folder: Some(folder),
            selection: &everything,
            authority: &authority,
            known: &BTreeSet::new(),
        };
        for found in folder::scan(&search, &mut report)? {
            if found.approval != Approval::Bundled {
                verdicts.push(self.verdict(found, &everything).await);
            }
        }
        let entries: Vec<_> = authority.lock.iter().flat_map(Lock::entries).collect();
        verdicts.extend(report.refused.into_iter().map(|refused| Verdict {
            plugin: named(&entries, folder, &refused.source),
            differs: Some(refused.reason.to_string()),
            folder: refused.source.place(),
        }));
        verdicts.extend(absent(&entries, folder, &verdicts));
        verdicts.sort_by(|one, other| one.folder.cmp(&other.folder));
        Ok(verdicts)
    }

    async fn verdict(&self, found: Found, selection: &Selection) -> Verdict {
        let (folder, name) = (found.source.place(), found.manifest.name.clone());
        let result = Box::pin(self.load_one(found, selection)).await;
        Verdict {
            plugin: Some(name),
            folder,
            differs: result.err().map(|error| error.to_string()),
        }
    }
}

/// Which plugin was approved in a folder, or says that it is there.
fn named(entries: &[(&PluginName, &Entry)], plugins: &Path, source: &Source) -> Option<PluginName> {
    let found = entries
        .iter()
        .find(|(_, entry)| Some(&*plugins.join(&entry.folder)) == source.folder());
    match found {
        Some((name, _)) => Some((*name).clone()),
        None => source.manifest().ok().map(|manifest| manifest.name),
    }
}

/// What the lock file names and no folder holds.
fn absent(entries: &[(&PluginName, &Entry)], plugins: &Path, seen: &[Verdict]) -> Vec<Verdict> {
    let seen: BTreeSet<_> = seen.iter().filter_map(|one| one.plugin.as_ref()).collect();
    let missing = entries.iter().filter(|(name, _)| !seen.contains(name));
    let verdict = |(name, entry): &(&PluginName, &Entry)| Verdict {
        plugin: Some((*name).clone()),
        folder: plugins.join(&entry.folder),
        differs: Some("it is in the lock file, but not in its folder".to_owned()),
    };
    missing.map(verdict).collect()
}
