//! From the consent page by way of Nextcloud to a code.

use secrecy::ExposeSecret as _;

use super::*;
use crate::auth::grant::{self, ClientDigest};

#[tokio::test]
async fn a_user_who_agrees_and_signs_in_brings_the_client_a_code() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(&server, &plain_request(&client)).await;
    let state = browser
        .allow(&server, &transaction, &["notes.read", "notes.write"])
        .await;
    assert_eq!(
        server.departure(),
        (state.clone(), "openid offline_access".to_owned())
    );
    assert_ne!(
        state, transaction,
        "Nextcloud sees a name that no page has shown"
    );

    let path = format!("/oauth/callback?state={state}&code=upstream-code");
    let answer = browser.get(&server, &path).await;
    let location = answer.location();
    assert!(
        location
            .as_str()
            .starts_with(&format!("{CALLBACK}?code=ncmcpc1_"))
    );
    assert_eq!(
        parameter(&location, "state").as_deref(),
        Some("the client's state")
    );
    assert_eq!(parameter(&location, "iss").as_deref(), Some(HERE));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(browser.cookies.is_empty(), "nothing is left in the browser");

    let code = server.code(&location);
    assert_eq!(code.client, ClientDigest::of(&client));
    assert_eq!(code.redirect_uri, CALLBACK);
    assert_eq!(code.challenge, CHALLENGE);
    assert_eq!(code.scopes.to_string(), "notes.read notes.write");
    assert_eq!(code.resource, format!("{HERE}/mcp"));
    assert_eq!(code.client_name.as_deref(), Some("Test client"));
    assert!(!code.durable);
    assert_eq!(code.upstream_code.expose_secret(), "upstream-code");
    assert_eq!(code.upstream_client, "our-client");
    assert_eq!(code.upstream_verifier.expose_secret(), "upstream-verifier");
    assert_eq!(code.upstream_nonce, "upstream-nonce");
    let life = code.expires - grant::now();
    assert!((60..=120).contains(&life), "{life}");

    let again = browser.get(&server, &path).await;
    again.is_page(400);
}

#[tokio::test]
async fn a_user_may_allow_less_and_nobody_can_make_it_more() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(&server, &plain_request(&client)).await;
    // The last one exists, but was not asked for; the one before does not exist.
    let ticked = ["notes.read", "files.read", "calendar.read"];
    let state = browser.allow(&server, &transaction, &ticked).await;
    let location = browser
        .get(&server, &format!("/oauth/callback?state={state}&code=c"))
        .await
        .location();
    assert_eq!(server.code(&location).scopes.to_string(), "notes.read");
}

#[tokio::test]
async fn without_a_single_tick_nothing_is_allowed_and_the_user_can_go_back() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(&server, &plain_request(&client)).await;
    let body = form(&[
        ("transaction", &transaction),
        ("decision", "allow"),
        ("scope", "calendar.read"),
    ]);
    browser
        .post(&server, "/oauth/consent", &body)
        .await
        .is_page(400);
    browser.allow(&server, &transaction, &["notes.read"]).await;
}

#[tokio::test]
async fn a_user_who_says_no_sends_the_client_away() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(&server, &plain_request(&client)).await;
    let body = form(&[
        ("transaction", &transaction),
        ("decision", "deny"),
        ("scope", "notes.read"),
    ]);
    let location = browser
        .post(&server, "/oauth/consent", &body)
        .await
        .location();
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(
        parameter(&location, "state").as_deref(),
        Some("the client's state")
    );
    assert_eq!(parameter(&location, "iss").as_deref(), Some(HERE));
    assert!(browser.cookies.is_empty());
    assert!(server.nextcloud.departures.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_user_stays_signed_in_only_where_the_operator_offers_it() {
    for (setting, durable, scopes) in [
        ("offer", true, "openid"),
        ("off", false, "openid offline_access"),
    ] {
        let server = Server::with(HERE, &["--stay-signed-in", setting]);
        let client = server.client(&[CALLBACK]).await;
        let mut browser = Browser::default();
        let transaction = browser.asked(&server, &plain_request(&client)).await;
        let body = form(&[
            ("transaction", &transaction),
            ("decision", "allow"),
            ("scope", "notes.read"),
            ("stay", "on"),
        ]);
        browser
            .post(&server, "/oauth/consent", &body)
            .await
            .location();
        let (state, asked) = server.departure();
        assert_eq!(asked, scopes, "{setting}");
        let location = browser
            .get(&server, &format!("/oauth/callback?state={state}&code=c"))
            .await
            .location();
        assert_eq!(server.code(&location).durable, durable, "{setting}");
    }
}

#[tokio::test]
async fn nextclouds_errors_reach_the_client_in_words_that_are_ours() {
    for (upstream, expected) in [
        ("access_denied", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("login_required", "server_error"),
        ("<script>", "server_error"),
        ("unauthorized_client", "server_error"),
    ] {
        let server = Server::new();
        let client = server.client(&[CALLBACK]).await;
        let mut browser = Browser::default();
        let transaction = browser.asked(&server, &plain_request(&client)).await;
        let state = browser.allow(&server, &transaction, &["notes.read"]).await;
        let query = form(&[
            ("state", &state),
            ("error", upstream),
            ("error_description", "theirs"),
            ("code", "c"),
        ]);
        let location = browser
            .get(&server, &format!("/oauth/callback?{query}"))
            .await
            .location();
        assert_eq!(
            parameter(&location, "error").as_deref(),
            Some(expected),
            "{upstream}"
        );
        assert_eq!(parameter(&location, "code"), None);
        assert!(!location.as_str().contains("theirs") && !location.as_str().contains("%3C"));
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn an_answer_of_nextclouds_with_neither_code_nor_error_is_an_error() {
    for query in ["", "&code=", "&code=a&code=a"] {
        let server = Server::new();
        let client = server.client(&[CALLBACK]).await;
        let mut browser = Browser::default();
        let transaction = browser.asked(&server, &plain_request(&client)).await;
        let state = browser.allow(&server, &transaction, &["notes.read"]).await;
        let location = browser
            .get(&server, &format!("/oauth/callback?state={state}{query}"))
            .await
            .location();
        assert!(parameter(&location, "error").is_some() && parameter(&location, "code").is_none());
    }
}

#[tokio::test]
async fn a_code_too_long_for_a_url_is_not_given_out() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(&server, &plain_request(&client)).await;
    let state = browser.allow(&server, &transaction, &["notes.read"]).await;
    let path = format!("/oauth/callback?state={state}&code={}", "c".repeat(4096));
    let location = browser.get(&server, &path).await.location();
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some("server_error")
    );
}

#[tokio::test]
async fn when_nextcloud_goes_away_at_the_last_moment_the_client_is_told() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(&server, &plain_request(&client)).await;
    server.nextcloud.broken.store(true, Ordering::SeqCst);
    let body = form(&[
        ("transaction", &transaction),
        ("decision", "allow"),
        ("scope", "notes.read"),
    ]);
    let location = browser
        .post(&server, "/oauth/consent", &body)
        .await
        .location();
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some("temporarily_unavailable")
    );
}

#[tokio::test]
async fn a_redirect_uri_keeps_its_own_query() {
    let server = Server::new();
    let uri = "https://app.example.com/cb?tenant=1";
    let client = server.client(&[uri]).await;
    let answer = server
        .get(&format!(
            "{}&response_mode=x",
            request_with(&client, "redirect_uri", Some(uri))
        ))
        .await;
    assert!(
        answer
            .offered()
            .as_str()
            .starts_with("https://app.example.com/cb?tenant=1&error=")
    );
}
