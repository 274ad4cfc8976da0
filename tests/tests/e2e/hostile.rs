//! A plugin that does what no plugin may, through the whole server: each attempt ends in a clear error, no request leaves
//! that should not, and others are served meanwhile.

use std::path::Path;
use std::time::Duration;

use nextcloud_mcp_tests::harness::{Client, Peer, Server};
use nextcloud_mcp_tests::nextcloud::{Entry, StandIn};
use serde_json::{Value, json};

/// The time that a guest gets to compute here, in seconds.
const CPU_SECONDS: &str = "1";

struct Stage {
    nextcloud: StandIn,
    server: Server,
    client: Client,
    _plugins: tempfile::TempDir,
}

async fn begin() -> Stage {
    let plugins = tempfile::tempdir().unwrap();
    copy_folder(
        &Peer::Guests.required().join("hostile"),
        &plugins.path().join("hostile"),
    );
    copy_folder(
        &Peer::Plugins.required().join("notes"),
        &plugins.path().join("notes"),
    );
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with(
            "NEXTCLOUD_MCP_PLUGIN_DIR",
            plugins.path().display().to_string(),
        )
        .with("NEXTCLOUD_MCP_CALL_CPU_SECONDS", CPU_SECONDS)
        .with("NEXTCLOUD_MCP_CALL_SECONDS", "10")
        .start()
        .await;
    let client = server.client().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    nextcloud.forget_requests();
    Stage {
        nextcloud,
        server,
        client,
        _plugins: plugins,
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test]
async fn what_burns_time_memory_or_stack_is_stopped_while_others_are_served() {
    let stage = begin().await;
    let other = stage.server.client().await;
    for tool in [
        "spin",
        "spin_calls",
        "spin_clock",
        "allocate",
        "recurse",
        "panic",
        "exit",
    ] {
        let name = format!("nc_hostile_{tool}");
        let burning = stage.client.call(&name, json!({}));
        let serving = tokio::time::timeout(
            Duration::from_secs(8),
            other.ok("nc_notes_list_notes", json!({})),
        );
        let (outcome, served) = tokio::join!(burning, serving);
        assert!(outcome.is_error, "{tool} succeeded: {}", outcome.text);
        assert!(outcome.text.len() > 20, "{tool}: {}", outcome.text);
        assert!(served.is_ok(), "nobody was served while {tool} ran");
    }
}

#[tokio::test]
async fn what_floods_the_log_is_cut_and_cannot_pass_for_the_server() {
    let stage = begin().await;
    let before = stage.server.logs.all().len();
    for tool in ["flood_log", "flood_stdout", "flood_stderr", "huge_log"] {
        let _ = stage
            .client
            .call(&format!("nc_hostile_{tool}"), json!({}))
            .await;
    }
    stage.client.ok("nc_notes_list_notes", json!({})).await;
    let lines = stage.server.logs.all();
    assert!(
        lines.len() - before < 10_000,
        "{} lines",
        lines.len() - before
    );
    assert!(
        lines.iter().all(|line| line.len() < 64 << 10),
        "a line without end"
    );
    assert!(
        lines
            .iter()
            .all(|line| !line.contains('\u{1b}') || !line.contains("flood")),
        "control characters of a guest"
    );
}

#[tokio::test]
async fn requests_beyond_the_manifest_never_leave() {
    let stage = begin().await;
    let allowed = "/index.php/apps/hostile/api/";
    let attempts = [
        (
            "GET",
            "/index.php/apps/notes/api/v1/notes".to_owned(),
            json!([]),
        ),
        (
            "GET",
            format!("{allowed}../../notes/api/v1/notes"),
            json!([]),
        ),
        (
            "GET",
            format!("{allowed}%2e%2e/%2e%2e/notes/api/v1/notes"),
            json!([]),
        ),
        ("GET", format!("{allowed}..%2f..%2fnotes"), json!([])),
        (
            "GET",
            "//evil.example/index.php/apps/hostile/api/x".to_owned(),
            json!([]),
        ),
        ("GET", "http://evil.example/".to_owned(), json!([])),
        ("GET", format!("{allowed}a\\..\\..\\notes"), json!([])),
        (
            "GET",
            format!("{allowed}x\r\nHost: evil.example"),
            json!([]),
        ),
        (
            "GET",
            format!("{allowed}x"),
            json!([["Accept", "a\r\nX-Evil: 1"]]),
        ),
        (
            "GET",
            format!("{allowed}x"),
            json!([["Authorization", "Basic Ym9iOmJvYi1wYXNzLTEyMzQ1"]]),
        ),
        (
            "GET",
            format!("{allowed}x"),
            json!([["Cookie", "ocr4ku107hbg=stolen"]]),
        ),
        (
            "GET",
            format!("{allowed}x"),
            json!([["Host", "evil.example"]]),
        ),
        ("PATCH", format!("{allowed}x"), json!([])),
        ("POST", format!("{allowed}x"), json!([])),
        ("DELETE", format!("{allowed}x"), json!([])),
        (
            "GET",
            "/ocs/v2.php/core/getapppassword".to_owned(),
            json!([]),
        ),
        (
            "GET",
            "/ocs/v2.php/apps/files/api/v1/directEditing".to_owned(),
            json!([]),
        ),
    ];
    for (method, path, headers) in attempts {
        let outcome = stage
            .client
            .call(
                "nc_hostile_fetch_read",
                json!({"method": method, "path": path, "headers": headers}),
            )
            .await;
        let answer = format!("{} {}", outcome.text, outcome.structured);
        let requests = stage.nextcloud.requests();
        let left = requests
            .iter()
            .filter(|entry| !is_the_servers_own(&entry.target))
            .count();
        assert_eq!(
            left,
            0,
            "{method} {path:?} {headers} left as {:?}; answer {answer}",
            requests.last().map(Entry::line)
        );
    }
    // The same tool can do what it is allowed to.
    let fine = json!({"method": "GET", "path": format!("{allowed}x"), "headers": []});
    stage.client.call("nc_hostile_fetch_read", fine).await;
    assert!(
        stage
            .nextcloud
            .requests()
            .iter()
            .any(|entry| entry.target.contains("/apps/hostile/api/x"))
    );
}

#[tokio::test]
async fn a_guest_finds_nothing_of_the_machine_it_runs_on() {
    let stage = begin().await;
    let found = stage.client.ok("nc_hostile_machine", json!({})).await;
    for (what, found) in found.as_object().unwrap() {
        let nothing =
            matches!(found, Value::Bool(false)) || *found == json!(0) || *found == json!("");
        assert!(nothing, "{what}: {found}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_its_schema_is_not_passed_on() {
    let stage = begin().await;
    for tool in ["break_schema", "break_json", "break_promise"] {
        let outcome = stage
            .client
            .call(&format!("nc_hostile_{tool}"), json!({}))
            .await;
        assert!(
            outcome.is_error,
            "{tool}: {} {}",
            outcome.text, outcome.structured
        );
    }
}

#[tokio::test]
async fn nothing_that_a_guest_remembers_survives_its_call() {
    let stage = begin().await;
    let first = count(&stage.client).await;
    assert_eq!(first, count(&stage.client).await);
}

#[tokio::test]
async fn a_hundred_megabytes_of_answer_are_refused() {
    let stage = begin().await;
    let outcome = stage
        .client
        .call("nc_hostile_huge_answer", json!({"count": 100}))
        .await;
    assert!(
        outcome.is_error && outcome.text.len() < 10_000,
        "{}",
        &outcome.text[..outcome.text.len().min(200)]
    );
    stage.client.ok("nc_notes_list_notes", json!({})).await;
}

async fn count(client: &Client) -> Value {
    let outcome = client.call("nc_hostile_count", json!({})).await;
    json!([outcome.text, outcome.structured])
}

/// What the server asks by itself: who the user is and what there is.
fn is_the_servers_own(target: &str) -> bool {
    target.starts_with("/ocs/v2.php/cloud/user")
        || target.starts_with("/ocs/v2.php/cloud/capabilities")
}
