//! What was approved is loaded, and nothing else; what the policy takes away is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nextcloud_mcp_server::plugin::{
    LOCK_FILE, LoadReport, Lock, Placement, Plugins, Selection, Source, There, set_enabled,
};
use serde_json::json;

use crate::fixture::{Folder, Host, settings};

/// A folder into which the hostile plugin was installed from another one.
struct Installed {
    folder: Folder,
    plugins: Arc<Plugins>,
}

impl Installed {
    async fn new() -> Self {
        let from = Folder::new();
        from.add("from", |_| {}, |_| {});
        let installed = Self {
            folder: Folder::new(),
            plugins: Plugins::new(settings()).unwrap(),
        };
        installed.install(&from.path().join("from")).await;
        installed
    }

    async fn install(&self, from: &Path) -> There {
        let selection = Selection::default();
        let plugin = self
            .plugins
            .examine(Source::Folder(from.to_owned()), &selection)
            .await
            .unwrap();
        let lock = Lock::read(&self.lock()).unwrap();
        let placement = Placement::of(&plugin, self.folder.path(), lock.as_ref()).unwrap();
        placement.install(&plugin, &self.lock()).unwrap();
        placement.there
    }

    fn lock(&self) -> PathBuf {
        self.folder.path().join(LOCK_FILE)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("hostile").join(name)
    }

    async fn load(&self) -> LoadReport {
        let selection = Selection::default();
        self.plugins
            .load(self.folder.path(), &selection)
            .await
            .unwrap()
    }

