//! What an operator approves and takes away, with the binary that they run: installing, verifying, a policy and its log.

use std::path::{Path, PathBuf};

use nextcloud_mcp_tests::harness::{Peer, Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

/// Exit code of a command that did not do what it was told.
const FAILED: i32 = 1;
/// Exit code of a setting that is wrong.
const MISUSE: i32 = 2;

/// An operator with a folder of plugins, empty at first.
struct Operator {
    nextcloud: StandIn,
    folder: tempfile::TempDir,
}

impl Operator {
    async fn new() -> Self {
        Self {
            nextcloud: StandIn::with_two_users().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn server(&self) -> Start {
        let folder = self.folder.path().display().to_string();
        Server::basic(&self.nextcloud, "alice").with("NEXTCLOUD_MCP_PLUGIN_DIR", folder)
    }

    fn plugins(&self, arguments: &[&str]) -> Start {
        let begin = self.server().argument("plugins");
        arguments
            .iter()
            .fold(begin, |start, one| start.argument(one))
    }

    /// Exit code and standard output of a `plugins` command.
    async fn command(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let (status, text) = self.plugins(arguments).output().await;
        (status.code(), text)
    }

    async fn done(&self, arguments: &[&str]) -> String {
        let (code, text) = self.command(arguments).await;
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
        text
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.done(arguments).await).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a policy beside the plugins.
    fn policy(&self, text: &str) -> String {
        let path = self.file("policy.toml");
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

fn bundled(name: &str) -> String {
    Peer::Plugins.required().join(name).display().to_string()
}

fn append(path: &Path, bytes: &[u8]) {
    let mut content = std::fs::read(path).unwrap();
    content.extend_from_slice(bytes);
    std::fs::write(path, content).unwrap();
}

#[tokio::test]
async fn nothing_is_installed_that_nobody_agreed_to() {
    let operator = Operator::new().await;
    let notes = bundled("notes");
    let install = ["install", &notes];
    let (code, shown) = operator.command(&install).await;
    assert_eq!(code, Some(MISUSE), "nobody is there to be asked");
    // Everything that a person would decide by was shown before that.
    for part in [
        "SHA-256",
        "deletes (DELETE) on /apps/notes/api/v1/notes/**",
        "adds (PUT) on /remote.php/dav/files/{user}",
        "nc_notes_delete_note",
        "What clients and models are told",
        "a lock file is begun",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let (_, said) = operator.plugins(&install).run().await;
    assert!(said.contains("--yes"), "{said}");
    assert_eq!(
        std::fs::read_dir(operator.folder.path()).unwrap().count(),
        0
    );
    let (code, _) = operator.command(&["install", &notes, "--json"]).await;
    assert_eq!(code, Some(MISUSE), "JSON asks nobody, so it needs --yes");
}

#[tokio::test]
async fn a_line_that_counts_a_method_as_less_is_pointed_out_before_installing() {
    let operator = Operator::new().await;
    let shown = operator.done(&["inspect", &bundled("calendar")]).await;
    assert!(shown.contains("Look twice"), "{shown}");
    assert!(
        shown.contains("POST on /remote.php/dav/calendars/{user}/outbox counts as `read`"),
        "{shown}"
    );
}

#[tokio::test]
async fn what_was_installed_is_served_until_somebody_tampers_with_it() {
    let operator = Operator::new().await;
    operator
        .done(&["install", &bundled("notes"), "--yes"])
        .await;
    operator
        .done(&["install", &bundled("capabilities"), "--yes"])
        .await;
    operator.done(&["verify"]).await;
    let server = operator.server().start().await;
    let names = server.client().await.tool_names().await;
    assert!(
        names.iter().any(|name| name == "nc_notes_get_note"),
        "{names:?}"
    );
    drop(server);

    // A custom section, which changes nothing of what the component does.
    append(&operator.file("notes/notes.wasm"), b"\0\x02\x01x");
    let (code, told) = operator.command(&["verify"]).await;
    assert_eq!(code, Some(FAILED), "{told}");
    assert!(
        told.contains("its component is not what was approved"),
        "{told}"
    );
    let (code, told) = operator.command(&["verify", "--json"]).await;
    let verdicts: Value = serde_json::from_str(&told).unwrap();
    let states = verdicts.as_array().unwrap().iter();
    let states: Vec<_> = states
        .map(|one| (one["plugin"].clone(), one["ok"].clone()))
        .collect();
    assert_eq!(code, Some(FAILED));
    assert_eq!(
        states,
        [
            (json!("capabilities"), json!(true)),
            (json!("notes"), json!(false))
        ]
    );

    let server = operator.server().start().await;
    let names = server.client().await.tool_names().await;
    assert!(
        !names.iter().any(|name| name.starts_with("nc_notes_")),
        "{names:?}"
    );
    let log = server.logs.text();
    assert!(
        log.contains("is not what was approved") && log.contains("plugins install"),
        "{log}"
    );
    drop(server);

    let inspected = operator.done(&["inspect", "notes"]).await;
    assert!(
        inspected.contains("Not what was approved: its component"),
        "{inspected}"
    );
    let folder = operator.file("notes").display().to_string();
    operator.done(&["install", &folder, "--yes"]).await;
    operator.done(&["verify"]).await;
}

#[tokio::test]
async fn an_update_says_what_it_changes() {
    let operator = Operator::new().await;
    operator
        .done(&["install", &bundled("notes"), "--yes"])
        .await;
    let newer = tempfile::tempdir().unwrap();
    for file in ["notes.wasm", "plugin.toml"] {
        std::fs::copy(
            Path::new(&bundled("notes")).join(file),
            newer.path().join(file),
        )
        .unwrap();
    }
    let manifest = newer.path().join("plugin.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let text = text
        .replace("version = \"0.1.0\"", "version = \"0.2.0\"")
        .replace("/apps/notes/api/v1/settings", "/apps/notes/api/v1/other");
    std::fs::write(&manifest, text).unwrap();
    let newer = newer.path().display().to_string();
    let told = operator.json(&["install", &newer, "--yes", "--json"]).await;
    let changes: Vec<String> = told["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["change"].as_str().unwrap(),
                one["text"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            "changed 0.1.0 -> 0.2.0",
            "added reads (GET) and changes (PUT) on /apps/notes/api/v1/other",
            "removed reads (GET) and changes (PUT) on /apps/notes/api/v1/settings",
        ]
    );
    operator.done(&["verify"]).await;
}

#[tokio::test]
async fn what_is_switched_off_or_removed_is_not_served() {
    let operator = Operator::new().await;
    operator
        .done(&["install", &bundled("notes"), "--yes"])
        .await;
    operator
        .done(&["install", &bundled("capabilities"), "--yes"])
        .await;
    let switched = operator.json(&["disable", "notes", "--json"]).await;
    assert_eq!(
        switched,
        json!({ "plugin": "notes", "enabled": false, "changed": true })
    );
    let listed = operator.json(&["list", "--json"]).await;
    assert_eq!(listed["disabled"], json!(["notes"]));
    assert_eq!(listed["loaded"][0]["pinned"], json!(true));
    operator.done(&["enable", "notes"]).await;
    let listed = operator.json(&["list", "--json"]).await;
    assert_eq!(listed["loaded"].as_array().unwrap().len(), 2);

    std::fs::write(operator.file("notes/mine.txt"), "mine").unwrap();
    let (code, _) = operator.command(&["remove", "notes"]).await;
    assert_eq!(code, Some(MISUSE), "nobody is there to be asked");
    let removed = operator.json(&["remove", "notes", "--yes", "--json"]).await;
    assert_eq!(removed["deleted"].as_array().unwrap().len(), 2);
    assert!(
        removed["left"].to_string().contains("mine.txt"),
        "{removed}"
    );
    assert!(operator.file("notes/mine.txt").exists());
    let (code, _) = operator.command(&["enable", "notes"]).await;
    assert_eq!(code, Some(FAILED));
}

#[tokio::test]
async fn a_server_that_wants_a_lock_file_serves_nothing_without_one() {
    let operator = Operator::new().await;
    let (status, log) = Server::basic(&operator.nextcloud, "alice")
        .with("NEXTCLOUD_MCP_REQUIRE_LOCK", "true")
        .run()
        .await;
    assert_eq!(status.code(), Some(FAILED), "{log}");
    assert!(
        log.contains("there is no lock file") && log.contains("plugins install"),
        "{log}"
    );
    let server = Server::basic(&operator.nextcloud, "alice").start().await;
    let log = server.logs.text();
    assert!(
        log.contains("no lock file says which plugins were approved"),
        "{log}"
    );
}

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
    operator
        .done(&["install", &bundled("notes"), "--yes"])
        .await;
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
    operator.done(&["install", &hostile, "--yes"]).await;
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
    operator
        .done(&["install", &bundled("notes"), "--yes"])
        .await;
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

#[tokio::test]
async fn a_policy_with_a_mistake_stops_the_start_with_its_line() {
    let operator = Operator::new().await;
    operator
        .done(&["install", &bundled("notes"), "--yes"])
        .await;
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
