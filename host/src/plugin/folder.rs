//! Which plugins there are: those that are bundled, and those in the operator's folder, one folder for each with its manifest
//! and its component.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::authority::Authority;
use super::load::LoadError;
use super::lock::{Entry, folder_of};
use super::manifest::{MANIFEST_FILE, Manifest, ManifestError};
use super::name::PluginName;
use super::policy::PluginPolicy;
use super::report::{LoadReport, RefusedBecause};
use super::selection::Selection;
use super::shown::digest;
use super::source::{Binary, Bundled, Source};

/// A plugin that was found: its manifest, read once, and where its component is.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: Source,
    pub(super) manifest: Manifest,
    pub(super) manifest_bytes: Vec<u8>,
    pub(super) manifest_sha256: String,
    pub(super) component: Binary,
    pub(super) approval: Approval,
    /// What the operator's policy says about it.
    pub(super) policy: PluginPolicy,
}

/// By what authority a plugin is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Approval {
    /// Nobody keeps a lock file.
    Unasked,
    /// The lock file says what it was approved with.
    Pinned(Box<Entry>),
    /// Whoever started the server named its folder.
    Named,
    /// It came with the program, which was approved as a whole.
    Bundled,
}

impl Found {
    fn read(source: Source) -> Result<Self, ManifestError> {
        let bytes = source.manifest_bytes()?;
        let manifest = Manifest::parse(&bytes, &source.place().join(MANIFEST_FILE))?;
        Ok(Self {
            manifest_sha256: digest(&bytes),
            manifest_bytes: bytes,
            component: source.binary(&manifest.component),
            approval: match source {
                Source::Bundled(_) => Approval::Bundled,
                Source::Folder(_) => Approval::Unasked,
            },
            source,
            manifest,
            policy: PluginPolicy::default(),
        })
    }
}

/// Where plugins are looked for, and what decides about those that are found.
pub(super) struct Search<'a> {
    pub(super) bundled: &'static [Bundled],
    pub(super) folder: Option<&'a Path>,
    pub(super) selection: &'a Selection,
    pub(super) authority: &'a Authority,
    /// Plugins that were there since the process began. A rule may name one that was removed; else its removal would fail, and
    /// it would serve on.
    pub(super) known: &'a BTreeSet<PluginName>,
}

/// Reads all manifests, and tells the report about those that cannot or shall not be loaded. A plugin in the operator's
/// folder takes the place of the bundled one of its name, and one whose folder was named that of both.
pub(super) fn scan(search: &Search<'_>, report: &mut LoadReport) -> Result<Vec<Found>, LoadError> {
    let Search {
        selection,
        authority,
        ..
    } = *search;
    let (found, mut known) = read_all(search, report)?;
    let mut present = BTreeMap::<PluginName, usize>::new();
    for one in &found {
        *present.entry(one.manifest.name.clone()).or_default() += 1;
    }
    known.extend(present.keys().cloned());
    known.extend(authority.approved());
    known.extend(search.known.iter().cloned());
    authority.policy.check_plugins(&known)?;
    let missing: BTreeSet<_> = selection
        .named()
        .filter(|name| !present.contains_key(name))
        .collect();
    report.missing = missing.into_iter().cloned().collect();
    let mut wanted = Vec::new();
    for mut one in found {
        let name = one.manifest.name.clone();
        if !selection.takes(&name) {
            report.left_out.push(name);
        } else if authority.disables(&name) {
            report.disabled.push(name);
        } else if present.get(&name) != Some(&1) {
            report.refuse(one.source, RefusedBecause::SameName(name));
        } else {
            match authority.approve(&one) {
                Ok(approval) => {
                    one.approval = approval;
                    one.policy = authority.policy.of(&name);
                    wanted.push(one);
                }
                Err(error) => report.refuse(one.source, LoadError::from(error)),
            }
        }
    }
    Ok(wanted)
}

/// Every plugin whose manifest can be read, first those that take the place of others. And the names that the rest may
/// have: a broken manifest says none, so its folder's is the best guess.
fn read_all(
    search: &Search<'_>,
    report: &mut LoadReport,
) -> Result<(Vec<Found>, BTreeSet<PluginName>), LoadError> {
    let selection = search.selection;
    let mut found: Vec<Found> = Vec::new();
    let mut guesses = BTreeSet::new();
    for folder in all_folders(search)? {
        let is_named = selection.beside.contains(&folder);
        let source = Source::Folder(folder.clone());
        match Found::read(source.clone()) {
            Ok(mut one) if is_named => {
                one.approval = Approval::Named;
                found.push(one);
            }
            Ok(one) if holds(&found, &one, |other| other.approval == Approval::Named) => {
                report.left_out.push(one.manifest.name);
            }
            Ok(one) => found.push(one),
            Err(error) => {
                let name = folder.file_name().and_then(|name| name.to_str());
                guesses.extend(name.and_then(|name| name.parse().ok()));
                report.refuse(source, search.authority.unread(&folder, error));
            }
        }
    }
    for source in search.bundled.iter().map(Source::Bundled) {
        match Found::read(source.clone()) {
            Ok(one) if holds(&found, &one, |_| true) => report.replaced.push(one.manifest.name),
            Ok(one) => found.push(one),
            Err(error) => report.refuse(source, LoadError::from(error)),
        }
    }
    report.replaced.retain(|name| selection.takes(name));
    Ok((found, guesses))
}

/// Whether there is another one of this name among those that `counts`.
fn holds(found: &[Found], one: &Found, counts: impl Fn(&Found) -> bool) -> bool {
    let mut same = found
        .iter()
        .filter(|other| other.manifest.name == one.manifest.name);
    same.any(counts)
}

/// First those that take the place of others. A folder of plugins that is not there is missed only if no other was named.
fn all_folders(search: &Search<'_>) -> Result<Vec<PathBuf>, LoadError> {
    let beside = &search.selection.beside;
    let mut folders = beside.clone();
    let folder = search.folder;
    if let Some(folder) = folder.filter(|folder| folders.is_empty() || folder.exists()) {
        let others = plugin_folders(folder)?.into_iter();
        folders.extend(others.filter(|other| !beside.contains(other)));
    }
    Ok(folders)
}

/// Folders that hold a manifest, in the order of their names, whatever order the file system has.
pub(super) fn plugin_folders(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |error| LoadError::Folder {
        folder: folder.to_owned(),
        error,
    };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // What is half installed has a hidden name.
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !hidden && path.join(MANIFEST_FILE).is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The plugin that `source` means: a bundled one, a folder, or the component beside its manifest.
pub(super) fn find(source: Source) -> Result<Found, LoadError> {
    let Source::Folder(path) = source else {
        return Ok(Found::read(source)?);
    };
    let is_folder = path.is_dir();
    let folder = if is_folder { &path } else { folder_of(&path) };
    if !folder.join(MANIFEST_FILE).is_file() {
        return Err(LoadError::NoPlugin(path));
    }
    let found = Found::read(Source::Folder(folder.to_owned()))?;
    if !is_folder && path.file_name() != Some(found.manifest.component.as_ref()) {
        return Err(LoadError::NoPlugin(path));
    }
    Ok(found)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#[path = "folder_tests.rs"]
mod tests;
