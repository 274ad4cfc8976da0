//! What loads, what does not and why.

use std::fs;
use std::time::Duration;

use nextcloud_mcp_server::nextcloud::Access;
use nextcloud_mcp_server::plugin::{Choice, LoadReport, Plugins, Selection};
use serde_json::json;

use crate::fixture::{Folder, Host, context, object, patch, settings};

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
async fn a_loaded_plugin_is_served_under_its_prefix_in_stable_order() {
    let host = Host::new(|_| {}).await;
    let catalogue = host.plugins.catalogue();
    let names: Vec<_> = catalogue
        .tools()
        .map(|tool| tool.full_name.clone())
        .collect();
    assert!(
        names.is_sorted() && names.iter().all(|name| name.starts_with("nc_hostile_")),
        "{names:?}"
    );
    assert_eq!(
        catalogue.tool("nc_hostile_echo").unwrap().scope(),
        "hostile.read"
    );
    assert_eq!(
        catalogue.tool("nc_hostile_fetch_delete").unwrap().scope(),
        "hostile.write"
    );
    assert!(catalogue.tool("echo").is_none());
    assert_eq!(catalogue.plugins().len(), 1);
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

#[tokio::test]
async fn a_collision_is_an_error_and_never_a_rename() {
    let folder = Folder::new();
    for name in ["one", "two", "three"] {
        folder.add(
            name,
            |text| *text = text.replace("\"hostile\"", &format!("\"{name}\"")),
            |_| {},
        );
    }
    let same = Choice {
        prefix: Some("same_".parse().unwrap()),
        ..Choice::default()
    };
    let choices = ["one", "two"]
        .map(|name| (name.parse().unwrap(), same.clone()))
        .into();
    let selection = Selection {
        choices,
        ..Selection::default()
    };
    let host = Host::empty(|_| {}).await;
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert_eq!(report.loaded.len(), 1);
    assert_eq!(report.refused.len(), 2);
    assert!(
        report
            .to_string()
            .contains("has the same full name as one of `two`"),
        "{report}"
    );
    assert!(
        host.plugins
            .catalogue()
            .tools()
            .all(|tool| tool.full_name.starts_with("nc_three_"))
    );
}

#[tokio::test]
async fn the_operator_sets_prefix_and_settings() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let host = Host::empty(|_| {}).await;
    let choice = Choice {
        prefix: Some("".parse().unwrap()),
        settings: [("greeting".to_owned(), "moin".to_owned())].into(),
    };
    let mut selection = Selection {
        choices: [("hostile".parse().unwrap(), choice)].into(),
        ..Selection::default()
    };
    host.plugins.load(folder.path(), &selection).await.unwrap();
    let (tool, alice) = (
        host.plugins.catalogue().tool("setting").unwrap().clone(),
        host.caller("alice"),
    );
    let admission = host.plugins.admit(&tool, &alice).await.unwrap();
    let arguments = object(json!({"key": "greeting"}));
    let output = host
        .plugins
        .call(admission, &tool, &alice, arguments, context())
        .await
        .unwrap();
    assert_eq!(output.structured, Some(json!({"value": "moin"})));

    let choice = selection.choices.values_mut().next().unwrap();
    choice.settings.insert("greting".to_owned(), "x".to_owned());
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert!(
        report
            .to_string()
            .contains("the setting `greting` is not a setting of hostile"),
        "{report}"
    );
}

#[tokio::test]
async fn a_read_only_server_has_only_reading_tools() {
    let folder = Folder::new();
    folder.add("hostile", |_| {}, |_| {});
    let host = Host::empty(|_| {}).await;
    let selection = Selection {
        read_only: true,
        ..Selection::default()
    };
    let report = host.plugins.load(folder.path(), &selection).await.unwrap();
    assert_eq!(report.hidden, 3);
    let catalogue = host.plugins.catalogue();
    assert!(catalogue.tools().all(|tool| tool.access == Access::Read));
    assert!(
        catalogue.tool("nc_hostile_fetch_create").is_none()
            && catalogue.tool("nc_hostile_echo").is_some()
    );
}

#[tokio::test]
async fn inspecting_tells_all_and_serves_nothing() {
    let folder = Folder::new();
    let plugin = folder.add("hostile", |_| {}, |_| {});
    let host = Host::empty(|_| {}).await;
    let description = host
        .plugins
        .inspect(&plugin.join("hostile.wasm"))
        .await
        .unwrap();
    assert_eq!(description.digest.len(), 64);
    assert_eq!(description.manifest.name.as_str(), "hostile");
    assert!(
        description
            .allow
            .iter()
            .any(|line| line.contains("counted as read")),
        "{:?}",
        description.allow
    );
    assert!(
        description
            .imports
            .iter()
            .any(|import| import.starts_with("nextcloud-mcp:plugin/nextcloud@0.1"))
    );
    assert!(
        description
            .tools
            .iter()
            .any(|tool| tool.full_name == "nc_hostile_spin")
    );
    assert_eq!(host.plugins.catalogue().tools().count(), 0);
}

#[tokio::test]
async fn calls_in_flight_end_as_they_began_when_plugins_are_loaded_anew() {
    let host = Host::new(|settings| settings.limits.wall_clock = Duration::from_secs(2)).await;
    let (sleep, alice) = (host.tool("sleep"), host.caller("alice"));
    let admission = host.plugins.admit(&sleep, &alice).await.unwrap();
    let sleeping = {
        let (host, alice) = (host.clone(), alice.clone());
        let nothing = object(json!({}));
        tokio::spawn(async move {
            host.plugins
                .call(admission, &sleep, &alice, nothing, context())
                .await
        })
    };
    let old = host.tool("echo");
    let empty = tempfile::tempdir().unwrap();
    host.plugins
        .load(empty.path(), &Selection::default())
        .await
        .unwrap();
    assert_eq!(host.plugins.catalogue().tools().count(), 0);
    let admission = host.plugins.admit(&old, &alice).await.unwrap();
    let arguments = object(json!({"a": 1}));
    assert!(
        host.plugins
            .call(admission, &old, &alice, arguments, context())
            .await
            .is_ok()
    );
    let ended = sleeping.await.unwrap().unwrap_err();
    assert!(
        ended.to_string().contains("took longer than 2 s"),
        "{ended}"
    );
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
