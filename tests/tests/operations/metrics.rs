//! `/metrics`: read by Prometheus' own reader, bounded, and about nobody.

use std::time::Duration;

use nextcloud_mcp_tests::harness::sign_in::call;
use nextcloud_mcp_tests::harness::{Peer, Person, Server, SignIn, http, skip};
use nextcloud_mcp_tests::nextcloud::{Fault, StandIn, Trouble};
use serde_json::{Value, json};

use crate::{asked, calling, free_port, stage};

/// Reads what is on its standard input and prints the samples as one JSON object.
const READER: &str = r"
import json, sys
from prometheus_client.parser import text_string_to_metric_families as read
found = {}
for family in read(sys.stdin.read()):
    assert family.documentation, family.name
    for sample in family.samples:
        key = sample.name + json.dumps(sample.labels, sort_keys=True)
        assert key not in found, key
        found[key] = [family.type, sample.value]
print(json.dumps(found))
";

fn with_metrics(
    start: nextcloud_mcp_tests::harness::Start,
) -> (nextcloud_mcp_tests::harness::Start, String) {
    let at = format!("127.0.0.1:{}", free_port());
    (
        start.with("NEXTCLOUD_MCP_METRICS_LISTEN", &at),
        format!("http://{at}/metrics"),
    )
}

async fn scrape(url: &str) -> String {
    let answer = http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    answer.text().await.unwrap()
}

/// The value of a sample by its name and labels, in the order in which they are written.
fn value(text: &str, sample: &str) -> Option<f64> {
    let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    let (_, value) = lines.find(|(name, _)| *name == sample)?;
    value.parse().ok()
}

