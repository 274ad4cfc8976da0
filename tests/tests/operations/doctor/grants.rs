//! What an operator granted: the lock file and the policy. A fault of either keeps plugins from loading.

use std::fs;
use std::path::Path;

use nextcloud_mcp_tests::harness::{Peer, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;

use super::{basic, before};

/// A folder with two plugins as an operator approved them.
async fn approved() -> (StandIn, Start, tempfile::TempDir) {
    let (nextcloud, start) = basic().await;
    let folder = tempfile::tempdir().unwrap();
    let start = start.with(
        "NEXTCLOUD_MCP_PLUGIN_DIR",
        folder.path().display().to_string(),
    );
    for name in ["notes", "capabilities"] {
        let built = Peer::Plugins.required().join(name).display().to_string();
        let mut install = start.command(&["plugins", "install", &built, "--yes"]);
        let output = install.output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }
    (nextcloud, start, folder)
}

#[tokio::test]
async fn a_component_that_is_not_what_was_approved_is_told() {
    let (_nextcloud, start, folder) = approved().await;
    let found = before(&start).await;
    found.problems(&[]);
    assert!(
        found
            .detail("plugins.loaded")
            .contains("2 of them approved in the lock file"),
        "{}",
        found.detail("plugins.loaded")
    );
    // A custom section, which changes nothing of what the component does.
    let component = folder.path().join("notes/notes.wasm");
    let mut bytes = fs::read(&component).unwrap();
    bytes.extend_from_slice(b"\0\x02\x01x");
    fs::write(component, bytes).unwrap();
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    let told = found.detail("plugins.loaded");
    assert!(
        told.contains("notes is not loaded: its component is not what was approved"),
        "{told}"
    );
    assert!(!told.contains("capabilities"), "{told}");
    found.tells("its component is not what was approved", "plugins.loaded");
}

#[tokio::test]
async fn a_plugin_that_nobody_approved_and_a_lock_file_that_somebody_changed_are_told() {
    let (_nextcloud, start, folder) = approved().await;
    lay("calendar", "calendar", folder.path());
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    let told = found.detail("plugins.loaded");
    assert!(
        told.contains("calendar is not loaded: it is not in the lock file"),
        "{told}"
    );
    found.tells("it is not in the lock file", "plugins.loaded");

    fs::write(folder.path().join("plugins.lock"), "by = 'hand'\n").unwrap();
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    let told = found.detail("plugins.loaded");
    assert!(
        told.contains("is not one that this server writes"),
        "{told}"
    );
    found.tells("is not one that this server writes", "plugins.loaded");
}

#[tokio::test]
async fn what_a_folder_filled_by_hand_has_too_much_or_too_little_is_told() {
    let (_nextcloud, start) = basic().await;
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display().to_string();
    let start = start.with("NEXTCLOUD_MCP_PLUGIN_DIR", place);
    lay("notes", "notes", folder.path());
    before(&start).await.problems(&[]);

    let named = start.with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "notes,calender");
    let found = before(&named).await;
    found.problems(&["plugins.loaded"]);
    assert!(
        found
            .detail("plugins.loaded")
            .contains("calender is named in the configuration")
    );
    found.tells(
        "is named in the configuration, but no such plugin is there",
        "plugins.loaded",
    );
    let start = named.with("NEXTCLOUD_MCP_ENABLE_PLUGIN", "");

    lay("capabilities", "capabilities", folder.path());
    let manifest = folder.path().join("capabilities/plugin.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(manifest, text.replace("wit = \"0.1\"", "wit = \"0.2\"")).unwrap();
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    assert!(
        found
            .detail("plugins.loaded")
            .contains("built for contract 0.2, this host speaks 0.1")
    );
    found.tells("built for contract ..., this host speaks", "plugins.loaded");
    fs::remove_dir_all(folder.path().join("capabilities")).unwrap();

    lay("notes", "notes-again", folder.path());
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    found.tells("two folders hold a plugin called", "plugins.loaded");
}

/// Copies a built plugin into a folder, as somebody does by hand.
fn lay(plugin: &str, name: &str, folder: &Path) {
    let (from, to) = (Peer::Plugins.required().join(plugin), folder.join(name));
    fs::create_dir(&to).unwrap();
    for file in ["plugin.toml", &format!("{plugin}.wasm")] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

#[tokio::test]
async fn a_lock_file_that_is_wanted_and_missing_is_told() {
    let (_nextcloud, start) = basic().await;
    let found = before(&start).await;
    found.problems(&[]);
    assert!(
        found
            .detail("plugins.loaded")
            .contains("without a lock file"),
        "{}",
        found.detail("plugins.loaded")
    );
    let start = start.with("NEXTCLOUD_MCP_REQUIRE_LOCK", "true");
    let found = before(&start).await;
    found.problems(&["plugins.loaded"]);
    let told = found.detail("plugins.loaded");
    assert!(
        told.contains("there is no lock file") && told.contains("plugins install"),
        "{told}"
    );
    found.tells("there is no lock file", "plugins.loaded");
}

#[tokio::test]
async fn a_policy_with_a_mistake_is_told_with_its_line() {
    let (_nextcloud, start, folder) = approved().await;
    let policy = folder.path().join("policy.toml");
    let start = start.with("NEXTCLOUD_MCP_POLICY_FILE", policy.display().to_string());
    for (text, because) in [
        (
            "[[rule]]\nname = 'r'\nplugin = 'nots'\naccess = 'read'\n",
            "line 2, rule `r`: no plugin is called `nots`",
        ),
        (
            "[[rule]]\nname = 'r'\nplugin = 'notes'\nacces = 'read'\n",
            "line 4: unknown field `acces`",
        ),
    ] {
        fs::write(&policy, text).unwrap();
        let found = before(&start).await;
        found.problems(&["plugins.loaded"]);
        let told = found.detail("plugins.loaded");
        assert!(told.contains(because), "{because}: {told}");
        found.tells("`the policy ..., line ...`", "plugins.loaded");
        let remedy = found.check("plugins.loaded")["remedy"].as_str().unwrap();
        assert!(remedy.contains("NEXTCLOUD_MCP_POLICY_FILE"), "{remedy}");
    }
    let rule = "[[rule]]\nname = 'r'\nplugin = 'notes'\naccess = 'read'\n";
    fs::write(&policy, rule).unwrap();
    let found = before(&start).await;
    found.problems(&[]);
    assert!(
        found.detail("plugins.loaded").contains("the policy takes"),
        "{}",
        found.detail("plugins.loaded")
    );
}
