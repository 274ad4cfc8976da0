//! The lines of the setup guide, to the letter and in order: guides and alerts rest on them.

use nextcloud_mcp_tests::harness::{Logs, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{NewClient, Options, StandIn};

use super::MISUSE;
use crate::wire::with_token;
use crate::{NOTES, titles};

/// Lines that belong to the start, whatever else is said in between.
const OF_A_REGISTRATION: [&str; 3] = [
    "Attempting dynamic client registration...",
    "Dynamic client registration successful",
    "Saved OAuth client credentials to SQLite database",
];

/// Insists on lines that end like this, in this order.
fn assert_lines(logs: &Logs, expected: &[String]) {
    let all = logs.all();
    let mut rest = all.iter();
    for text in expected {
        assert!(
            rest.any(|line| line.ends_with(&format!(" {text}"))),
            "no line, or not in its place: {text}\n{}",
            logs.text()
        );
    }
}

/// The first lines of every start.
fn beginning(host: &str) -> Vec<String> {
    vec![
        "OAuth mode detected (NEXTCLOUD_USERNAME/PASSWORD not set)".into(),
        "Configuring MCP server for OAuth mode".into(),
        format!("Performing OIDC discovery: {host}/.well-known/openid-configuration"),
        "✓ PKCE support validated: ['S256']".into(),
        "OIDC discovery successful".into(),
    ]
}

#[tokio::test]
async fn the_first_start_registers_and_the_second_one_does_not() {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud).with("NEXTCLOUD_MCP_LOG_LEVEL", "info");
    let server = start.start().await;
    let client = format!("OAuth client ready: {}...", &nextcloud.clients()[0][..16]);
    let ready = format!("MCP server ready at {}", server.url());
    assert!(ready.starts_with("MCP server ready at http://127.0.0.1:"));
    let mut lines = beginning(&nextcloud.url());
    lines.extend(OF_A_REGISTRATION[..2].iter().map(|&line| line.into()));
    lines.extend([
        client.clone(),
        OF_A_REGISTRATION[2].into(),
        "OAuth initialization complete".into(),
        ready.clone(),
    ]);
    assert_lines(&server.logs, &lines);

    let server = server.restart().await;
    let mut lines = beginning(&nextcloud.url());
    lines.extend([client, "OAuth initialization complete".into(), ready]);
    assert_lines(&server.logs, &lines);
    for line in OF_A_REGISTRATION {
        assert!(!server.logs.text().contains(line), "{line}");
    }
    assert_eq!(nextcloud.registrations(), 1);
}

#[tokio::test]
async fn a_client_that_was_configured_is_named() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.allow_registration(false);
    let start = Server::oauth(&nextcloud).with("NEXTCLOUD_MCP_LOG_LEVEL", "info");
    let url = start
        .setting("NEXTCLOUD_MCP_SERVER_URL")
        .unwrap()
        .to_owned();
    let keys = nextcloud.create_client(
        NewClient::at(&format!("{url}/oauth/callback")).for_resource(&format!("{url}/mcp")),
    );
    let server = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &keys.secret)
        .start()
        .await;
    let mut lines = beginning(&nextcloud.url());
    lines.extend([
        format!("Using pre-configured OAuth client: {}", keys.id),
        "OAuth initialization complete".into(),
        format!("MCP server ready at {}", server.url()),
    ]);
    assert_lines(&server.logs, &lines);
    assert!(!server.logs.text().contains(&keys.secret));
    assert!(
        !server.folder().join("data/oauth.sqlite3").exists(),
        "nothing to keep"
    );
}

#[tokio::test]
async fn debug_says_whose_token_it_was_and_how_it_was_asked_about() {
    let nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud)
        .with("NEXTCLOUD_MCP_TOKEN_AUDIENCE", "any")
        .with("NEXTCLOUD_MCP_DEFAULT_SCOPES", "notes.read");
    let server = start.start().await;
    let client = nextcloud
        .create_client(NewClient::at("http://127.0.0.1:1/"))
        .id;
    let kind = nextcloud_mcp_tests::nextcloud::TokenKind::Opaque;
    let token = nextcloud.issue_token("alice", &client, "openid", None, kind);
    assert_eq!(with_token(&server, &token.access_token).await.status, 200);
    let lines = [
        "Token validation via userinfo endpoint",
        "Token validated successfully for user: alice",
    ];
    assert_lines(&server.logs, &lines.map(str::to_owned));
    let times = server.logs.text().matches(lines[0]).count();
    assert_eq!(times, 1, "said once a question");
}