    async fn refused(&self, because: &str) {
        let report = self.load().await;
        assert!(report.loaded.is_empty() && report.locked, "{report}");
        let told = report.to_string();
        for part in [because, "plugins inspect", "plugins install"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    fn change_lock(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.lock()).unwrap();
        assert!(text.contains(old), "{old}: {text}");
        fs::write(self.lock(), text.replacen(old, new, 1)).unwrap();
    }
}

#[tokio::test]
async fn what_was_installed_is_loaded_and_pinned() {
    let installed = Installed::new().await;
    let report = installed.load().await;
    assert!(report.refused.is_empty() && report.locked, "{report}");
    assert!(report.loaded[0].is_pinned());
    let mut files: Vec<_> = fs::read_dir(installed.folder.path())
        .unwrap()
        .flatten()
        .collect();
    files.sort_by_key(fs::DirEntry::file_name);
    assert_eq!(
        files.len(),
        2,
        "no half installed folder is left: {files:?}"
    );
}

#[tokio::test]
async fn a_component_that_differs_by_a_byte_is_not_even_compiled() {
    let installed = Installed::new().await;
    let mut bytes = fs::read(installed.file("hostile.wasm")).unwrap();
    // A custom section, which changes nothing of what it does.
    bytes.extend_from_slice(b"\0\x02\x01x");
    fs::write(installed.file("hostile.wasm"), bytes).unwrap();
    installed
        .refused("its component is not what was approved")
        .await;
    // Broken code does not get as far as the compiler either.
    fs::write(installed.file("hostile.wasm"), "x").unwrap();
    installed
        .refused("its component is not what was approved")
        .await;
}

#[tokio::test]
async fn a_version_that_is_served_serves_on_only_while_it_is_approved() {
    let installed = Installed::new().await;
    assert_eq!(installed.load().await.loaded.len(), 1);
    // Somebody writes another component over it: the approved one is in memory, and serves on.
    let whole = fs::read(installed.file("hostile.wasm")).unwrap();
    fs::write(installed.file("hostile.wasm"), "x").unwrap();
    let report = installed.load().await;
    assert!(report.to_string().contains("serves on"), "{report}");
    assert_eq!(report.loaded.len(), 1);
    // The operator approves something else: what is in memory is not that any more.
    installed.change_lock("component-sha256 = \"", "component-sha256 = \"00");
    let report = installed.load().await;
    assert!(report.loaded.is_empty(), "{report}");
    installed.change_lock("component-sha256 = \"00", "component-sha256 = \"");
    fs::write(installed.file("hostile.wasm"), whole).unwrap();
    assert_eq!(installed.load().await.loaded.len(), 1);
    // Switched off while it is broken.
    fs::write(installed.file("hostile.wasm"), "x").unwrap();
    set_enabled(&"hostile".parse().unwrap(), false, &installed.lock()).unwrap();
    let report = installed.load().await;
    assert!(
        report.loaded.is_empty() && report.disabled.len() == 1,
        "{report}"
    );
}

#[tokio::test]
async fn a_manifest_that_asks_for_more_is_not_what_was_approved() {
    let installed = Installed::new().await;
    let path = installed.file("plugin.toml");
    let text = fs::read_to_string(&path).unwrap();
    let more = "\n[[allow]]\nmethods = [\"GET\"]\npath = \"/apps/mail/api/**\"\n";
    fs::write(&path, text.clone() + more).unwrap();
    installed
        .refused("its manifest is not what was approved")
        .await;
    fs::write(&path, text).unwrap();
    assert_eq!(installed.load().await.loaded.len(), 1, "put back");
}

#[tokio::test]
async fn a_component_that_says_something_else_than_it_was_approved_with_is_not_loaded() {
    let installed = Installed::new().await;
    let text = fs::read_to_string(installed.lock()).unwrap();
    let tool = text
        .lines()
        .find(|line| line.starts_with("echo = "))
        .unwrap();
    let said_before = format!("echo = \"read {}\"", "0".repeat(64));
    installed.change_lock(tool, &said_before);
    installed
        .refused("what it says of itself is not what was approved: the tools echo")
        .await;
}

#[tokio::test]
async fn a_lock_file_that_grants_something_else_than_the_manifest_grants_nothing() {
    let installed = Installed::new().await;
    installed.change_lock(
        "/ocs/v2.php/apps/files/api/**",
        "/ocs/v2.php/apps/files/other/**",
    );
    installed.refused("the allow lines in the lock file").await;
}

#[tokio::test]
async fn what_nobody_installed_is_not_loaded_beside_what_was() {
    let installed = Installed::new().await;
    let stranger = |text: &mut String| *text = text.replace("\"hostile\"", "\"stranger\"");
    installed.folder.add("stranger", stranger, |_| {});
    let report = installed.load().await;
    assert_eq!(report.loaded.len(), 1);
    assert!(
        report.to_string().contains("it is not in the lock file"),
        "{report}"
    );
    // Approving it where it lies makes it one of them.
    let there = installed
        .install(&installed.folder.path().join("stranger"))
        .await;
    assert_eq!(there, There::Itself);
    assert_eq!(installed.load().await.loaded.len(), 2);
}

#[tokio::test]
async fn a_broken_lock_file_loads_nothing() {
    let installed = Installed::new().await;
    fs::write(installed.lock(), "version = 1\n[plugins.hostile]\n").unwrap();
    let selection = Selection::default();
    let loaded = installed
        .plugins
        .load(installed.folder.path(), &selection)
        .await;
    assert!(
        loaded
            .unwrap_err()
            .to_string()
            .contains("is not one that this server writes")
    );
}

#[tokio::test]
async fn a_folder_filled_by_hand_is_loaded_unless_a_lock_file_is_asked_for() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let plugins = Plugins::new(settings()).unwrap();
    let load = async |selection| plugins.load(folder.path(), &selection).await.unwrap();
    let report = load(Selection::default()).await;
    assert!(report.loaded.len() == 1 && !report.locked, "{report}");
    assert!(!report.loaded[0].is_pinned());
    let required = Selection {
        lock_required: true,
        ..Selection::default()
    };
    let elsewhere = Selection {
        lock: Some(folder.path().join("elsewhere.lock")),
        ..Selection::default()
    };
    for selection in [required, elsewhere] {
        let report = load(selection).await;
        assert!(report.loaded.is_empty(), "{report}");
        assert!(
            report.to_string().contains("there is no lock file"),
            "{report}"
        );
    }
}

