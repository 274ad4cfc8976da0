//! The policy in a plugin that runs: access, each limit, and the values that a setting may have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nextcloud_mcp_server::plugin::{
    CallError, Choice, LoadError, LoadReport, Selection, StopReason,
};
use serde_json::{Value, json};

use crate::fixture::{Folder, Host};

/// A host, a folder with the hostile plugin, and a policy.
struct Ruled {
    host: Arc<Host>,
    folder: Folder,
}

impl Ruled {
    async fn new(manifest: impl FnOnce(&mut String)) -> Self {
        let folder = Folder::new();
        folder.add("hostile", manifest, |_| {});
        let host = Host::empty(|_| {}).await;
        Self { host, folder }
    }

    fn policy(&self) -> PathBuf {
        self.folder.path().join("policy.toml")
    }

    /// Loads the plugin under one rule with this body, with settings of the operator's.
    async fn under(&self, rule: &str, settings: &[(&str, &str)]) -> Result<LoadReport, LoadError> {
        let text = format!("[[rule]]\nname = 'the rule'\nplugin = 'hostile'\n{rule}\n");
        fs::write(self.policy(), text).unwrap();
        let settings = settings.iter();
        let choice = Choice {
            settings: settings
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..Choice::default()
        };
        let selection = Selection {
            policy: Some(self.policy()),
            choices: BTreeMap::from([("hostile".parse().unwrap(), choice)]),
            ..Selection::default()
        };
        self.host.plugins.load(self.folder.path(), &selection).await
    }

    /// The same, and it must load.
    async fn ruled_by(&self, rule: &str, settings: &[(&str, &str)]) {
        let report = self.under(rule, settings).await.unwrap();
        assert!(report.refused.is_empty(), "{rule}: {report}");
        assert_eq!(report.loaded.len(), 1, "{rule}: {report}");
    }

    fn serves(&self, tool: &str) -> bool {
        let catalogue = self.host.plugins.catalogue();
        catalogue.tool(&format!("nc_hostile_{tool}")).is_some()
    }

    /// What came of a request that a tool sends.
    async fn fetch(&self, tool: &str, method: &str, path: &str) -> Value {
        let request = json!({"method": method, "path": path, "headers": []});
        self.host.answer(tool, request).await
    }
}

#[tokio::test]
async fn access_takes_the_tools_away_that_write_and_what_is_left_writes_nothing() {
    const NOTE: &str = "/index.php/apps/hostile/api/notes/1";
    let ruled = Ruled::new(|_| {}).await;
    let writing = ["fetch_create", "fetch_update", "fetch_delete"];
    ruled.ruled_by("access = 'delete'", &[]).await;
    assert!(writing.iter().all(|tool| ruled.serves(tool)));
    ruled.fetch("fetch_update", "PUT", NOTE).await;
    let written = [format!("PUT {NOTE}")];
    assert_eq!(
        ruled.host.nextcloud.seen(),
        written,
        "it can, unless a rule is against it"
    );

    ruled.ruled_by("access = 'create'", &[]).await;
    assert_eq!(writing.map(|tool| ruled.serves(tool)), [true, false, false]);

    ruled.ruled_by("access = 'read'", &[]).await;
    let catalogue = ruled.host.plugins.catalogue();
    for tool in writing {
        assert!(!ruled.serves(tool), "{tool}");
        let denied = catalogue.denied(&format!("nc_hostile_{tool}")).expect(tool);
        assert_eq!(denied.by.rule(), Some("the rule"), "{tool}");
    }
    for method in ["PUT", "POST", "DELETE", "MOVE"] {
        let refused = ruled.fetch("fetch_read", method, NOTE).await;
        assert_eq!(refused["error"], "forbidden", "{method}: {refused}");
    }
    assert_eq!(
        ruled.host.nextcloud.seen(),
        written,
        "nothing more was sent"
    );
    let read = ruled.fetch("fetch_read", "GET", NOTE).await;
    assert_eq!(read["status"], 200, "{read}");
}

