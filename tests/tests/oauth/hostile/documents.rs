//! Client ID metadata documents are fetched from where strangers say (SSRF): nowhere that only this server can reach.

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::{Server, SignIn, skip};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::listener::Trap;
use crate::wire::http;
use crate::{NOTES, unhurried};

/// A refusal that needs no connection comes at once.
const AT_ONCE: Duration = Duration::from_secs(3);

/// A server that the world knows as `https://mcp.example.com`.
async fn public() -> (StandIn, Server) {
    let nextcloud = StandIn::with_two_users().await;
    let start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_SERVER_URL", "https://mcp.example.com");
    let server = start.start().await;
    (nextcloud, server)
}

/// Sends somebody to sign in for a client of this id, and insists on a page that goes nowhere.
async fn refuse(server: &Server, client_id: &str) {
    let mut url: url::Url = format!("{}/oauth/authorize", server.url()).parse().unwrap();
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", "http://127.0.0.1:33418/callback"),
        ("scope", NOTES),
        ("state", "state"),
        ("code_challenge", &"A".repeat(43)),
        ("code_challenge_method", "S256"),
    ]);
    let begun = Instant::now();
    let answer = http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 400, "{client_id}");
    assert!(!answer.headers().contains_key("location"), "{client_id}");
    let page = answer.text().await.unwrap();
    assert!(!page.contains("<form"), "{client_id}");
    assert!(
        begun.elapsed() < AT_ONCE,
        "{client_id}: {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn no_document_is_fetched_from_this_machine_or_its_network() {
    let (_nextcloud, server) = public().await;
    let four = Trap::at("127.0.0.1", 0).await.unwrap();
    let six = Trap::at("::1", 0).await.ok();
    let port = four.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::]",
        "app.localhost",
    ] {
        refuse(&server, &format!("https://{host}:{port}/client.json")).await;
        refuse(&server, &format!("http://{host}:{port}/client.json")).await;
    }
    if let Some(six) = &six {
        refuse(&server, &format!("https://[::1]:{}/client.json", six.port)).await;
        assert_eq!(six.connections().await, 0);
    }
    assert_eq!(four.connections().await, 0);
}

#[tokio::test]
async fn nor_at_the_usual_port() {
    // Without root, nothing can listen there to find out.
    let Ok(trap) = Trap::at("0.0.0.0", 443).await else {
        skip(
            "nor_at_the_usual_port",
            "port 443 cannot be listened at here",
        );
        return;
    };
    let (nextcloud, server) = public().await;
    for host in [
        "127.0.0.1",
        "localhost",
        "127.13.37.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        refuse(&server, &format!("https://{host}/client.json")).await;
    }
    assert_eq!(trap.connections().await, 0);
    // A server on a developer's own machine may: so the trap works, and the rule is what kept it empty.
    let local = unhurried(&nextcloud).start().await;
    refuse(&local, "https://127.0.0.1/client.json").await;
    assert_eq!(trap.connections().await, 1);
}

#[tokio::test]
async fn addresses_of_the_network_around_are_refused_without_a_try() {
    let (_nextcloud, server) = public().await;
    for address in [
        "169.254.169.254",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
    ] {
        refuse(&server, &format!("https://{address}/latest/client.json")).await;
    }
}

#[tokio::test]
async fn on_a_developers_machine_loopback_is_reached_over_https_only_and_never_when_switched_off() {
    let nextcloud = StandIn::with_two_users().await;
    let trap = Trap::at("127.0.0.1", 0).await.unwrap();
    let local = unhurried(&nextcloud).start().await;
    refuse(
        &local,
        &format!("http://127.0.0.1:{}/client.json", trap.port),
    )
    .await;
    refuse(&local, &format!("https://127.0.0.1:{}/", trap.port)).await;
    refuse(
        &local,
        &format!("https://user@127.0.0.1:{}/client.json", trap.port),
    )
    .await;
    assert_eq!(trap.connections().await, 0);
    refuse(
        &local,
        &format!("https://127.0.0.1:{}/client.json", trap.port),
    )
    .await;
    assert_eq!(trap.connections().await, 1, "the control");
    refuse(&local, "https://169.254.169.254/client.json").await;

    let start = unhurried(&nextcloud).with("NEXTCLOUD_MCP_CLIENT_DOCUMENTS", "false");
    let off = start.start().await;
    refuse(&off, &format!("https://127.0.0.1:{}/other.json", trap.port)).await;
    assert_eq!(trap.connections().await, 1);
    let metadata = SignIn::discover(&off.endpoint()).await.metadata;
    assert_ne!(metadata["client_id_metadata_document_supported"], true);
}

#[tokio::test]
async fn nothing_that_a_registration_names_is_fetched() {
    let nextcloud = StandIn::with_two_users().await;
    let trap = Trap::at("127.0.0.1", 0).await.unwrap();
    let server = unhurried(&nextcloud).start().await;
    let mut client = SignIn::discover(&server.endpoint()).await;
    let at = |name: &str| format!("http://127.0.0.1:{}/{name}", trap.port);
    let answer = client
        .register_as(&json!({
            "client_name": "Client", "redirect_uris": [client.redirect_uri], "token_endpoint_auth_method": "none",
            "logo_uri": at("logo"), "jwks_uri": at("keys"), "policy_uri": at("policy"), "tos_uri": at("terms"),
            "client_uri": at("client"), "sector_identifier_uri": at("sector"), "software_statement": "x.y.z",
        }))
        .await;
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    client.client_id = answer.body["client_id"].as_str().unwrap().to_owned();
    let page = http().get(client.depart(NOTES).url).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(trap.connections().await, 0);
}
