//! `/health/live` and `/health/ready` tell the truth, whatever becomes of Nextcloud and of the server itself.

use std::time::{Duration, Instant};

use nextcloud_mcp_tests::harness::sign_in::get;
use nextcloud_mcp_tests::harness::{Peer, Server};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::{Value, json};

use crate::{free_port, stage};

async fn ready(server: &Server) -> (u16, Value) {
    let answer = get(&format!("{}/health/ready", server.url())).await;
    (answer.status, answer.body)
}

async fn live(server: &Server) -> u16 {
    get(&format!("{}/health/live", server.url())).await.status
}

#[tokio::test]
async fn ready_says_what_is_served() {
    let (_nextcloud, start) = stage().await;
    let server = start.start().await;
    let client = server.client().await;
    let (status, body) = ready(&server).await;
    assert_eq!((status, live(&server).await), (200, 200));
    assert_eq!(body["tools"], client.tools().await.len());
    let expected = json!({
        "status": "ready", "plugins": 3, "tools": 43, "resources": 8, "prompts": 3, "nextcloud": "reachable",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_nextcloud_that_is_away_or_in_maintenance_is_told_but_makes_nobody_restart_this_server() {
    let (mut nextcloud, start) = stage().await;
    nextcloud.set(|settings| settings.maintenance = true);
    let server = start.start().await;
    let (status, body) = ready(&server).await;
    assert_eq!(
        (status, &body["nextcloud"]),
        (200, &json!("in maintenance mode"))
    );
    let start = server.kill().await;
    nextcloud.set(|settings| settings.maintenance = false);
    nextcloud.stop().await;
    let server = start.start().await;
    let (status, body) = ready(&server).await;
    assert_eq!((status, &body["nextcloud"]), (200, &json!("unreachable")));
    assert_eq!(live(&server).await, 200);
}

#[tokio::test]
async fn nobody_is_sent_here_before_people_can_sign_in() {
    let mut nextcloud = StandIn::with_two_users().await;
    let start = Server::oauth(&nextcloud);
    nextcloud.stop().await;
    let server = start.launch();
    server.listening().await;
    server
        .logs
        .wait_for("plugin notes is loaded", Duration::from_mins(2))
        .await
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    // Loading ends a moment after its last line.
    let body = loop {
        let (status, body) = ready(&server).await;
        assert_eq!((status, live(&server).await), (503, 200), "{body}");
        if body["status"] != "loading plugins" || Instant::now() > deadline {
            break body;
        }
    };
    assert_eq!(body["status"], "waiting for Nextcloud's sign-in");
    assert_eq!(body["nextcloud"], "unreachable");
}

#[tokio::test]
async fn it_is_not_ready_while_plugins_are_loading() {
    let (_nextcloud, start) = stage().await;
    // Without a folder of compiled ones each is compiled, which takes a while.
    let server = start
        .with("NEXTCLOUD_MCP_DATA_DIR", "")
        .with("NEXTCLOUD_MCP_PORT", free_port().to_string())
        .launch();
    server.listening().await;
    let (status, body) = ready(&server).await;
    assert_eq!(
        (status, &body["status"]),
        (503, &json!("loading plugins")),
        "{body}"
    );
    assert_eq!(live(&server).await, 200);
    server.ready().await;
    assert_eq!(ready(&server).await.0, 200);
}

#[tokio::test]
async fn a_server_whose_last_plugin_went_says_so_and_is_ready_when_one_comes() {
    let (_nextcloud, start) = stage().await;
    let folder = tempfile::tempdir().unwrap();
    let (own, away) = (
        folder.path().join("capabilities"),
        tempfile::tempdir().unwrap(),
    );
    let away = away.path().join("capabilities");
    std::fs::create_dir(&away).unwrap();
    for file in ["plugin.toml", "capabilities.wasm"] {
        let from = Peer::Plugins.required().join("capabilities").join(file);
        std::fs::copy(from, away.join(file)).unwrap();
    }
    std::fs::rename(&away, &own).unwrap();
    let path = folder.path().display().to_string();
    let server = start.with("NEXTCLOUD_MCP_PLUGIN_DIR", path).start().await;
    assert_eq!(ready(&server).await.0, 200);
    std::fs::rename(&own, &away).unwrap();
    becomes(&server, 503, "no plugin is left").await;
    assert_eq!(live(&server).await, 200);
    std::fs::rename(&away, &own).unwrap();
    becomes(&server, 200, "ready").await;
}

async fn becomes(server: &Server, expected: u16, text: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (status, body) = ready(server).await;
        if (status, body["status"].as_str()) == (expected, Some(text)) {
            return;
        }
        assert!(Instant::now() < deadline, "{status}: {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_server_without_a_plugin_ends_and_says_why() {
    let (_nextcloud, start) = stage().await;
    let empty = tempfile::tempdir().unwrap();
    assert!(Peer::Plugins.find().is_ok());
    let folder = empty.path().display().to_string();
    let (status, log) = start.with("NEXTCLOUD_MCP_PLUGIN_DIR", folder).run().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("no plugin was loaded from"), "{log}");
}
