//! The consent page: what it tells the user about the client, and what it leads to.

use super::*;

#[tokio::test]
async fn what_a_client_says_about_itself_cannot_become_part_of_the_page() {
    let server = Server::new();
    let hostile = "</bdi><script>alert(1)</script>\u{202e}\"'><img src=x>";
    let metadata = json!({ "client_name": hostile, "client_uri": "https://a.example/\"><script>", "redirect_uris": [CALLBACK] });
    let client = server.register(&metadata).await.json()["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = server
        .get(&request_with(
            &client,
            "state",
            Some("\"><script>alert(2)</script>"),
        ))
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        !page.body.contains("<script")
            && !page.body.contains("<img")
            && !page.body.contains('\u{202e}')
    );
    assert!(page.body.contains("&lt;script&gt;alert(1)"));
    let unknown = server
        .get(&request_with(
            &client,
            "client_id",
            Some("<script>alert(3)</script>"),
        ))
        .await;
    assert!(!unknown.body.contains("<script"));
    let failed = server
        .get(&format!(
            "{}&scope=x",
            request_with(&client, "state", Some("\r\nset-cookie: a=b"))
        ))
        .await;
    assert!(!failed.headers.contains_key(SET_COOKIE));
}

#[tokio::test]
async fn the_page_says_who_asks_where_it_leads_and_where_to_sign_in() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let page = server.get(&plain_request(&client)).await;
    for text in [
        "<bdi>Test client</bdi>",
        "Nobody has checked that.",
        "<bdi class=\"where\">app.example.com</bdi>",
        "<strong>cloud.example.com</strong>",
        "Notes: read",
        "Add and change notes",
        "Stay signed in for 90 days",
        "lang=\"en\"",
        "name=\"viewport\"",
        "action=\"/oauth/consent\"",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(
        !page.body.contains("<script")
            && !page.body.contains("src=")
            && !page.body.contains("href=")
    );
    assert!(!page.body.contains("the client&#39;s state") && !page.body.contains(CHALLENGE));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_form_may_lead_to_where_the_client_waits() {
    let server = Server::new();
    for (uri, source, shown) in [
        (
            "http://localhost:3334/cb",
            "http://localhost:3334",
            "a program on this computer",
        ),
        (
            "http://[::1]:3334/cb",
            "http:",
            "a program on this computer",
        ),
        (
            "cursor://anysphere.cursor-mcp/cb",
            "cursor:",
            "an application on this device",
        ),
    ] {
        let client = server.client(&[uri]).await;
        let page = server
            .get(&request_with(&client, "redirect_uri", Some(uri)))
            .await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains(&format!("form-action 'self' https: {source};")),
            "{policy}"
        );
        assert!(page.body.contains(shown));
    }
}

#[tokio::test]
async fn staying_signed_in_is_offered_as_the_operator_says() {
    for (setting, offered, ticked) in [
        ("off", false, false),
        ("offer", true, false),
        ("preselect", true, true),
    ] {
        let server = Server::with(HERE, &["--stay-signed-in", setting]);
        let client = server.client(&[CALLBACK]).await;
        let page = server.get(&plain_request(&client)).await;
        let found = page
            .body
            .split_once("id=\"stay\"")
            .map(|(_, rest)| rest.starts_with(" checked"));
        assert_eq!(found, offered.then_some(ticked), "{setting}");
    }
}
