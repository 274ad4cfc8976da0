//! The pages beside `/mcp`: what guards them, and what there is where there is none.

use axum::routing::{any, get, post};
use tokio::sync::Semaphore;

use super::*;

fn pages() -> Router {
    Router::new()
        .route(
            "/oauth/token",
            post(async |body: String| body.len().to_string()),
        )
        .route(
            "/.well-known/oauth-protected-resource/mcp",
            get(async || "{}"),
        )
}

async fn site() -> Running {
    let site = Site {
        pages: Some(pages()),
        ..Site::default()
    };
    site.start().await
}

#[tokio::test]
async fn what_is_not_there_is_a_json_404_for_everybody_and_never_a_401() {
    let site = site().await;
    for path in [
        "/",
        "/mcp2",
        "/mcp/",
        "/mcp/x",
        "/oauth/nothing",
        "/favicon.ico",
    ] {
        let answer = site.send(&format!("GET {path}"), &[]).await;
        assert_eq!((answer.status, answer.is_json()), (404, true), "{path}");
    }
    for path in [
        "/.well-known/nothing",
        "/.well-known/oauth-authorization-server/nothing",
        "/mcp/.well-known/oauth-protected-resource",
    ] {
        let answer = site.send(&format!("GET {path}"), &[STRANGER]).await;
        assert_eq!((answer.status, answer.is_json()), (404, true), "{path}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "a client in a browser goes on to the next place"
        );
    }
    let wrong_method = site.send("GET /oauth/token", &[]).await;
    assert_eq!(
        (wrong_method.status, wrong_method.header("allow")),
        (405, Some("POST"))
    );
}

#[tokio::test]
async fn the_public_documents_are_there_whoever_asks_under_whatever_name() {
    let site = site().await;
    for headers in [
        &[][..],
        &[STRANGER],
        &[("Host", "10.1.2.3")],
        &[("MCP-Protocol-Version", "odd")],
    ] {
        let answer = site
            .send("GET /.well-known/oauth-protected-resource/mcp", headers)
            .await;
        assert_eq!(answer.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn any_origin_may_call_the_token_endpoint() {
    let answer = site().await.send("POST /oauth/token", &[STRANGER]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn every_answer_says_that_it_is_not_to_be_kept_guessed_or_referred_to() {
    let own = Router::new().route(
        "/oauth/consent",
        get(async || {
            (
                [
                    ("Cache-Control", "private, max-age=5"),
                    ("Referrer-Policy", "same-origin"),
                ],
                "page",
            )
        }),
    );
    let site = Site {
        pages: Some(pages().merge(own)),
        ..Site::default()
    };
    let site = site.start().await;
    for line in [
        "GET /nothing",
        "POST /mcp",
        "GET /health/live",
        "POST /oauth/token",
    ] {
        let answer = site.send(line, &[]).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{line}");
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{line}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{line}"
        );
    }
    let page = site.send("GET /oauth/consent", &[]).await;
    assert_eq!(
        (page.header("cache-control"), page.header("referrer-policy")),
        (Some("private, max-age=5"), Some("same-origin")),
        "but what a page says for itself stands"
    );
}

#[tokio::test]
async fn a_body_is_read_to_its_limit_and_no_further() {
    let site = site().await;
    let whole = "a".repeat(64 << 10);
    let answer = Answer::of(site.ask("POST /oauth/token", &[], &whole).await).await;
    assert_eq!((answer.status, &*answer.body), (200, "65536"));
    let larger = whole + "a";
    let answer = Answer::of(site.ask("POST /oauth/token", &[], &larger).await).await;
    assert_eq!((answer.status, answer.is_json()), (413, true));
    let chunked = [("Transfer-Encoding", "chunked")];
    let mut stream = site.ask("POST /oauth/token", &chunked, "").await;
    for _ in 0..65 {
        let chunk = format!("400\r\n{}\r\n", "a".repeat(1024));
        let _ = stream.write_all(chunk.as_bytes()).await;
    }
    assert_eq!(Answer::of(stream).await.status, 413, "of unknown length");
}

#[tokio::test]
async fn signing_in_has_a_rate_of_its_own_that_any_page_can_read() {
    let site = Site {
        pages: Some(pages()),
        oauth_rate: 5,
        ..Site::default()
    };
    let site = site.start().await;
    for _ in 0..5 {
        assert_eq!(site.send("POST /oauth/token", &[]).await.status, 200);
    }
    let refused = site.send("POST /oauth/token", &[STRANGER]).await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (429, Some("*"))
    );
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(
        (1..=12).contains(&seconds),
        "a fifth of a minute: {seconds}"
    );
    assert!(refused.is_json());
    assert_eq!(
        site.send("OPTIONS /oauth/token", &[STRANGER]).await.status,
        405,
        "what a browser asks first is not counted"
    );
    for _ in 0..10 {
        let public = "GET /.well-known/oauth-protected-resource/mcp";
        assert_eq!(site.send(public, &[]).await.status, 200);
    }
    assert_eq!(site.post(&[BEARER]).await, 200, "nor is /mcp concerned");
}

#[tokio::test]
async fn a_flood_of_sign_ins_leaves_mcp_answering_and_the_reverse() {
    let entered = Arc::new(Semaphore::new(0));
    let waiting = entered.clone();
    let slow = any(async move || {
        waiting.add_permits(1);
        std::future::pending::<()>().await;
    });
    let site = Site {
        pages: Some(pages().route("/oauth/authorize", slow.clone())),
        ..Site::default()
    };
    let site = site.start().await;
    let mut flood = Vec::new();
    for _ in 0..128 {
        flood.push(site.ask("GET /oauth/authorize", &[], "").await);
    }
    let _all = entered.acquire_many(128).await.unwrap();
    let refused = site.send("POST /oauth/token", &[]).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(site.post(&[BEARER]).await, 200);
    let public = "GET /.well-known/oauth-protected-resource/mcp";
    assert_eq!(site.send(public, &[]).await.status, 200);

    let site = Site {
        endpoint: Router::new().route("/", slow),
        pages: Some(pages()),
        requests: 1,
        ..Site::default()
    };
    let site = site.start().await;
    let _busy = site.ask("POST /mcp", &[BEARER], "").await;
    let _one = entered.acquire().await.unwrap();
    assert_eq!(site.post(&[BEARER]).await, 503);
    assert_eq!(site.send("POST /oauth/token", &[]).await.status, 200);
}
