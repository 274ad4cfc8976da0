//! What an operator takes away, with the binary that they run: a policy, what it leaves, and what the log says of it.

use nextcloud_mcp_tests::harness::Peer;
use serde_json::{Value, json};

use crate::operator::{MISUSE, Operator, bundled};

/// Deletes nothing, anywhere; of notes only what is read, and not the settings.
const POLICY: &str = r#"
[[rule]]
name = "nothing is deleted"
plugin = "*"
deny = [{ methods = ["DELETE"] }]
tools = { deny = ["delete_*"] }

[[rule]]
name = "settings are private"
plugin = "notes"
deny = [{ path = "/apps/notes/api/v1/settings" }]
"#;

#[tokio::test]
async fn a_policy_hides_tools_refuses_requests_and_logs_the_rule() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    let policy = operator.policy(POLICY);
    let start = operator.server().with("NEXTCLOUD_MCP_POLICY_FILE", &policy);
    let server = start.start().await;
    let client = server.client().await;
    let names = client.tool_names().await;
    assert!(
        !names.iter().any(|name| name == "nc_notes_delete_note"),
        "{names:?}"
    );
    let note = client
        .ok("nc_notes_create_note", json!({ "title": "canary" }))
        .await;
    let hidden = client
        .try_call("nc_notes_delete_note", json!({ "note_id": note["id"] }))
        .await;
    assert!(hidden.is_err(), "a hidden tool is not there: {hidden:?}");
    operator.nextcloud.forget_requests();
    let refused = client.fail("nc_notes_get_settings", json!({})).await;
    assert!(
        refused.contains("policy, rule `settings are private`"),
        "{refused}"
    );
    let sent = operator.nextcloud.requests();
    assert!(
        !sent.iter().any(|one| one.target.contains("settings")),
        "nothing was sent"
    );

    let lines = server.logs.all();
    let line = |parts: &[&str]| {
        let found = lines
            .iter()
            .find(|line| parts.iter().all(|part| line.contains(part)));
        found.unwrap_or_else(|| panic!("{parts:?}: {}", lines.join("\n")))
    };
    line(&[
        "the policy takes a tool",
        "nc_notes_delete_note",
        "nothing is deleted",
    ]);
    line(&[
        "a tool is refused",
        "nc_notes_delete_note",
        "nothing is deleted",
    ]);
    let told = line(&[
        "a request is refused",
        "settings are private",
        "policy",
        "GET",
        "get_settings",
    ]);
    assert!(!told.contains("/apps/notes"), "a rule, no path: {told}");
}

#[tokio::test]
async fn a_refusal_in_the_log_holds_nothing_that_the_plugin_wrote() {
    let operator = Operator::new().await;
    let hostile = Peer::Guests
        .required()
        .join("hostile")
        .display()
        .to_string();
    operator.install(&hostile).await;
    let server = operator.server().start().await;
    let client = server.client().await;
    for path in [
        "/apps/mail/canary?q=canary",
        "/login/canary",
        "/apps/hostile/api/canary",
    ] {
        let request = json!({ "method": "DELETE", "path": path, "headers": [] });
        client.call("nc_hostile_fetch_read", request).await;
    }
    let lines = server.logs.all();
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("a request is refused"))
        .collect();
    assert_eq!(refused.len(), 3, "{}", lines.join("\n"));
    for (line, layer) in refused.iter().zip(["manifest", "closed to all", "access"]) {
        assert!(line.contains(layer) && !line.contains("canary"), "{line}");
    }
}

#[tokio::test]
async fn what_is_left_under_a_policy_can_be_read_beforehand() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    let policy = operator.policy(POLICY);
    let inspect = |arguments: &[&str]| {
        let start = operator.plugins(arguments);
        start.with("NEXTCLOUD_MCP_POLICY_FILE", &policy).output()
    };
    let (status, told) = inspect(&["inspect", "notes"]).await;
    assert!(status.success(), "{told}");
    for part in [
        "no, policy rule `nothing is deleted`",
        "DELETE on /apps/notes/api/v1/notes/**: nothing, because of the rule `nothing is deleted`",
        "GET, POST, PUT on /apps/notes/api/v1/notes/**: all of it",
        "500 requests to Nextcloud",
        "Approved: it is what the lock file says",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let (_, told) = inspect(&["inspect", "notes", "--json"]).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let tools = told["effective"]["tools"].as_array().unwrap();
    let served =
        |name: &str| tools.iter().find(|tool| tool["name"] == name).unwrap()["served"].clone();
    assert_eq!(served("nc_notes_delete_note"), json!(false));
    assert_eq!(served("nc_notes_get_note"), json!(true));
    assert_eq!(told["lock"]["state"], json!("approved"));
}

