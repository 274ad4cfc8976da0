//! What leaves the host, seen from both sides: what the guest is told, and what reached Nextcloud.

use std::time::Duration;

use nextcloud_mcp_server::plugin::CallError;
use serde_json::{Value, json};

use crate::fixture::Host;

async fn error_of(host: &Host, tool: &str, request: Value) -> String {
    let answer = host.answer(tool, request.clone()).await;
    let error = answer["error"]
        .as_str()
        .unwrap_or_else(|| panic!("{request} was sent: {answer}"));
    error.to_owned()
}

#[tokio::test]
async fn a_request_within_the_manifest_is_answered() {
    let host = Host::new(|_| {}).await;
    let answer = host
        .answer(
            "fetch_read",
            json!({"method": "GET", "path": "/index.php/apps/hostile/api/items"}),
        )
        .await;
    assert_eq!(answer["status"], 200, "{answer}");
    assert_eq!(
        host.nextcloud.seen(),
        ["GET /index.php/apps/hostile/api/items"]
    );
}

#[tokio::test]
async fn no_path_leads_out_of_the_manifest() {
    let host = Host::new(|_| {}).await;
    for path in [
        "http://evil/",
        "https://evil/index.php/apps/hostile/api/x",
        "//evil/index.php/apps/hostile/api/x",
        "/\\evil/index.php/apps/hostile/api/x",
        "\\\\evil\\x",
        "/index.php/apps/hostile/api/../../../remote.php/dav/",
        "/index.php/apps/hostile/api/%2e%2e/%2E%2E/notes",
        "/index.php/apps/hostile/api/%252e%252e/x/..",
        "/index.php/apps/hostile/api/..%2f..%2fnotes",
        "/index.php/apps/hostile/api/a\\..\\b",
        "/index.php/apps/hostile/api/x\r\nHost: evil",
        "/index.php/apps/hostile/api/x%0d%0aHost: evil",
        "/index.php/apps/hostile/api/x%00",
        "/index.php/apps/hostile;x=/../..",
        "/index.php/apps/notes/api/v1/notes",
        "/remote.php/dav/files/alice/secret",
        "index.php/apps/hostile/api/items",
        "@evil/index.php/apps/hostile/api/items",
        "/ocs/v2.php/core/getapppassword",
        "/ocs/v2.php/core/getapppassword/onetime",
        "/ocs/v2.php/core/%67etapppassword",
        "/index.php/ocs/v2.php/core/getapppassword",
        "/ocs/v2.php/core/apppassword",
        "/ocs/v2.php/core/./getapppassword",
        "/ocs/v2.php/apps/files/api/v1/directEditing/open",
        "/ocs/v2.php/apps/files/api/v1/%64irectediting/open",
        "",
    ] {
        let error = error_of(
            &host,
            "fetch_delete",
            json!({"method": "GET", "path": path}),
        )
        .await;
        assert!(
            matches!(error.as_str(), "forbidden" | "malformed"),
            "{path}: {error}"
        );
    }
    assert!(
        host.nextcloud.seen().is_empty(),
        "{:?}",
        host.nextcloud.seen()
    );
}

#[tokio::test]
async fn no_header_carries_a_credential_a_host_or_a_second_line() {
    let host = Host::new(|_| {}).await;
    for (name, value) in [
        ("Authorization", "Bearer x"),
        ("Cookie", "a=b"),
        ("Host", "evil"),
        ("X-Forwarded-Host", "evil"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "0"),
        ("Accept", "text/plain\r\nAuthorization: Bearer x"),
        ("Accept\r\nAuthorization", "Bearer x"),
        ("", "x"),
    ] {
        let request = json!({"method": "GET", "path": "/index.php/apps/hostile/api/items", "headers": [[name, value]]});
        let error = error_of(&host, "fetch_read", request).await;
        assert!(
            matches!(error.as_str(), "forbidden" | "malformed"),
            "{name}: {error}"
        );
    }
    for destination in [
        "http://evil/x",
        "//evil/x",
        "/index.php/apps/notes/x",
        "/index.php/apps/hostile/api/../x",
    ] {
        let request = json!({
            "method": "MOVE", "path": "/index.php/apps/hostile/api/items", "headers": [["Destination", destination]],
        });
        let error = error_of(&host, "fetch_delete", request).await;
        assert!(
            matches!(error.as_str(), "forbidden" | "malformed"),
            "{destination}: {error}"
        );
    }
    assert!(
        host.nextcloud.seen().is_empty(),
        "{:?}",
        host.nextcloud.seen()
    );
}

