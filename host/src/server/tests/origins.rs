//! Under which names the server answers, which pages may call it, and what their browsers are told.

use super::*;

#[tokio::test]
async fn a_foreign_host_is_refused_before_anything_else() {
    let pages = Router::new().route("/oauth/token", axum::routing::post(async || "token"));
    let landing = Router::new().route("/", axum::routing::get(async || "welcome"));
    let site = Site {
        pages: Some(pages),
        landing: Some(landing),
        ..Site::default()
    };
    let site = site.start().await;
    for line in ["POST /mcp", "POST /oauth/token", "GET /"] {
        let foreign = site.send(line, &[("Host", "evil.example.org")]).await;
        assert_eq!((foreign.status, foreign.is_json()), (403, true), "{line}");
        let said = [
            ("Host", "evil.example.org"),
            ("X-Forwarded-Host", "localhost"),
        ];
        assert_eq!(site.send(line, &said).await.status, 403, "{line}");
        assert_ne!(site.send(line, &[]).await.status, 403, "{line}");
    }
}

#[tokio::test]
async fn a_foreign_page_is_refused_and_a_friendly_one_can_read_why() {
    let site = Site::default().start().await;
    let foreign = site.send("POST /mcp", &[BEARER, STRANGER]).await;
    assert_eq!(
        (
            foreign.status,
            foreign.header("access-control-allow-origin")
        ),
        (403, None)
    );
    assert_eq!(site.post(&[BEARER, ("Origin", "null")]).await, 403);
    let unknown = site.send("POST /mcp", &[FRIEND]).await;
    assert_eq!(
        (
            unknown.status,
            unknown.header("access-control-allow-origin"),
            unknown.header("vary")
        ),
        (401, Some(FRIEND.1), Some("origin"))
    );
    let exposed = unknown.header("access-control-expose-headers").unwrap();
    for name in ["www-authenticate", "mcp-session-id", "retry-after"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn a_browser_may_ask_what_it_may_send_without_a_token() {
    let site = Site::default().start().await;
    let wanted = (
        "Access-Control-Request-Headers",
        "authorization,mcp-param-Calendar,x-anything",
    );
    let allowed = site.send("OPTIONS /mcp", &[FRIEND, wanted]).await;
    assert_eq!(
        (
            allowed.status,
            allowed.header("access-control-allow-origin")
        ),
        (204, Some(FRIEND.1))
    );
    let names: Vec<&str> = allowed
        .header("access-control-allow-headers")
        .unwrap()
        .split(", ")
        .collect();
    for name in [
        "authorization",
        "content-type",
        "mcp-protocol-version",
        "mcp-session-id",
        "mcp-method",
        "mcp-name",
        "mcp-param-calendar",
        "last-event-id",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(!names.contains(&"x-anything") && !names.contains(&"*"));
    let foreign = site.send("OPTIONS /mcp", &[STRANGER, wanted]).await;
    assert_eq!(
        (
            foreign.status,
            foreign.header("access-control-allow-origin")
        ),
        (403, None)
    );
    assert_eq!(
        site.send("OPTIONS /mcp", &[]).await.status,
        401,
        "without an origin it is a request like any other"
    );
}
