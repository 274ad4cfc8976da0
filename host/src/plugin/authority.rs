//! What the operator approved and what they narrowed, read anew at each load: whether a plugin is loaded at all, and under
//! which rules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::LoadError;
use super::folder::{Approval, Found};
use super::lock::{Entry, LOCK_FILE, Lock};
use super::manifest::ManifestError;
use super::name::PluginName;
use super::policy::Policy;
use super::reload::MadeFrom;
use super::selection::Selection;
use super::shown::Shown;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Authority {
    /// Empty where there is neither a folder of plugins nor a name for the file.
    pub(super) lock_path: PathBuf,
    /// `None` where there is no lock file.
    pub(super) lock: Option<Lock>,
    /// Nothing is loaded without one.
    lock_required: bool,
    pub(super) policy: Policy,
}

/// Why a plugin is not loaded, though it could be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Untrusted {
    /// The operator wants one.
    #[error(
        "there is no lock file {} that says it was approved, and one is required. {}", lock.display(), review(folder)
    )]
    NoLock {
        /// Where it would be.
        lock: PathBuf,
        /// The plugin's.
        folder: PathBuf,
    },
    /// Somebody put it there without the command.
    #[error("it is not in the lock file {}. {}", lock.display(), review(folder))]
    NotInstalled {
        /// In which it is not.
        lock: PathBuf,
        /// The plugin's.
        folder: PathBuf,
    },
    /// Not what was approved.
    #[error(
        "{what} is not what was approved: {detail}. {}, or put back what was there",
        review(folder)
    )]
    Differs {
        /// What of it.
        what: &'static str,
        /// How.
        detail: String,
        /// The plugin's.
        folder: PathBuf,
    },
}

/// What the operator can do about it, as a sentence without its end.
fn review(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Review it with `nextcloud-mcp-server plugins inspect {folder}`, then approve it with `nextcloud-mcp-server plugins install {folder}`"
    )
}

impl Authority {
    pub(super) fn read(folder: Option<&Path>, selection: &Selection) -> Result<Self, LoadError> {
        let lock_path = folder.map(|folder| selection.lock_path(folder));
        let lock_path = lock_path
            .or_else(|| selection.lock.clone())
            .unwrap_or_default();
        let policy = match &selection.policy {
            Some(path) => Policy::read(path)?,
            None => Policy::default(),
        };
        Ok(Self {
            lock: Lock::read(&lock_path)?,
            lock_path,
            // Whoever names a place for it means that it is there.
            lock_required: selection.lock_required || selection.lock.is_some(),
            policy,
        })
    }

    /// Why what was found may be loaded, if it may.
    pub(super) fn approve(&self, found: &Found) -> Result<Approval, Untrusted> {
        if let Approval::Named | Approval::Bundled = &found.approval {
            return Ok(found.approval.clone());
        }
        let (lock, folder) = (self.lock_path.clone(), found.source.place());
        let Some(known) = &self.lock else {
            return if self.lock_required {
                Err(Untrusted::NoLock { lock, folder })
            } else {
                Ok(Approval::Unasked)
            };
        };
        let entry = known.entry(&found.manifest.name);
        let Some(entry) = entry else {
            return Err(Untrusted::NotInstalled { lock, folder });
        };
        entry.holds_manifest(found)?;
        Ok(Approval::Pinned(Box::new(entry.clone())))
    }

    /// Why a folder whose manifest cannot be read is not loaded. Of what was approved, it is not that any more.
    pub(super) fn unread(&self, folder: &Path, error: ManifestError) -> LoadError {
        let name = folder.file_name().and_then(|name| name.to_str());
        let mut known = self.lock.iter().flat_map(Lock::entries);
        if known.any(|(_, entry)| Some(&*entry.folder) == name) {
            differs("its manifest", error.to_string(), folder).into()
        } else {
            error.into()
        }
    }

    /// Whether what is served already may be served on, though what lies there now cannot take its place.
    pub(super) fn upholds(&self, served: &MadeFrom, name: &PluginName) -> bool {
        let approved = match (&served.approval, &self.lock) {
            (Approval::Named | Approval::Bundled, _) => true,
            (Approval::Unasked, None) => !self.lock_required,
            (Approval::Pinned(entry), Some(lock)) => lock.entry(name) == Some(entry),
            (Approval::Unasked, Some(_)) | (Approval::Pinned(_), None) => false,
        };
        approved && !self.disables(name) && self.policy.of(name) == served.policy
    }

    /// Whether the plugin is switched off.
    pub(super) fn disables(&self, name: &PluginName) -> bool {
        let entry = self.lock.as_ref().and_then(|lock| lock.entry(name));
        entry.is_some_and(|entry| !entry.enabled)
    }

    /// Every plugin that was approved.
    pub(super) fn approved(&self) -> BTreeSet<PluginName> {
        let entries = self.lock.iter().flat_map(Lock::entries);
        entries.map(|(name, _)| name.clone()).collect()
    }
}

impl Selection {
    /// Where the lock file is, or would be.
    pub fn lock_path(&self, folder: &Path) -> PathBuf {
        self.lock.clone().unwrap_or_else(|| folder.join(LOCK_FILE))
    }
}

impl Entry {
    fn holds_manifest(&self, found: &Found) -> Result<(), Untrusted> {
        let folder = &found.source.place();
        same(
            "its manifest",
            &self.manifest_sha256,
            &found.manifest_sha256,
            folder,
        )?;
        if self.allow == found.manifest.allow {
            return Ok(());
        }
        // The manifest is the approved one, so the lock file was changed.
        let detail = "the allow lines in the lock file are not those of its manifest".to_owned();
        Err(differs("what it may send", detail, folder))
    }

    /// Whether these are the approved component's bytes.
    pub(super) fn holds_component(&self, sha256: &str, folder: &Path) -> Result<(), Untrusted> {
        same("its component", &self.component_sha256, sha256, folder)
    }

    /// Whether it says of itself what it said.
    pub(super) fn holds_words(&self, shown: &Shown, folder: &Path) -> Result<(), Untrusted> {
        let names = self.tools.keys().chain(shown.tools.keys());
        let changed: BTreeSet<_> = names
            .filter(|name| self.tools.get(*name) != shown.tools.get(*name))
            .map(String::as_str)
            .collect();
        let what = "what it says of itself";
        if changed.is_empty() {
            return same(what, &self.says_sha256, &shown.digest, folder);
        }
        let names = changed.into_iter().collect::<Vec<_>>().join(", ");
        Err(differs(what, format!("the tools {names}"), folder))
    }
}

fn same(what: &'static str, approved: &str, found: &str, folder: &Path) -> Result<(), Untrusted> {
    if approved == found {
        return Ok(());
    }
    let detail = format!("its SHA-256 is {found}, the lock file says {approved}");
    Err(differs(what, detail, folder))
}

fn differs(what: &'static str, detail: String, folder: &Path) -> Untrusted {
    Untrusted::Differs {
        what,
        detail,
        folder: folder.to_owned(),
    }
}
