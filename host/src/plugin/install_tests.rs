//! Taking plugins out, and switching them: what is touched, and what never is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use super::*;

/// A folder with a plugin called `notes` that was installed, and the path of its lock file.
fn installed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("notes");
    fs::create_dir(&place).unwrap();
    fs::write(place.join(MANIFEST_FILE), "manifest").unwrap();
    fs::write(place.join("notes.wasm"), "component").unwrap();
    let entry = Entry {
        version: "1".to_owned(),
        enabled: true,
        folder: "notes".to_owned(),
        component: "notes.wasm".to_owned(),
        component_sha256: digest(b"component"),
        manifest_sha256: digest(b"manifest"),
        says_sha256: String::new(),
        allow: Vec::new(),
        tools: BTreeMap::new(),
    };
    let lock = folder.path().join("plugins.lock");
    Lock::edit(&lock, |entries| entries.insert(name(), entry)).unwrap();
    (folder, lock)
}

fn name() -> PluginName {
    "notes".parse().unwrap()
}

#[test]
fn what_was_installed_is_removed_with_its_folder() {
    let (folder, lock) = installed();
    let removal = Removal::of(&name(), folder.path(), &lock).unwrap();
    assert_eq!((removal.files.len(), removal.left.len()), (2, 0));
    removal.remove(&name(), &lock).unwrap();
    assert!(!folder.path().join("notes").exists());
    assert_eq!(Lock::read(&lock).unwrap().unwrap().entries().count(), 0);
    let again = Removal::of(&name(), folder.path(), &lock).unwrap_err();
    assert!(matches!(again, InstallError::Unknown { .. }), "{again}");
}

#[test]
fn what_changed_or_was_never_installed_is_left_where_it_is() {
    let (folder, lock) = installed();
    let place = folder.path().join("notes");
    fs::write(place.join("notes.wasm"), "mine now").unwrap();
    fs::write(place.join("readme.txt"), "mine").unwrap();
    fs::create_dir(place.join("more")).unwrap();
    let removal = Removal::of(&name(), folder.path(), &lock).unwrap();
    assert_eq!(removal.files, [place.join(MANIFEST_FILE)]);
    assert_eq!(removal.left.len(), 3);
    removal.remove(&name(), &lock).unwrap();
    assert_eq!(
        fs::read_to_string(place.join("notes.wasm")).unwrap(),
        "mine now"
    );
    assert!(place.join("readme.txt").exists() && place.join("more").exists());
}

#[test]
fn a_plugin_whose_folder_is_gone_can_be_removed() {
    let (folder, lock) = installed();
    fs::remove_dir_all(folder.path().join("notes")).unwrap();
    let removal = Removal::of(&name(), folder.path(), &lock).unwrap();
    removal.remove(&name(), &lock).unwrap();
    assert_eq!(Lock::read(&lock).unwrap().unwrap().entries().count(), 0);
}

#[test]
fn switching_says_whether_it_changed_anything_and_begins_no_lock_file() {
    let (folder, lock) = installed();
    assert!(set_enabled(&name(), false, &lock).unwrap());
    assert!(!set_enabled(&name(), false, &lock).unwrap());
    assert!(
        !Lock::read(&lock)
            .unwrap()
            .unwrap()
            .entry(&name())
            .unwrap()
            .enabled
    );
    assert!(set_enabled(&"deck".parse().unwrap(), true, &lock).is_err());
    let none = folder.path().join("none.lock");
    assert!(set_enabled(&name(), true, &none).is_err() && !none.exists());
}
