//! Who gets through to MCP, and what others are told.

use tokio::sync::Notify;

use super::*;

#[tokio::test]
async fn the_caller_arrives_and_the_proof_does_not() {
    let guarded = Site::default().start().await;
    let open = Site {
        token: None,
        ..Site::default()
    };
    let open = open.start().await;
    for (site, headers) in [
        (&guarded, &[BEARER][..]),
        (&open, &[]),
        (&open, &[("Authorization", "Bearer stale")]),
    ] {
        let answer = site.send("POST /mcp", headers).await;
        assert_eq!(answer.body, "known=true proof=false");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn nobody_without_the_token_gets_any_further() {
    let site = Site::default().start().await;
    let wrong = ("Authorization", "Bearer 0123456789abcdeF");
    let basic = ("Authorization", "Basic YTpi");
    for (sent, status, challenge) in [
        (&[][..], 401, "Bearer"),
        (&[wrong], 401, "Bearer error=\"invalid_token\""),
        (&[basic], 401, "Bearer error=\"invalid_request\""),
        (&[BEARER, BEARER], 400, "Bearer error=\"invalid_request\""),
    ] {
        let answer = site.send("POST /mcp", sent).await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (status, Some(challenge)),
            "{sent:?}"
        );
    }
    let in_query = format!("POST /mcp?access_token={TOKEN}");
    assert_eq!(site.send(&in_query, &[]).await.status, 401);
}

#[tokio::test]
async fn the_health_pages_need_no_host_and_know_the_truth() {
    let site = Site::default().start().await;
    let live = site.send("GET /health/live", &[("Host", "10.1.2.3")]).await;
    assert_eq!((live.status, &*live.body), (200, r#"{"status":"alive"}"#));
    let ready = site
        .send("GET /health/ready", &[("Host", "10.1.2.3")])
        .await;
    assert_eq!(ready.status, 503, "no plugin is loaded");
    let body: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(
        (&body["plugins"], &body["nextcloud"]),
        (&0.into(), &"unreachable".into())
    );
}

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_back() {
    let entered = Arc::new(Notify::new());
    let waiting = entered.clone();
    let slow = Router::new().fallback(async move || {
        waiting.notify_one();
        std::future::pending::<()>().await;
    });
    let site = Site {
        endpoint: slow,
        requests: 1,
        request_within: Duration::from_millis(500),
        ..Site::default()
    };
    let site = site.start().await;
    let first = site.ask("POST /mcp", &[BEARER], "").await;
    entered.notified().await;
    let second = site.send("POST /mcp", &[BEARER, FRIEND]).await;
    assert_eq!(
        (second.status, second.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(
        second.header("access-control-allow-origin"),
        Some(FRIEND.1),
        "so that the page can read why"
    );
    assert_eq!(site.send("GET /health/live", &[]).await.status, 200);
    assert_eq!(
        Answer::of(first).await.status,
        504,
        "and what takes too long is given up"
    );
}