/// Which limit stopped a tool that has no end, or what else came of it.
async fn outcome(ruled: &Ruled, tool: &str, arguments: Value) -> Result<Value, StopReason> {
    match ruled.host.call(tool, arguments).await {
        Ok(output) => Ok(output.structured.expect(tool)),
        Err(CallError::Stopped(reason)) => Err(reason),
        Err(other) => panic!("{tool}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_limit_that_a_rule_lowers_holds_in_the_plugin_that_runs() {
    let ruled = Ruled::new(|_| {}).await;
    let mut tried = BTreeSet::new();
    for (limit, tool, reason) in [
        (
            "wall-clock-s = 1",
            "sleep",
            StopReason::WallClock(Duration::from_secs(1)),
        ),
        (
            "cpu-ms = 150",
            "spin",
            StopReason::Cpu(Duration::from_millis(150)),
        ),
        ("memory-mib = 9", "allocate", StopReason::Memory(9 << 20)),
        ("log-lines = 7", "flood_log", StopReason::LogLines(7)),
    ] {
        ruled
            .ruled_by(&format!("limits = {{ {limit} }}"), &[])
            .await;
        assert_eq!(
            outcome(&ruled, tool, json!({})).await,
            Err(reason),
            "{limit}"
        );
        tried.insert(limit.split(' ').next().unwrap());
    }

    ruled.ruled_by("limits = { requests = 3 }", &[]).await;
    let many = outcome(&ruled, "many_requests", json!({"count": 10}))
        .await
        .unwrap();
    assert_eq!(
        (&many["answered"], &many["refused"]["error"]),
        (&json!(3), &json!("limited"))
    );
    tried.insert("requests");

    // An answer of 3 MiB.
    for (limit, error, text) in [
        ("answer-mib = 2", "too-large", "2097152"),
        ("answers-mib = 2", "limited", ""),
    ] {
        ruled
            .ruled_by(&format!("limits = {{ {limit} }}"), &[])
            .await;
        let large = ruled
            .fetch("fetch_read", "GET", "/index.php/apps/hostile/api/large")
            .await;
        assert_eq!(large["error"], error, "{limit}: {large}");
        assert!(
            large["text"].as_str().unwrap().contains(text),
            "{limit}: {large}"
        );
        tried.insert(limit.split(' ').next().unwrap());
    }

    // The keys that there are stand in what is said about one that there is not.
    let unknown = ruled
        .under("limits = { turns = 1 }", &[])
        .await
        .unwrap_err()
        .to_string();
    let (_, keys) = unknown.split_once("expected one of ").expect(&unknown);
    let keys: BTreeSet<_> = keys.split('`').skip(1).step_by(2).collect();
    assert_eq!(keys, tried, "{unknown}");
}

#[tokio::test]
async fn of_the_manifests_limit_and_the_rules_the_lower_one_holds() {
    let ruled = Ruled::new(|manifest| manifest.push_str("\n[limits]\nrequests = 4\n")).await;
    for (rule, answered) in [("requests = 2", 2), ("requests = 400", 4)] {
        ruled.ruled_by(&format!("limits = {{ {rule} }}"), &[]).await;
        let many = outcome(&ruled, "many_requests", json!({"count": 10}))
            .await
            .unwrap();
        assert_eq!(many["answered"], answered, "{rule}");
    }
}

#[tokio::test]
async fn a_setting_that_a_rule_allows_reaches_the_plugin_and_another_is_not_loaded() {
    const RULE: &str = "settings = { greeting = ['good day', 'good evening'] }";
    let ruled = Ruled::new(|_| {}).await;
    let greeting = json!({"key": "greeting"});
    ruled.ruled_by(RULE, &[("greeting", "good evening")]).await;
    let said = ruled.host.answer("setting", greeting.clone()).await;
    assert_eq!(said["value"], "good evening");

    // The operator's, and the manifest's own, which nobody set. What was served is what the rule allows: it serves on.
    for (settings, value) in [(&[("greeting", "get out")][..], "get out"), (&[], "hello")] {
        let report = ruled.under(RULE, settings).await.unwrap();
        let because = format!(
            "rule `the rule`: the setting `greeting` is {value:?}, and may be only \"good day\" or \"good evening\""
        );
        assert!(report.to_string().contains(&because), "{report}");
        let said = ruled.host.answer("setting", greeting.clone()).await;
        assert_eq!(said["value"], "good evening", "never another");
    }

    // Another rule, which does not allow what is served.
    let other = "settings = { greeting = ['good day'] }";
    for settings in [
        &[("greeting", "good evening")][..],
        &[("greeting", "get out")],
    ] {
        ruled.ruled_by(RULE, &[("greeting", "good evening")]).await;
        let report = ruled.under(other, settings).await.unwrap();
        let nothing = report.loaded.is_empty() && !ruled.serves("setting");
        assert!(nothing, "fails closed: {report}");
    }

    let report = ruled
        .under("settings = { greetings = ['x'] }", &[])
        .await
        .unwrap();
    assert!(
        report.to_string().contains("no setting `greetings`"),
        "{report}"
    );
    assert!(report.loaded.is_empty(), "a misspelt key protects nothing");
    ruled.ruled_by(RULE, &[("greeting", "good day")]).await;
    assert_eq!(
        ruled.host.answer("setting", greeting).await["value"],
        "good day"
    );
}
