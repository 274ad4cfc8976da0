//! Loading again: what did not change is not touched, what cannot be served leaves what was served in its place.

use std::fs;
use std::sync::Arc;

use nextcloud_mcp_server::plugin::{LoadReport, Plugin, Selection};
use serde_json::json;

use crate::fixture::{Folder, Host, beside, context, object};

/// Two plugins of two names, `one` and `two`.
fn pair() -> Folder {
    let folder = Folder::new();
    for name in ["one", "two"] {
        folder.add(name, |text| named(text, name), |_| {});
    }
    folder
}

fn named(text: &mut String, name: &str) {
    *text = text.replace("name = \"hostile\"", &format!("name = \"{name}\""));
}

fn served(host: &Host) -> Vec<Arc<Plugin>> {
    host.plugins.catalogue().plugins().to_vec()
}

async fn load(host: &Host, folder: &Folder) -> LoadReport {
    let selection = Selection::default();
    host.plugins.load(folder.path(), &selection).await.unwrap()
}

/// Changes a file of the plugin `one`.
fn change(folder: &Folder, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = folder.path().join("one").join(file);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn what_did_not_change_is_the_same_as_before() {
    let (host, folder) = (Host::empty(|_| {}).await, pair());
    assert_eq!(load(&host, &folder).await.changes.added.len(), 2);
    let before = (served(&host), host.plugins.catalogue());
    let report = load(&host, &folder).await;
    assert!(report.changes.is_none() && report.changes.kept.len() == 2);
    assert!(
        Arc::ptr_eq(&before.1, &host.plugins.catalogue()),
        "not even the list is another"
    );

    change(&folder, "hostile.wasm", beside("shelves_"));
    let report = load(&host, &folder).await;
    let [(old, new)] = &report.changes.replaced[..] else {
        panic!("{report}")
    };
    assert_ne!(old.digest(), new.digest());
    let after = served(&host);
    assert!(Arc::ptr_eq(&before.0[1], &after[1]), "two is untouched");
    assert!(!Arc::ptr_eq(&before.0[0], &after[0]));
}

#[tokio::test]
async fn a_changed_manifest_or_choice_is_a_change() {
    let (host, folder) = (Host::empty(|_| {}).await, pair());
    load(&host, &folder).await;
    change(&folder, "plugin.toml", |text| {
        text.extend(b"\n[limits]\nrequests = 3\n");
    });
    assert_eq!(load(&host, &folder).await.changes.replaced.len(), 1);
    let mut selection = Selection::default();
    let choice = selection.choices.entry("two".parse().unwrap());
    choice.or_default().prefix = Some("my_".parse().unwrap());
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert_eq!(report.changes.replaced.len(), 1);
    assert!(host.plugins.catalogue().tool("my_echo").is_some());
    selection.read_only = true;
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert_eq!((report.changes.replaced.len(), report.hidden()), (2, 6));
    selection.disabled.push("one".parse().unwrap());
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert_eq!(report.changes.removed.len(), 1);
}

#[tokio::test]
async fn a_broken_new_version_leaves_the_old_one_serving() {
    for (file, broken) in [
        ("hostile.wasm", &b"\0asm"[..]),
        ("plugin.toml", b"name = 'one'"),
        ("plugin.toml", b"\xff"),
    ] {
        let (host, folder) = (Host::empty(|_| {}).await, pair());
        load(&host, &folder).await;
        let (before, place) = (served(&host), folder.path().join("one").join(file));
        let whole = fs::read(&place).unwrap();
        fs::write(&place, broken).unwrap();
        let report = load(&host, &folder).await;
        assert!(report.to_string().contains("serves on"), "{report}");
        assert!(Arc::ptr_eq(&before[0], &served(&host)[0]), "{file}");
        // It does not become the truth by being tried again, and is forgotten once it is repaired.
        assert!(load(&host, &folder).await.changes.is_none());
        fs::write(&place, whole).unwrap();
        let report = load(&host, &folder).await;
        assert!(
            report.refused.is_empty() && report.changes.is_none(),
            "{report}"
        );
    }
}

#[tokio::test]
async fn a_plugin_whose_folder_is_gone_ends_but_not_its_calls() {
    let (host, folder) = (Host::empty(|_| {}).await, pair());
    load(&host, &folder).await;
    let tool = host
        .plugins
        .catalogue()
        .tool("nc_one_echo")
        .unwrap()
        .clone();
    let caller = host.caller("alice");
    let place = host.plugins.admit(&tool.plugin, &caller).await.unwrap();
    fs::remove_dir_all(folder.path().join("one")).unwrap();
    let report = load(&host, &folder).await;
    assert_eq!(report.changes.removed.len(), 1);
    assert!(host.plugins.catalogue().tool("nc_one_echo").is_none());
    let answer = host
        .plugins
        .call(place, &tool, &caller, object(json!({"a": 1})), context())
        .await;
    assert_eq!(answer.unwrap().structured, Some(json!({"a": 1})));
}

#[tokio::test]
async fn a_newcomer_that_takes_what_another_has_changes_nothing() {
    let (host, folder) = (Host::empty(|_| {}).await, pair());
    load(&host, &folder).await;
    let before = served(&host);
    // A second folder with the name of the first.
    folder.add("again", |text| named(text, "one"), |_| {});
    let report = load(&host, &folder).await;
    assert_eq!(
        (report.refused.len(), report.changes.is_none()),
        (2, true),
        "{report}"
    );
    assert!(
        report
            .to_string()
            .contains("two folders hold a plugin called `one`")
    );
    assert!(Arc::ptr_eq(&before[0], &served(&host)[0]));
    fs::remove_dir_all(folder.path().join("again")).unwrap();

    // A new version whose tools have the names of another's: each alone would do.
    let mut selection = Selection::default();
    for name in ["one", "two"] {
        let choice = selection.choices.entry(name.parse().unwrap());
        choice.or_default().prefix = Some("same_".parse().unwrap());
    }
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert!(
        report.changes.is_none() && report.refused.len() == 2,
        "{report}"
    );
    assert!(
        report.to_string().contains("has the same full name"),
        "{report}"
    );
}
