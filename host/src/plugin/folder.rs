//! Which plugins there are: those that are bundled, and those in the operator's folder, one folder for each with its manifest
//! and its component.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::load::LoadError;
use super::manifest::{MANIFEST_FILE, Manifest};
use super::name::PluginName;
use super::report::{LoadReport, Refused, RefusedBecause};
use super::selection::Selection;
use super::source::{Bundled, Source};

/// A plugin that was found and is wanted.
pub(super) struct Found {
    pub(super) source: Source,
    pub(super) manifest: Manifest,
}

/// Reads all manifests, and tells the report about those that cannot or shall not be loaded. A plugin in the operator's
/// folder takes the place of the bundled one of its name.
pub(super) fn scan(
    bundled: &'static [Bundled],
    folder: Option<&Path>,
    selection: &Selection,
    report: &mut LoadReport,
) -> Result<Vec<Found>, LoadError> {
    let mut wanted = Vec::new();
    let mut present = BTreeMap::<PluginName, usize>::new();
    let folders = folder.map(plugin_folders).transpose()?.unwrap_or_default();
    for source in folders.into_iter().map(Source::Folder) {
        if let Some(found) = read(source, report) {
            *present.entry(found.manifest.name.clone()).or_default() += 1;
            wanted.push(found);
        }
    }
    for source in bundled.iter().map(Source::Bundled) {
        let Some(found) = read(source, report) else {
            continue;
        };
        if present.contains_key(&found.manifest.name) {
            report.replaced.push(found.manifest.name);
        } else {
            present.insert(found.manifest.name.clone(), 1);
            wanted.push(found);
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
    report.replaced.retain(|name| selection.takes(name));
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
            source: found.source,
            reason: RefusedBecause::SameName(found.manifest.name),
        }));
    Ok(single)
}

/// What is there, or `None` and a word in the report.
fn read(source: Source, report: &mut LoadReport) -> Option<Found> {
    match source.manifest() {
        Ok(manifest) => Some(Found { source, manifest }),
        Err(error) => {
            let reason = LoadError::from(error).into();
            report.refused.push(Refused { source, reason });
            None
        }
    }
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
        source: Source::Folder(folder.to_owned()),
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
            names(&scan(&[], Some(root.path()), &selection, &mut report).unwrap()),
            ["notes"]
        );
        assert_eq!(report.left_out.len(), 2);
        assert!(
            report.sentences()[0].starts_with("mail is named"),
            "{report}"
        );
        let mut report = LoadReport::default();
        assert_eq!(
            names(&scan(&[], Some(root.path()), &Selection::default(), &mut report).unwrap()),
            ["calendar", "notes", "deck"]
        );
    }

    #[test]
    fn of_two_plugins_with_one_name_neither_is_loaded() {
        let root = plugins(&[("a", "notes"), ("b", "notes"), ("c", "deck")]);
        let mut report = LoadReport::default();
        assert_eq!(
            names(&scan(&[], Some(root.path()), &Selection::default(), &mut report).unwrap()),
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
            names(&scan(&[], Some(root.path()), &Selection::default(), &mut report).unwrap()),
            ["deck"]
        );
        assert!(
            report.to_string().contains("does not follow the format"),
            "{report}"
        );
        assert!(
            scan(
                &[],
                Some(&root.path().join("none")),
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
        let found = scan(&BUNDLED, folder, selection, &mut report).unwrap();
        (found, report)
    }

    #[test]
    fn what_is_bundled_is_there_without_any_folder() {
        let (found, report) = with_bundled(None, &Selection::default());
        assert_eq!(names(&found), ["calendar", "notes"]);
        assert_eq!(report.to_string(), "plugins loaded: none");
        let bytes = found[1].source.component("notes.wasm", 0).unwrap();
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
