//! Whether Nextcloud takes a credential where tools need it.

use nextcloud_mcp_tests::harness::Start;
use nextcloud_mcp_tests::nextcloud::{ClientKeys, Fault, NewClient, StandIn, TokenKind, Trouble};

use super::{basic, before, oauth};

/// Where another program waits for its answers.
const ELSEWHERE: &str = "http://127.0.0.1:33418/callback";

/// Mode B, and another program's client.
async fn stage() -> (StandIn, Start, ClientKeys) {
    let (nextcloud, start) = oauth().await;
    let resource = format!("{}/mcp", start.server_url());
    let mut own = NewClient::at(&format!("{}/oauth/callback", start.server_url()));
    own.resource_url = Some(resource);
    let own = nextcloud.create_client(own);
    let start = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &own.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &own.secret);
    let other = nextcloud.create_client(NewClient::at(ELSEWHERE));
    (nextcloud, start, other)
}

fn token(nextcloud: &StandIn, client: &ClientKeys, resource: Option<&str>) -> String {
    token_of(nextcloud, client, resource, "openid notes.read")
}

fn token_of(
    nextcloud: &StandIn,
    client: &ClientKeys,
    resource: Option<&str>,
    scope: &str,
) -> String {
    let issued = nextcloud.issue_token("alice", &client.id, scope, resource, TokenKind::Opaque);
    issued.access_token
}

#[tokio::test]
async fn a_token_for_this_server_is_tried_everywhere() {
    let (nextcloud, start, other) = stage().await;
    let resource = format!("{}/mcp", start.server_url());
    let start = start.with(
        "NEXTCLOUD_MCP_DOCTOR_TOKEN",
        token(&nextcloud, &other, Some(&resource)),
    );
    let found = before(&start).await;
    found.problems(&[]);
    for id in [
        "access.audience",
        "access.scope",
        "access.ocs",
        "access.dav",
        "access.notes",
        "access.sessions",
        "nextcloud.apps",
        "plugins.apps",
    ] {
        assert_eq!(found.status(id), "ok", "{id}: {}", found.detail(id));
    }
}

#[tokio::test]
async fn a_token_for_something_else_or_of_nobody_is_told() {
    let (nextcloud, start, other) = stage().await;
    let foreign = start.with(
        "NEXTCLOUD_MCP_DOCTOR_TOKEN",
        token(&nextcloud, &other, None),
    );
    let found = before(&foreign).await;
    found.problems(&["access.audience"]);
    found.tells(
        "issued for something else than this server",
        "access.audience",
    );
    assert_eq!(
        found.status("access.ocs"),
        "ok",
        "Nextcloud itself takes it"
    );
    let nobodys = foreign.with("NEXTCLOUD_MCP_DOCTOR_TOKEN", "x".repeat(72));
    let found = before(&nobodys).await;
    found.problems(&["access.audience", "access.ocs"]);
}

#[tokio::test]
async fn a_token_that_ended_and_one_that_is_for_no_access_are_told() {
    let (nextcloud, start, other) = stage().await;
    let resource = format!("{}/mcp", start.server_url());
    let ended = token(&nextcloud, &other, Some(&resource));
    nextcloud.state().expire_token(&ended);
    let start = start.with("NEXTCLOUD_MCP_DOCTOR_TOKEN", ended);
    let found = before(&start).await;
    found.problems(&["access.audience", "access.ocs"]);
    found.tells("\"has expired\"", "access.ocs");
    let id_token = nextcloud.issue_id_token_as_bearer("alice", &other.id);
    let start = start.with("NEXTCLOUD_MCP_DOCTOR_TOKEN", id_token);
    let found = before(&start).await;
    found.tells("a token, but not an access token", "access.audience");
    assert!(found.detail("access.audience").contains("is an ID token"));
}

#[tokio::test]
async fn bearer_validation_that_is_off_is_told_with_the_command_that_switches_it_on() {
    let (nextcloud, start, other) = stage().await;
    let resource = format!("{}/mcp", start.server_url());
    let start = start.with(
        "NEXTCLOUD_MCP_DOCTOR_TOKEN",
        token(&nextcloud, &other, Some(&resource)),
    );
    nextcloud.set(|settings| settings.bearer_validation = false);
    let found = before(&start).await;
    found.problems(&["access.ocs"]);
    let remedy = found.check("access.ocs")["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("oidc_provider_bearer_validation"),
        "{remedy}"
    );
    let refused = nextcloud
        .requests()
        .iter()
        .filter(|entry| entry.status == 401)
        .count();
    assert_eq!(refused, 1, "one failed login, not one for each check");
}

#[tokio::test]
async fn notes_alone_that_refuse_the_token_and_slow_sessions_are_told() {
    let (nextcloud, start, other) = stage().await;
    let resource = format!("{}/mcp", start.server_url());
    let start = start.with(
        "NEXTCLOUD_MCP_DOCTOR_TOKEN",
        token(&nextcloud, &other, Some(&resource)),
    );
    nextcloud.inject(Fault::at(
        "/apps/notes/",
        Trouble::Answer {
            status: 401,
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                ("X-User-Id".into(), "alice".into()),
            ],
            body: r#"{"message":"CORS requires basic auth"}"#.into(),
        },
    ));
    let found = before(&start).await;
    found.problems(&["access.notes"]);
    found.tells("CORS requires basic auth", "access.notes");
    nextcloud.heal();
    nextcloud.set(|settings| settings.refuse_bearer_with_cookie = true);
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(found.status("access.sessions"), "warning");
}

#[tokio::test]
async fn a_wrong_app_password_is_told_and_costs_one_failed_login() {
    let (nextcloud, start) = basic().await;
    let start = start.with("NEXTCLOUD_PASSWORD", "not-the-password");
    let found = before(&start).await;
    found.problems(&["access.ocs"]);
    found.tells(
        "401 at once, and Nextcloud's log shows nothing",
        "access.ocs",
    );
    assert_eq!(found.status("access.dav"), "skipped");
    let refused = nextcloud
        .requests()
        .iter()
        .filter(|entry| entry.status == 401)
        .count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn a_token_without_a_scope_of_this_servers_is_told_unless_the_operator_gives_it_some() {
    let (nextcloud, start, other) = stage().await;
    let resource = format!("{}/mcp", start.server_url());
    let openid = token_of(&nextcloud, &other, Some(&resource), "openid");
    let start = start.with("NEXTCLOUD_MCP_DOCTOR_TOKEN", openid);
    let found = before(&start).await;
    found.problems(&["access.scope"]);
    found.tells("403 `insufficient_scope`", "access.scope");
    assert!(found.detail("access.scope").contains("insufficient_scope"));
    let start = start.with("NEXTCLOUD_MCP_DEFAULT_SCOPES", "notes.read");
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(found.detail("access.scope"), "notes.read");
}

#[tokio::test]
async fn a_token_for_anybody_is_no_fault_where_the_operator_takes_them_all() {
    let (nextcloud, start, other) = stage().await;
    let foreign = token(&nextcloud, &other, None);
    let start = start
        .with("NEXTCLOUD_MCP_DOCTOR_TOKEN", foreign)
        .with("NEXTCLOUD_MCP_TOKEN_AUDIENCE", "any");
    let found = before(&start).await;
    found.problems(&[]);
    assert_eq!(found.status("access.audience"), "skipped");
}