#[tokio::test]
async fn a_tool_does_no_more_than_its_access_says() {
    let host = Host::new(|_| {}).await;
    let path = "/index.php/apps/hostile/api/items";
    let request = |method: &str| json!({"method": method, "path": path, "body": "x"});
    for (tool, method) in [
        ("fetch_read", "POST"),
        ("fetch_read", "PUT"),
        ("fetch_read", "DELETE"),
        ("fetch_create", "PUT"),
        ("fetch_create", "DELETE"),
        ("fetch_update", "DELETE"),
        ("fetch_delete", "PATCH"),
        ("fetch_delete", "get"),
        ("fetch_delete", "CONNECT"),
        ("fetch_delete", "GET / HTTP/1.1\r\nX: "),
    ] {
        let error = error_of(&host, tool, request(method)).await;
        assert!(
            matches!(error.as_str(), "forbidden" | "malformed"),
            "{tool} {method}: {error}"
        );
    }
    assert!(
        host.nextcloud.seen().is_empty(),
        "{:?}",
        host.nextcloud.seen()
    );
    for (tool, method) in [
        ("fetch_create", "POST"),
        ("fetch_update", "PUT"),
        ("fetch_delete", "DELETE"),
    ] {
        assert_eq!(
            host.answer(tool, request(method)).await["status"],
            200,
            "{tool} {method}"
        );
    }
    let search =
        json!({"method": "POST", "path": "/index.php/apps/hostile/api/search", "body": "x"});
    assert_eq!(
        host.answer("fetch_read", search).await["status"],
        200,
        "an allow line may call a POST reading"
    );
}

#[tokio::test]
async fn a_call_has_a_bounded_number_of_requests_and_bytes() {
    let host = Host::new(|settings| {
        settings.limits.requests = 20;
        settings.limits.answer_bytes = 4 << 20;
        settings.limits.answers_bytes = 5 << 20;
    })
    .await;
    let answer = host.answer("many_requests", json!({"count": 100})).await;
    assert_eq!(answer["answered"], 20, "{answer}");
    assert_eq!(answer["refused"]["error"], "limited", "{answer}");
    let answer = host.answer("many_at_once", json!({"count": 30})).await;
    let outcomes = answer["outcomes"].as_array().unwrap();
    assert_eq!(
        outcomes
            .iter()
            .filter(|one| one["error"] == "limited")
            .count(),
        10
    );
    assert_eq!(
        outcomes[7]["body"], r#"{"path":"/index.php/apps/hostile/api/items/7"}"#,
        "answers come in order"
    );
    let large = json!({"method": "GET", "path": "/index.php/apps/hostile/api/large"});
    assert_eq!(host.answer("fetch_read", large).await["status"], 200);
}

#[tokio::test]
async fn a_refused_credential_is_told_whatever_the_guest_makes_of_it() {
    let host = Host::new(|_| {}).await;
    let ended = host
        .call(
            "swallow",
            json!({"path": "/index.php/apps/hostile/api/refused"}),
        )
        .await;
    assert_eq!(ended, Err(CallError::Unauthorized));
    let ended = host
        .call(
            "swallow",
            json!({"path": "/index.php/apps/hostile/api/items"}),
        )
        .await;
    assert_eq!(
        ended,
        Err(CallError::Unauthorized),
        "a refused credential is not tried again"
    );
    assert_eq!(
        host.nextcloud.seen(),
        ["GET /index.php/apps/hostile/api/refused"]
    );
}

#[tokio::test]
async fn waiting_for_nextcloud_is_not_computing() {
    // Nextcloud takes at least 20 ms for each of 50 requests. At 10 ms a tick that were 50, and 40 may be used.
    let host = Host::new(|settings| settings.limits.cpu = Duration::from_millis(400)).await;
    assert_eq!(
        host.answer("many_requests", json!({"count": 50})).await["answered"],
        50
    );
}

#[tokio::test]
async fn a_call_that_waits_for_nextcloud_has_an_end() {
    let host = Host::new(|settings| settings.limits.wall_clock = Duration::from_millis(700)).await;
    let slow = json!({"method": "GET", "path": "/index.php/apps/hostile/api/slow"});
    let reason = host.call("fetch_read", slow).await.unwrap_err().to_string();
    assert!(reason.contains("took longer than 0.7 s"), "{reason}");
}

#[tokio::test]
async fn requests_go_side_by_side_within_a_bound() {
    let host = Host::new(|_| {}).await;
    host.answer("many_at_once", json!({"count": 40})).await;
    let together = host.nextcloud.most_together();
    assert!((2..=8).contains(&together), "{together} at once");
}

#[tokio::test]
async fn the_guest_knows_who_calls() {
    let host = Host::new(|_| {}).await;
    assert_eq!(host.answer("whoami", json!({})).await["id"], "alice");
}