#[tokio::test]
async fn without_a_nextcloud_there_is_nothing_to_sign_in_to() {
    let (status, log) = Server::bare().run().await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("OAuth mode requires NEXTCLOUD_HOST"), "{log}");
    let (status, log) = Server::bare().argument("--oauth").run().await;
    assert_eq!(status.code(), Some(MISUSE), "{log}");
    assert!(log.contains("OAuth mode requires NEXTCLOUD_HOST"), "{log}");
}

#[tokio::test]
async fn half_a_client_or_a_key_that_is_none_is_a_slip_that_is_named() {
    let nextcloud = StandIn::with_two_users().await;
    for (name, value, missing) in [
        (
            "NEXTCLOUD_OIDC_CLIENT_ID",
            "id",
            "NEXTCLOUD_OIDC_CLIENT_SECRET",
        ),
        (
            "NEXTCLOUD_OIDC_CLIENT_SECRET",
            "secret-of-nobody",
            "NEXTCLOUD_OIDC_CLIENT_ID",
        ),
        (
            "NEXTCLOUD_MCP_SECRET_KEY",
            "tooshort",
            "NEXTCLOUD_MCP_SECRET_KEY",
        ),
    ] {
        let (status, log) = Server::oauth(&nextcloud).with(name, value).run().await;
        assert_eq!(status.code(), Some(MISUSE), "{name}: {log}");
        assert!(log.contains(missing), "{name}: {log}");
        assert!(
            !log.contains("secret-of-nobody") && !log.contains("tooshort"),
            "{log}"
        );
    }
    assert!(nextcloud.requests().is_empty());
}

#[tokio::test]
async fn a_slash_at_the_end_and_a_sub_path_are_understood() {
    for (web_root, slash) in [
        ("", "/"),
        ("/nextcloud", ""),
        ("/nextcloud", "/"),
        ("/a/b", "/"),
    ] {
        let nextcloud = StandIn::start(Options::with_two_users().at(web_root))
            .await
            .unwrap();
        nextcloud.state().add_note("alice", "Below", "", "text");
        let start = Server::oauth(&nextcloud);
        let host = format!("{}{slash}", nextcloud.url());
        let server = start.with("NEXTCLOUD_HOST", &host).start().await;
        let discovery = format!(
            "Performing OIDC discovery: {}/.well-known/openid-configuration",
            nextcloud.url()
        );
        assert_lines(&server.logs, &[discovery]);
        let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
        assert_eq!(titles(&server, &tokens.access).await, ["Below"], "{host}");
    }
}

#[tokio::test]
async fn secrets_come_from_files_and_stay_text() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let start = Server::oauth(&nextcloud);
    let url = start
        .setting("NEXTCLOUD_MCP_SERVER_URL")
        .unwrap()
        .to_owned();
    let key = start
        .setting("NEXTCLOUD_MCP_SECRET_KEY")
        .unwrap()
        .to_owned();
    let mut client =
        NewClient::at(&format!("{url}/oauth/callback")).for_resource(&format!("{url}/mcp"));
    // Digits alone, which no parser may turn into a number.
    client.secret = Some("0123456".into());
    let keys = nextcloud.create_client(client);
    let at = |name: &str| start.folder().join(name).display().to_string();
    let (secret_file, key_file) = (at("client-secret"), at("key"));
    let server = start
        .file("client-secret", "0123456\n")
        .file("key", &format!("{key}\n"))
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id)
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET_FILE", secret_file)
        .with("NEXTCLOUD_MCP_SECRET_KEY", "")
        .with("NEXTCLOUD_MCP_SECRET_KEY_FILE", key_file)
        .start()
        .await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    // The same key as a value: what the file's sealed opens.
    let again = server
        .kill()
        .await
        .with("NEXTCLOUD_MCP_SECRET_KEY_FILE", "")
        .with("NEXTCLOUD_MCP_SECRET_KEY", key);
    let server = again.start().await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
}
