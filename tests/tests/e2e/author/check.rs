//! `plugins check`: everything that is wrong, and nothing that is not.

use std::fs;
use std::path::{Path, PathBuf};

use nextcloud_mcp_tests::harness::Peer;
use serde_json::{Value, json};

use super::{plugins, text};

/// A copy of a guest, to break.
fn guest(name: &str) -> (tempfile::TempDir, PathBuf) {
    copy(&Peer::Guests.required().join(name))
}

fn copy(from: &Path) -> (tempfile::TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(from.file_name().unwrap());
    fs::create_dir(&folder).unwrap();
    for file in fs::read_dir(from).unwrap().flatten() {
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    (parent, folder)
}

fn patch(path: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(path).unwrap();
    let places: Vec<_> = (0..bytes.len() - old.len())
        .filter(|start| bytes[*start..].starts_with(old.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "{old}");
    for start in places {
        bytes[start..start + new.len()].copy_from_slice(new.as_bytes());
    }
    fs::write(path, bytes).unwrap();
}

async fn checked(folder: &Path) -> (bool, Value) {
    let (status, json) = plugins(&["check", text(folder), "--json"]).output().await;
    let value: Value =
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(value["loads"], status.success());
    (status.success(), value)
}

#[tokio::test]
async fn check_finds_nothing_wrong_with_the_bundled_plugins() {
    for name in ["notes", "calendar", "capabilities"] {
        let (loads, found) = checked(&Peer::Plugins.required().join(name)).await;
        assert!(loads, "{found}");
        assert_eq!(found["errors"], json!([]));
        assert_eq!(found["warnings"], json!([]), "{name}");
    }
    let (status, said) = plugins(&[
        "check",
        text(&Peer::Plugins.required().join("notes/notes.wasm")),
    ])
    .output()
    .await;
    assert!(
        status.success() && said.contains("Nothing is wrong"),
        "{said}"
    );
    assert!(
        said.contains("`plugins call`"),
        "it says what it cannot see: {said}"
    );
}

#[tokio::test]
async fn check_says_everything_that_is_wrong_and_not_only_the_first_thing() {
    let (_parent, folder) = guest("hostile");
    patch(
        &folder.join("hostile.wasm"),
        "hostile-mode:normal__",
        "hostile-mode:badscema",
    );
    let manifest = fs::read_to_string(folder.join("plugin.toml")).unwrap();
    let broken = manifest
        .replace("version = \"0.1.0\"", "version = \"\"\nauthor = \"me\"")
        .replace(
            "/index.php/apps/hostile/api/search",
            "/ocs/v2.php/core/getapppassword",
        )
        .replace("/ocs/v2.php/apps/files/api/**", "/ocs/**");
    fs::write(folder.join("plugin.toml"), broken).unwrap();
    let (loads, found) = checked(&folder).await;
    assert!(!loads);
    let errors = found["errors"].as_array().unwrap();
    for expected in [
        "`author` is not known",
        "`version` must be",
        "closed to every plugin",
        "`/ocs/**`",
        "recursive",
    ] {
        let told = |one: &Value| one.as_str().unwrap().contains(expected);
        assert!(errors.iter().any(told), "{expected}: {errors:#?}");
    }
    let (status, said) = plugins(&["check", text(&folder)]).output().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains(&format!("{} things are wrong", errors.len())),
        "{said}"
    );
}

#[tokio::test]
async fn check_names_another_contract_a_foreign_import_and_a_missing_export() {
    let cases: [(&str, &str, &[&str]); 3] = [
        (
            "@0.1.0",
            "@0.2.0",
            &["built for contract 0.2, this host speaks 0.1"],
        ),
        (
            "wasi:cli/exit@0.2.",
            "wasi:http/typ@0.2.",
            &["wasi:http/typ", "`nextcloud.fetch` only"],
        ),
        (
            "nextcloud-mcp:plugin/tools@",
            "nextcloud-mcp:plugin/tolls@",
            &["does not export", "`tool-plugin`"],
        ),
    ];
    for (old, new, expected) in cases {
        let (_parent, folder) = guest("hostile");
        patch(&folder.join("hostile.wasm"), old, new);
        let (loads, found) = checked(&folder).await;
        assert!(!loads, "{new}");
        for expected in expected {
            assert!(
                found["errors"].to_string().contains(expected),
                "{expected}: {found}"
            );
        }
    }
    let (_parent, folder) = guest("hostile");
    fs::write(folder.join("hostile.wasm"), b"\0asm\x01\0\0\0").unwrap();
    let (_, found) = checked(&folder).await;
    assert!(
        found["errors"][0]
            .as_str()
            .unwrap()
            .contains("wasm32-wasip2"),
        "{found}"
    );
}

/// What check finds wrong is what does not load, and nothing else.
#[tokio::test]
async fn check_and_the_server_agree() {
    for (old, new) in [
        ("hostile-mode:normal__", "hostile-mode:twice___"),
        ("hostile-mode:normal__", "hostile-mode:nothing_"),
        ("hostile-mode:normal__", "hostile-mode:panicked"),
        ("hostile-mode:normal__", "hostile-mode:fetching"),
        ("hostile-beside:nothing_", "hostile-beside:shelves_"),
    ] {
        let (parent, folder) = guest("hostile");
        patch(&folder.join("hostile.wasm"), old, new);
        let (loads, found) = checked(&folder).await;
        let (status, list) = plugins(&["list", "--json", "--plugin-dir", text(parent.path())])
            .output()
            .await;
        assert_eq!(status.success(), loads, "{new}: {found} {list}");
    }
}

#[tokio::test]
async fn check_tells_a_plugin_that_can_send_nothing_and_paths_that_no_line_covers() {
    let (_parent, folder) = copy(&Peer::Plugins.required().join("notes"));
    let manifest = fs::read_to_string(folder.join("plugin.toml")).unwrap();
    let (head, _) = manifest.split_once("[[allow]]").unwrap();
    fs::write(folder.join("plugin.toml"), head).unwrap();
    let (loads, found) = checked(&folder).await;
    let warnings = found["warnings"].to_string();
    assert!(loads, "{found}");
    assert!(warnings.contains("has no allow line"), "{warnings}");
    assert!(
        warnings.contains("/index.php/apps/notes/api/v1"),
        "{warnings}"
    );
}
