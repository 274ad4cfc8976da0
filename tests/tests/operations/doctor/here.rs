//! This server's own address and what stands in front of it, as its settings say.

use nextcloud_mcp_tests::harness::Start;

use super::{Report, before, oauth};

/// What is found with these settings; nobody listens at any of these addresses.
async fn with(settings: &[(&str, &str)]) -> Report {
    let (_nextcloud, start) = oauth().await;
    let start = settings
        .iter()
        .fold(start, |start: Start, (name, value)| start.with(name, value));
    before(&start).await
}

#[tokio::test]
async fn an_address_that_people_cannot_use_safely_is_told() {
    const URL: &str = "NEXTCLOUD_MCP_SERVER_URL";
    const HOST: &str = "NEXTCLOUD_MCP_HOST";
    for (settings, status, said) in [
        (vec![(URL, "")], "ok", "for this machine alone"),
        (
            vec![(URL, ""), (HOST, "0.0.0.0")],
            "warning",
            "it is not set",
        ),
        (
            vec![(URL, "http://mcp.invalid")],
            "warning",
            "browsers drop the cookies of a sign-in",
        ),
        (
            vec![(URL, "https://mcp.invalid")],
            "ok",
            "https://mcp.invalid/mcp",
        ),
    ] {
        let found = with(&settings).await;
        let told = found.detail("server.url");
        assert_eq!(
            found.status("server.url"),
            status,
            "{settings:?}: {:#}",
            found.document
        );
        assert!(told.contains(said), "{settings:?}: {told}");
    }
    let found = with(&[(URL, "http://mcp.invalid")]).await;
    found.tells("not in the middle of a sign-in here", "server.url");
    let found = with(&[(URL, ""), (HOST, "0.0.0.0")]).await;
    found.tells("the browser cannot reach `localhost:8000`", "server.url");
    found.tells(
        "the browser cannot reach `localhost:8000`",
        "server.reachable",
    );
}

#[tokio::test]
async fn a_proxy_that_nobody_trusts_is_told() {
    let https = ("NEXTCLOUD_MCP_SERVER_URL", "https://mcp.invalid");
    let trusted = ("NEXTCLOUD_MCP_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8");
    for (settings, status, said) in [
        (vec![], "skipped", "nothing says that there is a proxy"),
        (vec![https], "warning", "shares one address's limits (429)"),
        (vec![https, trusted], "ok", "10.0.0.0/8"),
    ] {
        let found = with(&settings).await;
        let told = found.detail("server.proxies");
        assert_eq!(found.status("server.proxies"), status, "{settings:?}");
        assert!(told.contains(said), "{settings:?}: {told}");
    }
    with(&[https]).await.tells("429", "server.proxies");
}