/// What is left of each line follows from what the tools that are served may do, by whatever rule the others are not.
#[tokio::test]
async fn what_tools_that_are_not_served_would_have_sent_is_not_left() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    let policy = "[[rule]]\nname = 'only looks'\nplugin = 'notes'\naccess = 'read'\nlimits = { requests = 7, cpu-ms = 90000 }\n";
    let policy = operator.policy(policy);
    let notes = "on /apps/notes/api/v1/notes/**";
    let inspect = async |name: &str, value: &str, arguments: &[&str]| {
        let start = operator.plugins(arguments).with(name, value);
        let (status, told) = start.output().await;
        assert!(status.success(), "{told}");
        told
    };
    let ruled = inspect("NEXTCLOUD_MCP_POLICY_FILE", &policy, &["inspect", "notes"]).await;
    let read_only = inspect("NEXTCLOUD_MCP_READ_ONLY", "true", &["inspect", "notes"]).await;
    for (told, why) in [
        (&ruled, "policy rule `only looks`"),
        (&read_only, "the server is read-only"),
    ] {
        for part in [
            format!("no, {why}"),
            format!("GET {notes}: all of it"),
            format!("POST, PUT, DELETE {notes}: nothing, because of what its tools may do ({why})"),
        ] {
            assert!(told.contains(&part), "{part}: {told}");
        }
    }
    assert!(
        ruled.contains("7 requests to Nextcloud (policy rule `only looks`)"),
        "{ruled}"
    );
    let told = inspect(
        "NEXTCLOUD_MCP_POLICY_FILE",
        &policy,
        &["inspect", "notes", "--json"],
    )
    .await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let limits = &told["effective"]["limits"];
    let requests = json!({"value": 7.0, "set_by": "policy rule `only looks`"});
    let cpu = json!({"value": 5000.0, "set_by": "the host"});
    assert_eq!((&limits["requests"], &limits["cpu-ms"]), (&requests, &cpu));
}

#[tokio::test]
async fn a_limit_of_a_policy_that_refuses_is_told_with_its_rule() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    operator
        .nextcloud
        .state()
        .add_note("alice", "One", "", "a word");
    let policy =
        operator.policy("[[rule]]\nname = 'few'\nplugin = 'notes'\nlimits = { requests = 1 }\n");
    let start = operator.server().with("NEXTCLOUD_MCP_POLICY_FILE", policy);
    let server = start.start().await;
    let client = server.client().await;
    client
        .fail("nc_notes_search_notes", json!({"query": "word"}))
        .await;
    let lines = server.logs.all();
    let told = lines
        .iter()
        .find(|line| line.contains("a request is refused"));
    let told = told.unwrap_or_else(|| panic!("{}", lines.join("\n")));
    for part in ["few", "policy", "requests", "nc_notes_search_notes"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[tokio::test]
async fn a_rule_for_nobody_is_a_mistake_for_whoever_inspects_too() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    let policy = operator.policy("[[rule]]\nname = 'r'\nplugin = 'nots'\naccess = 'read'\n");
    for plugin in ["notes", &bundled("capabilities")] {
        let start = operator.plugins(&["inspect", plugin]);
        let (status, log) = start.with("NEXTCLOUD_MCP_POLICY_FILE", &policy).run().await;
        assert!(!status.success(), "{log}");
        assert!(log.contains("no plugin is called `nots`"), "{log}");
    }
}

#[tokio::test]
async fn a_policy_with_a_mistake_stops_the_start_with_its_line() {
    let operator = Operator::new().await;
    operator.install(&bundled("notes")).await;
    for (text, because) in [
        (
            "[[rule]]\nname = 'r'\nplugin = 'nots'\naccess = 'read'\n",
            "line 2, rule `r`: no plugin is called `nots`. There: notes",
        ),
        (
            "[[rule]]\nname = 'r'\nplugin = 'notes'\nacces = 'read'\n",
            "line 4: unknown field `acces`",
        ),
    ] {
        let policy = operator.policy(text);
        let start = operator.server().with("NEXTCLOUD_MCP_POLICY_FILE", policy);
        let (status, log) = start.run().await;
        assert_eq!(status.code(), Some(MISUSE), "{log}");
        assert!(log.contains(because), "{because}: {log}");
    }
}