#[tokio::test]
async fn calls_requests_and_refusals_are_counted() {
    let (nextcloud, start) = stage().await;
    let (start, url) = with_metrics(
        start
            .with("NEXTCLOUD_MCP_CALLS_PER_USER", "1")
            .with("NEXTCLOUD_MCP_QUEUE_SECONDS", "1"),
    );
    let server = start.start().await;
    let client = server.client().await;
    for _ in 0..3 {
        client.ok("nc_notes_list_notes", json!({})).await;
    }
    client
        .fail("nc_notes_get_note", json!({"note_id": 999_999}))
        .await;
    nextcloud.forget_requests();
    nextcloud.inject(Fault::at(
        "/apps/notes/",
        Trouble::Slow(Duration::from_secs(4)),
    ));
    let slow = tokio::spawn(calling(&server.endpoint(), "nc_notes_list_notes", &json!({})).send());
    asked(&nextcloud, "/apps/notes/").await;
    let busy = calling(&server.endpoint(), "nc_notes_list_notes", &json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(busy.status(), 503);

    let text = scrape(&url).await;
    let count =
        |sample: &str| value(&text, sample).unwrap_or_else(|| panic!("no {sample} in\n{text}"));
    let calls = |tool: &str, outcome: &str| {
        count(&format!(
            "nextcloud_mcp_calls_total{{plugin=\"notes\",tool=\"{tool}\",outcome=\"{outcome}\"}}"
        ))
    };
    assert!((calls("nc_notes_list_notes", "ok") - 3.0).abs() < 0.1);
    assert!((calls("nc_notes_list_notes", "busy") - 1.0).abs() < 0.1);
    assert!((calls("nc_notes_get_note", "not-found") - 1.0).abs() < 0.1);
    assert!((count("nextcloud_mcp_calls_in_flight{plugin=\"notes\"}") - 1.0).abs() < 0.1);
    assert!((count("nextcloud_mcp_queue_refusals_total{plugin=\"notes\"}") - 1.0).abs() < 0.1);
    assert!((count("nextcloud_mcp_upstream_requests_in_flight") - 1.0).abs() < 0.1);
    assert!(count("nextcloud_mcp_upstream_requests_total{method=\"GET\",outcome=\"2xx\"}") > 3.0);
    assert!(
        (count("nextcloud_mcp_upstream_requests_total{method=\"GET\",outcome=\"4xx\"}") - 1.0)
            .abs()
            < 0.1
    );
    assert!(count("nextcloud_mcp_upstream_received_bytes_total") > 100.0);
    assert!(count("nextcloud_mcp_upstream_request_duration_seconds_count") > 4.0);
    assert!(
        count(
            "nextcloud_mcp_call_duration_seconds_bucket{plugin=\"notes\",tool=\"nc_notes_list_notes\",le=\"+Inf\"}"
        ) > 2.0
    );
    assert!(count("nextcloud_mcp_http_requests_total{place=\"mcp\",outcome=\"5xx\"}") > 0.0);
    assert!((count("nextcloud_mcp_plugin_loaded{plugin=\"calendar\"}") - 1.0).abs() < 0.1);
    assert!(count("nextcloud_mcp_plugins_refused").abs() < 0.1);
    assert!((count("nextcloud_mcp_build_info{version=\"0.1.0\"}") - 1.0).abs() < 0.1);
    assert!(count("process_start_time_seconds") > 1e9);
    if cfg!(target_os = "linux") {
        assert!(count("process_resident_memory_bytes") > 1e6 && count("process_open_fds") > 3.0);
    }
    slow.await.unwrap().unwrap();
    let text = scrape(&url).await;
    assert_eq!(
        value(&text, "nextcloud_mcp_calls_in_flight{plugin=\"notes\"}"),
        Some(0.0)
    );
    assert_eq!(
        value(&text, "nextcloud_mcp_upstream_requests_in_flight"),
        Some(0.0)
    );
    // Elsewhere than on that listener there are none.
    let elsewhere = http()
        .get(format!("{}/metrics", server.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(elsewhere.status(), 404);
}

#[tokio::test]
async fn sign_ins_and_tokens_are_counted_and_nobody_is_named() {
    let nextcloud = StandIn::with_two_users().await;
    let (start, url) = with_metrics(Server::oauth(&nextcloud));
    let server = start.start().await;
    let endpoint = server.endpoint();
    let (client, tokens) = SignIn::whole(
        &endpoint,
        &Person::example("alice"),
        "notes.read offline_access",
    )
    .await;
    server
        .client_with(&tokens.access)
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
    assert_eq!(client.refresh(&tokens.refresh.unwrap()).await.status, 200);
    assert_eq!(client.refresh("nonsense").await.status, 400);
    assert_eq!(
        call(&endpoint, Some("nonsense"), "tools/list", &json!({}))
            .await
            .status,
        401
    );
    let text = scrape(&url).await;
    for sample in [
        "nextcloud_mcp_sign_ins_total{grant_type=\"authorization_code\",outcome=\"ok\"} 1",
        "nextcloud_mcp_sign_ins_total{grant_type=\"refresh_token\",outcome=\"ok\"} 1",
        "nextcloud_mcp_sign_ins_total{grant_type=\"refresh_token\",outcome=\"invalid_grant\"} 1",
        "nextcloud_mcp_token_validations_total{outcome=\"missing\"}",
        "nextcloud_mcp_token_validations_total{outcome=\"ok\"}",
        "nextcloud_mcp_token_validations_total{outcome=\"unknown\"} 1",
        "nextcloud_mcp_token_checks_total{kind=\"sign-in\",outcome=\"ok\"} 1",
        "nextcloud_mcp_token_checks_total{kind=\"nextcloud-token\",outcome=\"unknown\"} 1",
        "nextcloud_mcp_http_requests_total{place=\"oauth\",outcome=\"2xx\"}",
    ] {
        assert!(text.contains(sample), "no {sample} in\n{text}");
    }
    for private in [
        "alice",
        &tokens.access[..24],
        &client.client_id[..24],
        "127.0.0.1",
    ] {
        assert!(!text.contains(private), "{private} in\n{text}");
    }
}

#[tokio::test]
async fn what_clients_send_makes_no_new_series() {
    let (_nextcloud, start) = stage().await;
    let (start, url) = with_metrics(start);
    let server = start.start().await;
    let client = server.client().await;
    let several = async |round: u32| {
        for number in 0..10 {
            let name = format!("made-up-{round}-{number}");
            client.try_call(&name, json!({})).await.unwrap_err();
            let path = format!("{}/{name}", server.url());
            http().get(path).send().await.unwrap();
            call(
                &server.endpoint(),
                None,
                "resources/read",
                &json!({"uri": format!("nc://notes/{name}")}),
            )
            .await;
            call(&server.endpoint(), None, &name, &json!({})).await;
        }
        scrape(&url).await
    };
    let first = several(1).await;
    let second = several(2).await;
    assert!(!second.contains("made-up"), "{second}");
    let series = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(series(&first), series(&second), "{second}");
}

#[tokio::test]
async fn prometheus_own_reader_takes_every_line() {
    const TEST: &str = "prometheus_own_reader_takes_every_line";
    let Ok(python) = Peer::Python.find() else {
        return skip(TEST, "no Python with the package `prometheus-client`");
    };
    let (_nextcloud, start) = stage().await;
    let (start, url) = with_metrics(start);
    let server = start.start().await;
    server
        .client()
        .await
        .ok("nc_notes_list_notes", json!({}))
        .await;
    let text = scrape(&url).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics");
    std::fs::write(&file, &text).unwrap();
    let output = std::process::Command::new(python)
        .args(["-c", READER])
        .stdin(std::fs::File::open(file).unwrap())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{text}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let key = r#"nextcloud_mcp_calls_total{"outcome": "ok", "plugin": "notes", "tool": "nc_notes_list_notes"}"#;
    assert_eq!(found[key], json!(["counter", 1]), "{found}");
    let key = r#"nextcloud_mcp_call_duration_seconds_bucket{"le": "+Inf", "plugin": "notes", "tool": "nc_notes_list_notes"}"#;
    assert_eq!(found[key], json!(["histogram", 1]), "{found}");
    let samples = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .count();
    assert_eq!(found.as_object().unwrap().len(), samples);
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_names_the_setting() {
    let (_nextcloud, start) = stage().await;
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let (status, log) = start.with("NEXTCLOUD_MCP_METRICS_LISTEN", at).run().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("NEXTCLOUD_MCP_METRICS_LISTEN"), "{log}");
}
