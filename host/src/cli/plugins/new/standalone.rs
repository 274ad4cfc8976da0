//! A Rust plugin on its own: what the workspace of this repository says for its members, it has to say for itself.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::embedded::{LOCK, RUST, SDK, WORKSPACE};
use super::named;
use crate::cli::CommandError;

/// Where the SDK lies, seen from the plugin. As deep as in this repository: it finds `wit/` two folders up.
const SDK_FOLDER: &str = "vendor/sdk";

/// Where the template looks for it.
const SDK_IN_CHECKOUT: &str = "\"../sdk\"";

/// What lies in the folder and is no source.
const IGNORED: &str = "/target\n*.wasm\n";

/// All files but the contract.
pub(super) fn rust(name: &str) -> Result<Vec<(String, String)>, CommandError> {
    let mut files: Vec<_> = named(RUST, name).collect();
    let workspace = workspace()
        .map_err(|error| CommandError::New(format!("the template cannot be read: {error}")))?;
    for (path, text) in &mut files {
        if path == "Cargo.toml" {
            let own = text.replace(SDK_IN_CHECKOUT, &format!("{SDK_FOLDER:?}"));
            *text = format!("{own}\n{workspace}");
        }
    }
    let sdk = SDK.iter();
    files.extend(sdk.map(|file| (format!("{SDK_FOLDER}/{}", file.path), file.text.to_owned())));
    files.push(("Cargo.lock".to_owned(), LOCK.to_owned()));
    if !files.iter().any(|(path, _)| path == ".gitignore") {
        files.push((".gitignore".to_owned(), IGNORED.to_owned()));
    }
    Ok(files)
}

/// The tables that members inherit from, and the profile that plugins are built with.
fn workspace() -> Result<String, toml::de::Error> {
    let root: Table = toml::from_str(WORKSPACE)?;
    let at = |path: &[&str]| {
        let mut place = Some(&root);
        for part in path {
            place = place.and_then(|table| table.get(*part)?.as_table());
        }
        place.cloned().unwrap_or_default()
    };
    let wanted = inherited()?;
    let mut dependencies = at(&["workspace", "dependencies"]);
    dependencies.retain(|name, _| wanted.contains(name));
    let mut profile = at(&["profile", "plugin"]);
    profile.remove("inherits");
    let size = profile.remove("package");
    let mut workspace = Table::new();
    workspace.insert("resolver".to_owned(), "3".into());
    workspace.insert("members".to_owned(), Value::Array(vec![SDK_FOLDER.into()]));
    for (key, table) in [
        ("package", at(&["workspace", "package"])),
        ("dependencies", dependencies),
        ("lints", at(&["workspace", "lints"])),
    ] {
        workspace.insert(key.to_owned(), table.into());
    }
    if let Some(size) = size {
        profile.insert("package".to_owned(), size);
    }
    let profiles = Table::from_iter([("release".to_owned(), Value::Table(profile))]);
    let tables = Table::from_iter([
        ("workspace".to_owned(), Value::Table(workspace)),
        ("profile".to_owned(), Value::Table(profiles)),
    ]);
    Ok(tables.to_string())
}

/// The dependencies that template and SDK take from their workspace.
fn inherited() -> Result<BTreeSet<String>, toml::de::Error> {
    let manifests = RUST.iter().chain(SDK);
    let manifests = manifests.filter(|file| file.path == "Cargo.toml");
    let mut names = BTreeSet::new();
    for manifest in manifests {
        let table: Table = toml::from_str(manifest.text)?;
        let dependencies = ["dependencies", "dev-dependencies"]
            .into_iter()
            .filter_map(|key| table.get(key)?.as_table());
        let inherited = dependencies
            .flatten()
            .filter(|(_, value)| value.get("workspace").and_then(Value::as_bool) == Some(true));
        names.extend(inherited.map(|(name, _)| name.clone()));
    }
    Ok(names)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_on_its_own_has_what_its_parts_inherit_and_no_more() {
        let files = rust("hello").unwrap();
        let text = |path: &str| &files.iter().find(|(one, _)| one == path).unwrap().1;
        let root: Table = toml::from_str(text("Cargo.toml")).unwrap();
        let dependencies = root["workspace"]["dependencies"].as_table().unwrap();
        for name in ["serde", "schemars", "wit-bindgen"] {
            assert!(dependencies.contains_key(name), "{dependencies:?}");
        }
        assert!(!dependencies.contains_key("wasmtime"));
        assert_eq!(
            root["dependencies"]["nextcloud-mcp-plugin"]["path"].as_str(),
            Some(SDK_FOLDER)
        );
        assert_eq!(root["profile"]["release"]["panic"].as_str(), Some("abort"));
        assert!(root["workspace"]["package"]["edition"].is_str());
    }
}
