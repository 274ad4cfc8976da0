//! Which plugins there are: those that are bundled, and those in the operator's folder, one folder for each with its manifest
//! and its component.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::authority::Authority;
use super::load::LoadError;
use super::lock::Entry;
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

/// Reads all manifests, and tells the report about those that cannot or shall not be loaded. A plugin in the operator's
/// folder takes the place of the bundled one of its name, and one whose folder was named that of both.
pub(super) fn scan(
    bundled: &'static [Bundled],
    folder: Option<&Path>,
    selection: &Selection,
    authority: &Authority,
    report: &mut LoadReport,
) -> Result<Vec<Found>, LoadError> {
    let (found, mut known) = read_all(bundled, folder, selection, report)?;
    let mut present = BTreeMap::<PluginName, usize>::new();
    for one in &found {
        *present.entry(one.manifest.name.clone()).or_default() += 1;
    }
    known.extend(present.keys().cloned());
    known.extend(authority.approved());
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
    bundled: &'static [Bundled],
    folder: Option<&Path>,
    selection: &Selection,
    report: &mut LoadReport,
) -> Result<(Vec<Found>, BTreeSet<PluginName>), LoadError> {
    let mut found: Vec<Found> = Vec::new();
    let mut guesses = BTreeSet::new();
    for folder in all_folders(folder, selection)? {
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
                report.refuse(source, LoadError::from(error));
            }
        }
    }
    for source in bundled.iter().map(Source::Bundled) {
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
fn all_folders(folder: Option<&Path>, selection: &Selection) -> Result<Vec<PathBuf>, LoadError> {
    let mut folders = selection.beside.clone();
    if let Some(folder) = folder.filter(|folder| folders.is_empty() || folder.exists()) {
        let others = plugin_folders(folder)?;
        folders.extend(
            others
                .into_iter()
                .filter(|other| !selection.beside.contains(other)),
        );
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
    let folder = if is_folder {
        Some(&*path)
    } else {
        path.parent()
    };
    // A bare file name lies in the working directory.
    let folder = folder.map(|folder| {
        if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        }
    });
    let folder = folder.filter(|folder| folder.join(MANIFEST_FILE).is_file());
    let Some(folder) = folder else {
        return Err(LoadError::NoPlugin(path));
    };
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
mod tests {
    use std::fs;

    use super::*;

    fn plugins(names: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (folder, name) in names {
            let folder = root.path().join(folder);
            fs::create_dir(&folder).unwrap();
            let text =
                format!("name = '{name}'\nversion = '1'\nwit = '0.1'\ncomponent = '{name}.wasm'\n");
            fs::write(folder.join(MANIFEST_FILE), text).unwrap();
        }
        root
    }

    fn scan(
        folder: &Path,
        selection: &Selection,
        report: &mut LoadReport,
    ) -> Result<Vec<Found>, LoadError> {
        let authority = Authority::read(Some(folder), selection)?;
        super::scan(&[], Some(folder), selection, &authority, report)
    }

    fn names(found: &[Found]) -> Vec<&str> {
        found
            .iter()
            .map(|found| found.manifest.name.as_str())
            .collect()
    }

    #[test]
    fn only_what_the_operator_wants_is_taken() {
        let root = plugins(&[("b", "notes"), ("a", "calendar"), ("c", "deck")]);
        fs::create_dir(root.path().join("no-plugin")).unwrap();
        let selection = Selection {
            enabled: Some(vec![
                "notes".parse().unwrap(),
                "deck".parse().unwrap(),
                "mail".parse().unwrap(),
            ]),
            disabled: vec!["deck".parse().unwrap()],
            ..Selection::default()
        };
        let mut report = LoadReport::default();
        assert_eq!(
            names(&scan(root.path(), &selection, &mut report).unwrap()),
            ["notes"]
        );
        assert_eq!(report.left_out.len(), 2);
        assert!(
            report.sentences()[0].starts_with("mail is named"),
            "{report}"
        );
        let mut report = LoadReport::default();
        assert_eq!(
            names(&scan(root.path(), &Selection::default(), &mut report).unwrap()),
            ["calendar", "notes", "deck"]
        );
    }

    #[test]
    fn of_two_plugins_with_one_name_neither_is_loaded() {
        let root = plugins(&[("a", "notes"), ("b", "notes"), ("c", "deck")]);
        let mut report = LoadReport::default();
        assert_eq!(
            names(&scan(root.path(), &Selection::default(), &mut report).unwrap()),
            ["deck"]
        );
        assert_eq!(report.refused.len(), 2);
        assert!(
            report
                .to_string()
                .contains("two folders hold a plugin called `notes`"),
            "{report}"
        );
    }

    #[test]
    fn a_broken_manifest_keeps_no_other_plugin_from_loading() {
        let root = plugins(&[("a", "notes"), ("b", "deck")]);
        fs::write(root.path().join("a").join(MANIFEST_FILE), "name = 1").unwrap();
        let mut report = LoadReport::default();
        assert_eq!(
            names(&scan(root.path(), &Selection::default(), &mut report).unwrap()),
            ["deck"]
        );
        assert!(
            report.to_string().contains("does not follow the format"),
            "{report}"
        );
        assert!(
            scan(
                &root.path().join("none"),
                &Selection::default(),
                &mut report
            )
            .is_err()
        );
    }

    static BUNDLED: [Bundled; 2] = [
        Bundled {
            name: "calendar",
            manifest: "name = 'calendar'\nversion = '1'\nwit = '0.1'\ncomponent = 'calendar.wasm'\n",
            component: b"calendar",
        },
        Bundled {
            name: "notes",
            manifest: "name = 'notes'\nversion = '1'\nwit = '0.1'\ncomponent = 'notes.wasm'\n",
            component: b"notes",
        },
    ];

    fn with_bundled(folder: Option<&Path>, selection: &Selection) -> (Vec<Found>, LoadReport) {
        let mut report = LoadReport::default();
        let authority = Authority::read(folder, selection).unwrap();
        let found = super::scan(&BUNDLED, folder, selection, &authority, &mut report).unwrap();
        (found, report)
    }

    #[test]
    fn what_is_bundled_is_there_without_any_folder() {
        let (found, report) = with_bundled(None, &Selection::default());
        assert_eq!(names(&found), ["calendar", "notes"]);
        assert_eq!(report.to_string(), "plugins loaded: none");
        let bytes = found[1].component.read(0).unwrap();
        assert_eq!(bytes.as_ref(), b"notes");
    }

    #[test]
    fn a_plugin_in_the_folder_takes_the_place_of_the_bundled_one_and_leaves_the_others() {
        let root = plugins(&[("mine", "notes"), ("c", "deck")]);
        let (found, report) = with_bundled(Some(root.path()), &Selection::default());
        assert_eq!(names(&found), ["deck", "notes", "calendar"]);
        assert_eq!(found[1].source, Source::Folder(root.path().join("mine")));
        assert_eq!(report.replaced, ["notes".parse().unwrap()]);
    }

    #[test]
    fn two_in_the_folder_do_not_bring_the_bundled_one_back() {
        let root = plugins(&[("a", "notes"), ("b", "notes")]);
        let (found, report) = with_bundled(Some(root.path()), &Selection::default());
        assert_eq!(names(&found), ["calendar"]);
        assert_eq!(report.refused.len(), 2);
    }

    #[test]
    fn what_is_bundled_can_be_left_out_like_any_other() {
        let selection = Selection {
            disabled: vec!["calendar".parse().unwrap()],
            ..Selection::default()
        };
        let (found, report) = with_bundled(None, &selection);
        assert_eq!(names(&found), ["notes"]);
        assert_eq!(report.left_out, ["calendar".parse().unwrap()]);
        assert!(report.missing.is_empty());
    }

    fn at(path: &Path) -> Result<Found, LoadError> {
        find(Source::Folder(path.to_owned()))
    }

    #[test]
    fn a_plugin_is_found_by_its_folder_or_its_component() {
        let root = plugins(&[("a", "notes")]);
        let folder = root.path().join("a");
        assert!(at(&folder).is_ok());
        assert!(at(&folder.join("notes.wasm")).is_ok());
        assert!(matches!(
            at(&folder.join("other.wasm")),
            Err(LoadError::NoPlugin(_))
        ));
        assert!(matches!(at(root.path()), Err(LoadError::NoPlugin(_))));
    }
}
