//! What is served already when plugins, their folder or the operator's rules change: it serves on only while it may.

use std::fs;

use nextcloud_mcp_server::plugin::{Plugins, Selection};

use crate::fixture::{Folder, settings};

#[tokio::test]
async fn a_plugin_that_is_removed_ends_though_a_rule_names_it() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let policy = tempfile::NamedTempFile::new().unwrap();
    let rule = "[[rule]]\nname = 'r'\nplugin = 'hostile'\naccess = 'read'\n";
    fs::write(policy.path(), rule).unwrap();
    let selection = Selection {
        policy: Some(policy.path().to_owned()),
        ..Selection::default()
    };
    let plugins = Plugins::new(settings()).unwrap();
    plugins.load(folder.path(), &selection).await.unwrap();
    fs::remove_dir_all(folder.path().join("hostile")).unwrap();
    let report = plugins.load(folder.path(), &selection).await.unwrap();
    assert!(report.loaded.is_empty() && report.changes.removed.len() == 1);
    // And once more, when it is long gone.
    let report = plugins.load(folder.path(), &selection).await.unwrap();
    assert!(report.changes.is_none(), "{report}");
    // A server that begins with such a rule says so and does not start.
    let fresh = Plugins::new(settings()).unwrap();
    assert!(fresh.load(folder.path(), &selection).await.is_err());
}

#[tokio::test]
async fn a_new_rule_holds_for_the_version_that_serves_on() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let plugins = Plugins::new(settings()).unwrap();
    let policy = tempfile::NamedTempFile::new().unwrap();
    let selection = Selection {
        policy: Some(policy.path().to_owned()),
        ..Selection::default()
    };
    plugins.load(folder.path(), &selection).await.unwrap();
    let served = || plugins.catalogue().tool("nc_hostile_echo").is_some();
    assert!(served());
    let rule = "[[rule]]\nname = 'no echo'\nplugin = 'hostile'\n[rule.tools]\ndeny = ['echo']\n";
    fs::write(policy.path(), rule).unwrap();
    let report = plugins.load(folder.path(), &selection).await.unwrap();
    assert!(!served() && report.changes.replaced.len() == 1, "{report}");
    assert!(plugins.catalogue().denied("nc_hostile_echo").is_some());
    // Without a change the plugin is not loaded again, and the rule still holds.
    let report = plugins.load(folder.path(), &selection).await.unwrap();
    assert!(report.changes.is_none() && !served() && report.denied.len() == 1);
    // A broken new version: the one before would serve on, but another rule came with it.
    fs::write(folder.path().join("hostile/hostile.wasm"), "x").unwrap();
    fs::write(policy.path(), rule.replace("echo']", "echo', 'spin']")).unwrap();
    let report = plugins.load(folder.path(), &selection).await.unwrap();
    assert!(report.loaded.is_empty(), "fails closed: {report}");
}
