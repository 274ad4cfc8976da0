//! The lock file as it is written, read and refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use super::*;

pub(in crate::plugin) fn entry() -> Entry {
    Entry {
        version: "1.0.0".to_owned(),
        enabled: true,
        folder: "notes".to_owned(),
        component: "notes.wasm".to_owned(),
        component_sha256: "aa".repeat(32),
        manifest_sha256: "bb".repeat(32),
        says_sha256: "cc".repeat(32),
        allow: vec![AllowLine {
            methods: vec!["GET".to_owned()],
            path: "/apps/notes/**".to_owned(),
            access: None,
        }],
        tools: BTreeMap::from([("get".to_owned(), "read abc".parse().unwrap())]),
    }
}

fn name(text: &str) -> PluginName {
    text.parse().unwrap()
}

#[test]
fn what_is_written_is_read_again_and_written_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/plugins.lock");
    assert_eq!(Lock::read(&path).unwrap(), None);
    for plugin in ["notes", "deck"] {
        Lock::edit(&path, |entries| entries.insert(name(plugin), entry())).unwrap();
    }
    let lock = Lock::read(&path).unwrap().unwrap();
    assert_eq!(lock.entry(&name("notes")), Some(&entry()));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# Which plugins are loaded"), "{text}");
    assert!(
        text.find("[plugins.deck]") < text.find("[plugins.notes]"),
        "{text}"
    );
    Lock::edit(&path, |_| {}).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside it");
}

#[test]
fn of_several_who_write_at_once_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(LOCK_FILE);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let name = name(&format!("plugin{number}"));
                Lock::edit(path, |entries| entries.insert(name, entry())).unwrap();
            });
        }
    });
    assert_eq!(Lock::read(&path).unwrap().unwrap().entries().count(), 8);
}

#[test]
fn a_file_that_this_server_did_not_write_is_no_lock_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(LOCK_FILE);
    Lock::edit(&path, |entries| entries.insert(name("notes"), entry())).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    for (old, new, because) in [
        ("version = 1\n", "version = 2\n", "version is 2"),
        ("version = 1\n", "", "missing field `version`"),
        (
            "enabled = true",
            "enabled = true\ntrusted = true",
            "unknown field `trusted`",
        ),
        ("enabled = true", "", "missing field `enabled`"),
        (
            "folder = \"notes\"",
            "folder = \"../notes\"",
            "a folder of its own",
        ),
        (
            "component = \"notes.wasm\"",
            "component = \"/etc/passwd\"",
            "a folder of its own",
        ),
        ("read abc", "reads abc", "not an access"),
        (
            "[plugins.notes]",
            "[plugins.No]",
            "cannot be a plugin's name",
        ),
    ] {
        assert!(good.contains(old), "{old}");
        fs::write(&path, good.replacen(old, new, 1)).unwrap();
        let error = Lock::read(&path).unwrap_err().to_string();
        assert!(
            error.contains(because) && error.contains("plugins install"),
            "{new}: {error}"
        );
    }
    fs::write(&path, "").unwrap();
    assert!(Lock::read(&path).is_err(), "cut off");
}
