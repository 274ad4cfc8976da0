//! Which plugins are found, and which of two.

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

static NONE: BTreeSet<PluginName> = BTreeSet::new();

fn search<'a>(
    bundled: &'static [Bundled],
    folder: Option<&'a Path>,
    selection: &'a Selection,
    authority: &'a Authority,
) -> Search<'a> {
    Search {
        bundled,
        folder,
        selection,
        authority,
        known: &NONE,
    }
}

fn scan(
    folder: &Path,
    selection: &Selection,
    report: &mut LoadReport,
) -> Result<Vec<Found>, LoadError> {
    let authority = Authority::read(Some(folder), selection)?;
    super::scan(&search(&[], Some(folder), selection, &authority), report)
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
        report
            .to_string()
            .contains("plugin.toml, line 1, `name = 1`: "),
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
    let found = super::scan(
        &search(&BUNDLED, folder, selection, &authority),
        &mut report,
    )
    .unwrap();
    (found, report)
}

#[test]
fn what_is_bundled_is_there_without_any_folder() {
    let (found, report) = with_bundled(None, &Selection::default());
    assert_eq!(names(&found), ["calendar", "notes"]);
    assert_eq!(report.to_string(), "plugins loaded: none");
    let (_, bytes) = found[1].component.clone().read(0).unwrap();
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
