//! The HTTP edge, spoken to directly: what a browser, a scanner or a broken client sends.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Client, Server};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::json;

/// The revision of the protocol that is spoken here.
const PROTOCOL: &str = "2025-06-18";
/// Kinds of answers that an MCP client takes.
const ACCEPT: &str = "application/json, text/event-stream";

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn post(
    server: &Server,
    headers: &[(&str, &str)],
    body: impl Into<reqwest::Body>,
) -> (u16, String) {
    let mut request = http()
        .post(server.endpoint())
        .header("Accept", ACCEPT)
        .header("Content-Type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn initialize() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}
    }})
    .to_string()
}

#[tokio::test]
async fn broken_json_is_a_client_error_and_the_server_lives_on() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    for body in ["{\"jsonrpc\":", "[]", "null", "not json at all", ""] {
        let (status, text) = post(&server, &[], body).await;
        assert!((400..500).contains(&status), "{body:?}: {status} {text}");
    }
    server
        .client()
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_REQUEST_MIB", "1")
        .start()
        .await;
    let (status, _) = post(&server, &[], "x".repeat(2 << 20)).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn a_page_in_a_browser_cannot_reach_the_server() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    let (status, _) = post(&server, &[("Origin", "https://evil.example")], initialize()).await;
    assert_eq!(status, 403, "a foreign Origin");
    // A name that an attacker's DNS lets point to loopback.
    let (status, _) = post(&server, &[("Host", "evil.example")], initialize()).await;
    assert!((400..500).contains(&status), "a foreign Host: {status}");
    let (status, text) = post(&server, &[], initialize()).await;
    assert_eq!(status, 200, "{text}");
}

#[tokio::test]
async fn whoever_has_not_the_static_token_is_not_let_in() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_STATIC_TOKEN", TOKEN)
        .start()
        .await;
    for headers in [
        vec![],
        vec![("Authorization", "Bearer wrong-but-long-enough-to-be-one")],
        vec![("Authorization", "Basic YTpi")],
    ] {
        let (status, _) = post(&server, &headers, initialize()).await;
        assert_eq!(status, 401, "{headers:?}");
    }
    let client = Client::http(&server.endpoint(), Some(TOKEN)).await.unwrap();
    client.ok("nc_notes_list_notes", json!({})).await;
    let told: Vec<_> = nextcloud
        .requests()
        .into_iter()
        .filter(|entry| format!("{entry:?}").contains(TOKEN))
        .collect();
    assert!(told.is_empty(), "the token went on to Nextcloud: {told:?}");
    assert!(
        !server.logs.text().contains(TOKEN),
        "the token is in the log"
    );
}

#[tokio::test]
async fn no_secret_is_in_the_log_even_at_its_loudest() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "trace")
        .start()
        .await;
    let client = server.client().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    client.ok("nc_calendar_list_calendars", json!({})).await;
    let log = server.logs.text();
    assert!(
        !log.contains("alice-pass-12345"),
        "the password is in the log"
    );
    assert!(
        !log.contains("oc_sessionPassphrase=") && !log.contains("YWxpY2U6"),
        "a cookie or a credential is in the log"
    );
}

#[tokio::test]
async fn health_is_told_to_whoever_watches() {
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice").start().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = http()
            .get(format!("{}{path}", server.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{path}");
    }
}

#[tokio::test]
async fn calls_beyond_the_queue_are_told_to_come_back() {
    const CALLS: usize = 6;
    let nextcloud = StandIn::with_two_users().await;
    let server = Server::basic(&nextcloud, "alice")
        .with("NEXTCLOUD_MCP_CALLS_PER_USER", "1")
        .with("NEXTCLOUD_MCP_QUEUE_PER_USER", "1")
        .start()
        .await;
    let client = server.client().await;
    client.ok("nc_notes_list_notes", json!({})).await;
    nextcloud.inject(Fault::at(
        "/apps/notes/",
        Trouble::Slow(Duration::from_secs(1)),
    ));
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": "nc_notes_list_notes", "arguments": {}
    }});
    let session = session(&server).await;
    let mut tasks = Vec::new();
    for _ in 0..CALLS {
        let mut request = http()
            .post(server.endpoint())
            .header("Accept", ACCEPT)
            .header("MCP-Protocol-Version", PROTOCOL)
            .json(&call);
        if let Some(session) = &session {
            request = request.header("Mcp-Session-Id", session);
        }
        tasks.push(tokio::spawn(request.send()));
    }
    let (mut answered, mut refused) = (0, 0);
    for task in tasks {
        let answer = task.await.unwrap().unwrap();
        match answer.status().as_u16() {
            200 => answered += 1,
            503 => {
                assert!(answer.headers().contains_key("retry-after"));
                refused += 1;
            }
            status => panic!("{status}: {}", answer.text().await.unwrap()),
        }
    }
    assert!(
        answered >= 1 && refused >= 1,
        "{answered} answered, {refused} refused"
    );
}

/// Begins a conversation by hand; the session's name, where the server keeps one.
async fn session(server: &Server) -> Option<String> {
    let request = http().post(server.endpoint()).header("Accept", ACCEPT);
    let request = request
        .header("Content-Type", "application/json")
        .body(initialize());
    let answer = request.send().await.unwrap();
    let session = answer
        .headers()
        .get("mcp-session-id")?
        .to_str()
        .ok()?
        .to_owned();
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let request = http().post(server.endpoint()).header("Accept", ACCEPT);
    request
        .header("Mcp-Session-Id", &session)
        .json(&initialized)
        .send()
        .await
        .unwrap();
    Some(session)
}
