//! What loads, what does not and why.

use std::fs;

use nextcloud_mcp_server::plugin::{LoadReport, Plugins, Selection};

use crate::fixture::{Folder, Host, patch, settings};

/// Loads the hostile plugin after `manifest` and `component` changed it, and gives what the operator is told.
async fn report(
    manifest: impl FnOnce(&mut String),
    component: impl FnOnce(&mut Vec<u8>),
) -> LoadReport {
    let folder = Folder::new();
    folder.add("hostile", manifest, component);
    Plugins::new(settings())
        .unwrap()
        .load(folder.path(), &Selection::default())
        .await
        .unwrap()
}

async fn refused(
    manifest: impl FnOnce(&mut String),
    component: impl FnOnce(&mut Vec<u8>),
    because: &str,
) {
    let report = report(manifest, component).await;
    assert!(report.loaded.is_empty());
    assert!(report.to_string().contains(because), "{because}: {report}");
}

fn mode(word: &str) -> impl FnOnce(&mut Vec<u8>) {
    let new = format!("hostile-mode:{word}");
    move |bytes| patch(bytes, "hostile-mode:normal__", &new)
}

fn replace(old: &'static str, new: &'static str) -> impl FnOnce(&mut String) {
    move |text| {
        assert!(text.contains(old), "{old}");
        *text = text.replace(old, new);
    }
}

#[tokio::test]
async fn describe_cannot_harm_the_host() {
    let hurried = |text: &mut String| text.push_str("[limits]\ncpu-ms = 300\n");
    refused(hurried, mode("spinning"), "computed for more than 0.3 s").await;
    refused(|_| {}, mode("panicked"), "crashed").await;
    refused(|_| {}, mode("nothing_"), "describes no tools").await;
    refused(|_| {}, mode("twice___"), "twice").await;
    refused(|_| {}, mode("badname_"), "Bad-Name").await;
    refused(|_| {}, mode("badscema"), "recursive").await;
}

#[tokio::test]
async fn describe_reaches_no_nextcloud() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, mode("fetching"));
    let host = Host::empty(|_| {}).await;
    let report = host
        .plugins
        .load(folder.path(), &Selection::default())
        .await
        .unwrap();
    assert!(report.refused.is_empty(), "{report}");
    let description = host.tool("fetched").description.clone();
    assert_eq!(
        description.matches("\"error\":\"forbidden\"").count(),
        3,
        "{description}"
    );
    assert!(description.ends_with("true\ntrue"), "{description}");
    assert!(host.nextcloud.seen().is_empty());
}

#[tokio::test]
async fn a_component_for_another_contract_is_named_with_ours() {
    refused(
        |_| {},
        |bytes| patch(bytes, "@0.1.0", "@0.2.0"),
        "built for contract 0.2, this host speaks 0.1",
    )
    .await;
    refused(
        replace("wit = \"0.1\"", "wit = \"0.2\""),
        |_| {},
        "built for contract 0.2, this host speaks 0.1",
    )
    .await;
}

#[tokio::test]
async fn a_way_around_fetch_does_not_load() {
    refused(
        |_| {},
        |bytes| patch(bytes, "wasi:cli/exit@0.2.", "wasi:http/typ@0.2."),
        "wasi:http",
    )
    .await;
}

#[tokio::test]
async fn what_is_no_component_does_not_load() {
    refused(|_| {}, |bytes| bytes.truncate(1000), "does not compile").await;
    refused(
        |_| {},
        |bytes| *bytes = b"\0asm\x01\0\0\0".to_vec(),
        "does not compile",
    )
    .await;
    refused(
        |_| {},
        |bytes| *bytes = b"(component)".to_vec(),
        "does not compile",
    )
    .await;
    refused(
        replace("hostile.wasm", "other.wasm"),
        |_| {},
        "cannot be read",
    )
    .await;
    refused(replace("wit =", "sha256 = \"00\"\nwit ="), |_| {}, "sha256").await;
    let zeros =
        "\nsha256 = \"0000000000000000000000000000000000000000000000000000000000000000\"\nwit =";
    refused(replace("\nwit =", zeros), |_| {}, "plugin.toml says 0000").await;
}

#[tokio::test]
async fn a_component_larger_than_allowed_is_not_even_compiled() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let mut small = settings();
    small.component_bytes = 1000;
    let report = Plugins::new(small)
        .unwrap()
        .load(folder.path(), &Selection::default())
        .await
        .unwrap();
    assert!(
        report.to_string().contains("larger than 1000 bytes"),
        "{report}"
    );
}

#[tokio::test]
async fn a_manifest_cannot_ask_for_what_no_plugin_gets() {
    for path in [
        "/**",
        "/ocs/**",
        "/remote.php/**",
        "/ocs/v2.php/core/getapppassword",
        "/login/v2",
        "http://evil/**",
    ] {
        let manifest =
            |text: &mut String| *text = text.replace("/index.php/apps/hostile/api/**", path);
        let report = report(manifest, |_| {}).await;
        assert!(
            report.to_string().contains("allow line"),
            "{path}: {report}"
        );
    }
}

#[tokio::test]
async fn a_bad_plugin_keeps_no_other_from_loading() {
    let folder = Folder::new();
    folder.add("a-broken", |_| {}, Vec::clear);
    folder.add("b-good", replace("\"hostile\"", "\"good\""), |_| {});
    let host = Host::empty(|_| {}).await;
    let report = host
        .plugins
        .load(folder.path(), &Selection::default())
        .await
        .unwrap();
    assert_eq!(
        report
            .loaded
            .iter()
            .map(|plugin| plugin.name.as_str())
            .collect::<Vec<_>>(),
        ["good"]
    );
    assert_eq!(report.refused.len(), 1);
    assert!(host.plugins.catalogue().tool("nc_good_echo").is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn compiled_code_lies_in_a_folder_of_ours_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let cache = tempfile::tempdir().unwrap();
    let compiled = cache.path().join("data/compiled");
    let mut with_cache = settings();
    with_cache.cache_dir = Some(compiled.clone());
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let report = Plugins::new(with_cache)
        .unwrap()
        .load(folder.path(), &Selection::default())
        .await
        .unwrap();
    assert_eq!(report.loaded.len(), 1, "{report}");
    assert_eq!(
        fs::metadata(&compiled).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(
        fs::read_dir(&compiled).unwrap().next().is_some(),
        "nothing was kept"
    );
}
