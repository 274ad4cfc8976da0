//! What is served of what was loaded: names, the operator's choices, replacement.

use std::time::Duration;

use nextcloud_mcp_server::nextcloud::Access;
use nextcloud_mcp_server::plugin::{Choice, Selection};
use serde_json::json;

use crate::fixture::{Folder, Host, context, object};

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
    let admission = host.plugins.admit(&tool.plugin, &alice).await.unwrap();
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
    assert_eq!(report.hidden(), 3);
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
    let admission = host.plugins.admit(&sleep.plugin, &alice).await.unwrap();
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
    let admission = host.plugins.admit(&old.plugin, &alice).await.unwrap();
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