#[tokio::test]
async fn a_plugin_that_is_switched_off_is_not_loaded_but_still_verified() {
    let installed = Installed::new().await;
    set_enabled(&"hostile".parse().unwrap(), false, &installed.lock()).unwrap();
    let report = installed.load().await;
    assert!(
        report.loaded.is_empty() && report.refused.is_empty(),
        "{report}"
    );
    assert_eq!(report.disabled.len(), 1);
    let verify = async || {
        let selection = Selection::default();
        let folder = installed.folder.path();
        installed.plugins.verify(folder, &selection).await.unwrap()
    };
    let verdicts = verify().await;
    assert!(
        verdicts.len() == 1 && verdicts[0].differs.is_none(),
        "{verdicts:?}"
    );
    fs::remove_dir_all(installed.folder.path().join("hostile")).unwrap();
    let verdicts = verify().await;
    let why = verdicts[0].differs.as_deref().unwrap();
    assert!(
        verdicts.len() == 1 && why.contains("not in its folder"),
        "{verdicts:?}"
    );
}

#[tokio::test]
async fn another_version_replaces_its_own_files_and_no_others() {
    let installed = Installed::new().await;
    fs::write(installed.file("notes.txt"), "mine").unwrap();
    let from = Folder::new();
    let newer = |text: &mut String| *text = text.replace("0.1.0", "0.2.0");
    let there = installed.install(&from.add("newer", newer, |_| {})).await;
    assert_eq!(there, There::Another);
    let report = installed.load().await;
    assert_eq!(report.loaded[0].version(), "0.2.0", "{report}");
    assert_eq!(
        fs::read_to_string(installed.file("notes.txt")).unwrap(),
        "mine"
    );
    assert_eq!(
        fs::read_dir(installed.folder.path().join("hostile"))
            .unwrap()
            .count(),
        3
    );
}

#[tokio::test]
async fn a_plugin_never_takes_the_place_of_another() {
    let installed = Installed::new().await;
    let from = Folder::new();
    from.add(
        "x",
        |text| *text = text.replace("\"hostile\"", "\"other\""),
        |_| {},
    );
    fs::create_dir(installed.folder.path().join("other")).unwrap();
    let manifest = fs::read(installed.file("plugin.toml")).unwrap();
    fs::write(installed.folder.path().join("other/plugin.toml"), manifest).unwrap();
    let selection = Selection::default();
    let plugin = installed
        .plugins
        .examine(Source::Folder(from.path().join("x")), &selection)
        .await
        .unwrap();
    let refused = Placement::of(&plugin, installed.folder.path(), None).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("holds another plugin, `hostile`"),
        "{refused}"
    );
}

#[tokio::test]
async fn what_the_policy_takes_away_is_neither_there_nor_sent() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let policy = folder.path().join("policy.toml");
    fs::write(
        &policy,
        "[[rule]]\nname = 'no panics'\nplugin = 'hostile'\ntools = { deny = ['panic'] }\n\
         [[rule]]\nname = 'not there'\nplugin = '*'\ndeny = [{ path = '/apps/hostile/api/secret/**' }]\n",
    )
    .unwrap();
    let host = Host::empty(|_| {}).await;
    let selection = Selection {
        policy: Some(policy.clone()),
        ..Selection::default()
    };
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert_eq!(report.denied.len(), 1, "{report}");
    let catalogue = host.plugins.catalogue();
    assert!(catalogue.tool("nc_hostile_panic").is_none());
    let denied = catalogue.denied("nc_hostile_panic").unwrap();
    assert_eq!(denied.by.rule(), Some("no panics"));
    let fetch = async |path: &str| {
        let request = json!({ "method": "GET", "path": path, "headers": [] });
        host.call("fetch_read", request)
            .await
            .unwrap()
            .structured
            .unwrap()
            .to_string()
    };
    let refused = fetch("/index.php/apps/hostile/api/secret/1").await;
    assert!(refused.contains("policy, rule `not there`"), "{refused}");
    assert!(host.nextcloud.seen().is_empty());
    fetch("/index.php/apps/hostile/api/open/1").await;
    assert_eq!(host.nextcloud.seen().len(), 1);
    // What cannot be followed to the letter is not followed at all: what was served goes on.
    fs::write(
        &policy,
        "[[rule]]\nname = 'x'\nplugin = 'hostil'\naccess = 'read'\n",
    )
    .unwrap();
    let error = host
        .plugins
        .load(folder.path(), &selection)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("no plugin is called `hostil`"),
        "{error}"
    );
    assert!(host.plugins.catalogue().tool("nc_hostile_panic").is_none());
}
