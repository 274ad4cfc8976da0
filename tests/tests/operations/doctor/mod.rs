//! `doctor`: what it finds in a deployment that is well, and in one that has each fault.

mod access;
mod front;
mod grants;
mod here;
mod kept;
mod nextcloud;
mod provider;
mod rows;
mod running;
mod tls;

use nextcloud_mcp_tests::harness::{Server, Start};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};
use tokio::process::Command;

/// What it said.
pub(crate) struct Report {
    document: Value,
    code: Option<i32>,
}

/// Runs `doctor --json`.
pub(crate) async fn report(mut command: Command) -> Report {
    let output = command.output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let document = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!(
            "{error}: {text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    Report {
        document,
        code: output.status.code(),
    }
}

/// As it would be before the start.
async fn before(start: &Start) -> Report {
    report(start.command(&["doctor", "--json"])).await
}

/// Beside the server, as its operator would.
async fn beside(server: &Server) -> Report {
    report(server.command(&["doctor", "--json"])).await
}

impl Report {
    fn check(&self, id: &str) -> &Value {
        let checks = self.document["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["id"] == id);
        found.unwrap_or_else(|| panic!("no check {id} in {:#}", self.document))
    }

    fn status(&self, id: &str) -> &str {
        self.check(id)["status"].as_str().unwrap()
    }

    fn detail(&self, id: &str) -> &str {
        self.check(id)["detail"].as_str().unwrap()
    }

    /// The ids of what has this status.
    fn all(&self, status: &str) -> Vec<&str> {
        let checks = self.document["checks"].as_array().unwrap().iter();
        let found = checks.filter(|check| check["status"] == status);
        found.map(|check| check["id"].as_str().unwrap()).collect()
    }

    /// Exactly these are problems, each with a remedy, and the exit code says so.
    fn problems(&self, ids: &[&str]) {
        assert_eq!(self.all("problem"), ids, "{:#}", self.document);
        assert_eq!(self.document["problems"], ids.len());
        assert_eq!(self.code, Some(i32::from(!ids.is_empty())));
        for id in ids {
            let remedy = self.check(id)["remedy"].as_str().unwrap_or_default();
            assert!(!remedy.is_empty(), "{id} has no remedy");
        }
    }
}

/// OAuth mode at a Nextcloud of its own.
async fn oauth() -> (StandIn, Start) {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud);
    (nextcloud, start)
}

/// Basic mode as alice.
async fn basic() -> (StandIn, Start) {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::basic(&nextcloud, "alice");
    (nextcloud, start)
}

#[tokio::test]
async fn the_keys_of_the_document_are_what_programs_were_told() {
    let (_nextcloud, start) = basic().await;
    let found = before(&start).await;
    let keys =
        |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(
        keys(&found.document),
        ["version", "problems", "warnings", "checks"]
    );
    for check in found.document["checks"].as_array().unwrap() {
        assert_eq!(keys(check), ["id", "status", "title", "detail", "remedy"]);
        let status = check["status"].as_str().unwrap();
        assert_eq!(
            check["remedy"].is_null(),
            ["ok", "skipped"].contains(&status),
            "{check}"
        );
    }
}

#[tokio::test]
async fn people_get_a_list_and_strict_ones_a_failure_for_warnings() {
    let (_nextcloud, start) = basic().await;
    let output = start.command(&["doctor"]).output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("ok       nextcloud.reachable"), "{text}");
    assert!(
        text.contains("note     settings.mode") && text.contains("-> for more than one person"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("skipped"), "{text}");
    let strict = report(start.command(&["doctor", "--json", "--strict"])).await;
    assert_eq!(
        (strict.code, &strict.document["problems"]),
        (Some(1), &json!(0))
    );
    assert_eq!(strict.status("server.reachable"), "warning");
    // Nothing else was to be warned of: a note does not count.
    let server = start.start().await;
    let mut beside = server.command(&["doctor", "--json", "--strict"]);
    beside.env("NEXTCLOUD_MCP_SERVER_URL", server.url());
    let strict = report(beside).await;
    assert_eq!(strict.code, Some(0), "{:#}", strict.document);
}

#[tokio::test]
async fn settings_that_stop_a_start_are_found_and_named() {
    let bare = |name: &str, value: &str| Server::bare().with(name, value);
    for (start, row, id) in [
        (
            Server::bare(),
            "OAuth mode requires NEXTCLOUD_HOST",
            "nextcloud.address",
        ),
        (
            bare("NEXTCLOUD_HOST", "http://cloud.example.com"),
            "over plain http anybody on the way reads the credentials",
            "nextcloud.address",
        ),
        (
            bare("NEXTCLOUD_USERNAME", "alice"),
            "NEXTCLOUD_PASSWORD is not set",
            "settings.mode",
        ),
    ] {
        let found = before(&start).await;
        found.tells(row, id);
        assert!(
            found.all("problem").contains(&id),
            "{id}: {:#}",
            found.document
        );
        assert_eq!(found.code, Some(1));
    }
    let found = before(&bare("NEXTCLOUD_HOST", "ftp://cloud.example.com")).await;
    assert_eq!(found.status("nextcloud.address"), "problem");
    let (_nextcloud, start) = oauth().await;
    let start = start.with("NEXTCLOUD_OIDC_CLIENT_ID", "half");
    let found = before(&start).await;
    found.problems(&["settings.client"]);
    found.tells("NEXTCLOUD_OIDC_CLIENT_SECRET is not set", "settings.client");
    let (_nextcloud, start) = oauth().await;
    let start = start.with("NEXTCLOUD_MCP_TRANSPORT", "stdio");
    let found = before(&start).await;
    found.problems(&["settings.transport"]);
    found.tells("NEXTCLOUD_MCP_TRANSPORT is stdio", "settings.transport");
}

#[tokio::test]
async fn no_secret_of_the_settings_is_in_what_it_says() {
    let (nextcloud, start) = oauth().await;
    let client = nextcloud.create_client(nextcloud_mcp_tests::nextcloud::NewClient::at(
        "http://127.0.0.1/x",
    ));
    let token = "a-token-that-nobody-knows-0123456789";
    let start = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &client.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &client.secret)
        .with("NEXTCLOUD_MCP_DOCTOR_TOKEN", token)
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "trace");
    let key = start
        .setting("NEXTCLOUD_MCP_SECRET_KEY")
        .unwrap()
        .to_owned();
    let output = start.command(&["doctor"]).output().await.unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains(&client.id), "{said}");
    for secret in [&*client.secret, token, &key] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}
