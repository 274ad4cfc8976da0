//! The folder of all plugins: one folder for each, with its manifest and its component.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::load::LoadError;
use super::manifest::{MANIFEST_FILE, Manifest};
use super::name::PluginName;
use super::report::{LoadReport, Refused, RefusedBecause};
use super::selection::Selection;

/// A plugin that was found and is wanted.
pub(super) struct Found {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
}

/// Reads all manifests, and tells the report about those that cannot or shall not be loaded.
pub(super) fn scan(
    folder: &Path,
    selection: &Selection,
    report: &mut LoadReport,
) -> Result<Vec<Found>, LoadError> {
    let mut wanted = Vec::new();
    let mut present = BTreeMap::<PluginName, usize>::new();
    let mut beside = Vec::new();
    for folder in all_folders(folder, selection)? {
        match Manifest::read(&folder) {
            Ok(manifest) if beside.contains(&manifest.name) => {
                report.left_out.push(manifest.name);
            }
            Ok(manifest) => {
                if selection.beside.contains(&folder) {
                    beside.push(manifest.name.clone());
                }
                *present.entry(manifest.name.clone()).or_default() += 1;
                wanted.push(Found { folder, manifest });
            }
            Err(error) => report.refused.push(Refused {
                folder,
                reason: LoadError::from(error).into(),
            }),
        }
    }
    let mut missing: Vec<_> = selection
        .named()
        .filter(|name| !present.contains_key(name))
        .cloned()
        .collect();
    missing.sort();
    missing.dedup();
    report.missing = missing;
    wanted.retain(|found| {
        let takes = selection.takes(&found.manifest.name);
        if !takes {
            report.left_out.push(found.manifest.name.clone());
        }
        takes
    });
    let (single, double): (Vec<_>, Vec<_>) = wanted
        .into_iter()
        .partition(|found| present.get(&found.manifest.name) == Some(&1));
    report
        .refused
        .extend(double.into_iter().map(|found| Refused {
            folder: found.folder,
            reason: RefusedBecause::SameName(found.manifest.name),
        }));
    Ok(single)
}

/// First those that take the place of others. A folder of plugins that is not there is missed only if it is all there is.
fn all_folders(folder: &Path, selection: &Selection) -> Result<Vec<PathBuf>, LoadError> {
    let mut folders = selection.beside.clone();
    if folders.is_empty() || folder.exists() {
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
fn plugin_folders(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |error| LoadError::Folder {
        folder: folder.to_owned(),
        error,
    };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.join(MANIFEST_FILE).is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The plugin that `path` means: its folder, or its component beside its manifest.
pub(super) fn find(path: &Path) -> Result<Found, LoadError> {
    let is_folder = path.is_dir();
    let folder = if is_folder { Some(path) } else { path.parent() };
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
        return Err(LoadError::NoPlugin(path.to_owned()));
    };
    let manifest = Manifest::read(folder)?;
    if !is_folder && path.file_name() != Some(manifest.component.as_ref()) {
        return Err(LoadError::NoPlugin(path.to_owned()));
    }
    Ok(Found {
        folder: folder.to_owned(),
        manifest,
    })
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

    #[test]
    fn a_plugin_is_found_by_its_folder_or_its_component() {
        let root = plugins(&[("a", "notes")]);
        let folder = root.path().join("a");
        assert!(find(&folder).is_ok());
        assert!(find(&folder.join("notes.wasm")).is_ok());
        assert!(matches!(
            find(&folder.join("other.wasm")),
            Err(LoadError::NoPlugin(_))
        ));
        assert!(matches!(find(root.path()), Err(LoadError::NoPlugin(_))));
    }
}
