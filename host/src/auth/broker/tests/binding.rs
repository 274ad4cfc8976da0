//! A sign-in belongs to the browser that began it: every way to go on with somebody else's ends at a page.

use super::*;
use crate::auth::grant;

async fn asked(server: &Server) -> (Browser, String) {
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser.asked(server, &plain_request(&client)).await;
    (browser, transaction)
}

fn allow(transaction: &str) -> String {
    form(&[
        ("transaction", transaction),
        ("decision", "allow"),
        ("scope", "notes.read"),
    ])
}

fn nobody_left(server: &Server) {
    assert!(server.nextcloud.departures.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_from_other_hosts_and_from_plain_http() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let answer = server.get(&plain_request(&client)).await;
    let cookie = answer.header(SET_COOKIE);
    assert!(cookie.starts_with("__Host-ncmcp-"));
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"),
        "{cookie}"
    );
    assert!(!cookie.contains("app.example.com") && cookie.len() < 4096);

    // Browsers keep neither `Secure` nor `__Host-` cookies of a server on plain http.
    let local = Server::with("http://localhost:8000", &[]);
    let client = local.client(&[CALLBACK]).await;
    let answer = local.get(&request_with(&client, "resource", None)).await;
    let cookie = answer.header(SET_COOKIE);
    assert!(
        cookie.starts_with("ncmcp-")
            && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"),
        "{cookie}"
    );
}

#[tokio::test]
async fn consent_without_the_cookie_or_with_another_ones_counts_for_nothing() {
    let server = Server::new();
    let (mut victim, transaction) = asked(&server).await;
    let (mut attacker, other) = asked(&server).await;
    Browser::default()
        .post(&server, "/oauth/consent", &allow(&transaction))
        .await
        .is_page(400);
    attacker
        .post(&server, "/oauth/consent", &allow(&transaction))
        .await
        .is_page(400);

    // The attacker's sealed content under the victim's name.
    let name = |transaction: &str| format!("__Host-ncmcp-{transaction}");
    let content = attacker.cookies[&name(&other)].clone();
    let mut forged = Browser::default();
    forged.cookies.insert(name(&transaction), content.clone());
    forged
        .post(&server, "/oauth/consent", &allow(&transaction))
        .await
        .is_page(400);

    // Both, as when an attacker could plant a second cookie: which one counts would be a guess.
    let both = format!("{}; {}={content}", victim.cookie(), name(&transaction));
    let request = Request::post("/oauth/consent")
        .header(COOKIE, both)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    server
        .send(request.body(Body::from(allow(&transaction))).unwrap())
        .await
        .is_page(400);

    nobody_left(&server);
    victim.allow(&server, &transaction, &["notes.read"]).await;
}

/// Other hosts of the domain can give a browser cookies that it sends here, too.
#[tokio::test]
async fn a_cookie_of_somebody_elses_that_is_no_text_does_not_hide_ours() {
    let server = Server::new();
    let (browser, transaction) = asked(&server).await;
    let cookies = [
        b"theirs=\xff; ",
        browser.cookie().as_bytes(),
        b"; more=\xfc",
    ]
    .concat();
    let request = Request::post("/oauth/consent")
        .header(COOKIE, cookies)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = server
        .send(request.body(Body::from(allow(&transaction))).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_of_another_website_is_refused_whatever_cookies_come_along() {
    let server = Server::new();
    let (mut browser, transaction) = asked(&server).await;
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "http://mcp.example.com")],
        &[("origin", "https://mcp.example.com:8443")],
        &[("origin", "https://mcp.example.com.evil.example")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", HERE), ("sec-fetch-site", "cross-site")],
        &[("origin", HERE), ("origin", "https://evil.example")],
    ] {
        let answer = browser
            .post_from(&server, "/oauth/consent", &allow(&transaction), headers)
            .await;
        answer.is_page(403);
    }
    nobody_left(&server);
    // A browser that says neither is held by the cookie.
    let answer = browser
        .post_from(&server, "/oauth/consent", &allow(&transaction), &[])
        .await;
    assert_eq!(answer.location().host_str(), Some("cloud.example.com"));
}

#[tokio::test]
async fn a_decision_must_be_one() {
    let server = Server::new();
    let (mut browser, transaction) = asked(&server).await;
    for decision in [
        "",
        "decision=",
        "decision=maybe",
        "decision=allow&decision=deny",
    ] {
        let body = format!(
            "{}&{decision}",
            form(&[("transaction", &transaction), ("scope", "notes.read")])
        );
        browser
            .post(&server, "/oauth/consent", &body)
            .await
            .is_page(400);
    }
    nobody_left(&server);
}

#[tokio::test]
async fn nobody_can_finish_in_another_browser_what_began_in_theirs() {
    let server = Server::new();
    let (mut attacker, transaction) = asked(&server).await;
    let state = attacker.allow(&server, &transaction, &["notes.read"]).await;
    let path = format!("/oauth/callback?state={state}&code=of-the-victim");
    // The victim, whom Nextcloud signs in without a question, arrives with no cookie, or with one of their own.
    Browser::default().get(&server, &path).await.is_page(400);
    let (mut victim, own) = asked(&server).await;
    let own_state = victim.allow(&server, &own, &["notes.read"]).await;
    victim.get(&server, &path).await.is_page(400);
    let content = victim.cookies[&format!("__Host-ncmcp-{own_state}")].clone();
    let mut renamed = Browser::default();
    renamed
        .cookies
        .insert(format!("__Host-ncmcp-{state}"), content);
    renamed.get(&server, &path).await.is_page(400);
    for path in [
        "/oauth/callback",
        "/oauth/callback?code=c",
        "/oauth/callback?state=&code=c",
        "/oauth/callback?state=x&code=c",
    ] {
        attacker.get(&server, path).await.is_page(400);
    }
    attacker
        .get(&server, &format!("{path}&state={state}"))
        .await
        .is_page(400);
}

#[tokio::test]
async fn stages_cannot_be_skipped_or_repeated() {
    let server = Server::new();
    let (mut browser, transaction) = asked(&server).await;
    // Not agreed to yet.
    browser
        .get(
            &server,
            &format!("/oauth/callback?state={transaction}&code=c"),
        )
        .await
        .is_page(400);
    let state = browser.allow(&server, &transaction, &["notes.read"]).await;
    // Agreed to already, and the form's cookie is gone.
    browser
        .post(&server, "/oauth/consent", &allow(&transaction))
        .await
        .is_page(400);
    browser
        .post(&server, "/oauth/consent", &allow(&state))
        .await
        .is_page(400);
    assert_eq!(server.nextcloud.departures.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_has_ended_whatever_the_browser_keeps() {
    let server = Server::new();
    let (mut browser, transaction) = asked(&server).await;
    let name = format!("__Host-ncmcp-{transaction}");
    let mut content: Value = server
        .sealer
        .open(Purpose::Transaction, &browser.cookies[&name])
        .unwrap();
    content["e"] = json!(grant::now());
    let stale = server.sealer.seal(Purpose::Transaction, &content).unwrap();
    browser.cookies.insert(name.clone(), stale);
    browser
        .post(&server, "/oauth/consent", &allow(&transaction))
        .await
        .is_page(400);
    content["e"] = json!(grant::now() + 60);
    let fresh = server.sealer.seal(Purpose::Transaction, &content).unwrap();
    browser.cookies.insert(name, fresh);
    browser.allow(&server, &transaction, &["notes.read"]).await;
}

#[tokio::test]
async fn another_servers_cookie_is_nothing_here() {
    let (server, other) = (
        Server::new(),
        Server::with("https://other.example.com", &[]),
    );
    let client = other.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let transaction = browser
        .asked(&other, &request_with(&client, "resource", None))
        .await;
    browser
        .post(&server, "/oauth/consent", &allow(&transaction))
        .await
        .is_page(400);
}

#[tokio::test]
async fn a_browser_keeps_few_sign_ins_and_the_oldest_go_first() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    browser
        .cookies
        .insert("other".to_owned(), "theirs".to_owned());
    browser
        .cookies
        .insert("__Host-ncmcp-dead".to_owned(), "garbage".to_owned());
    for _ in 0..10 {
        browser.asked(&server, &plain_request(&client)).await;
        let ours: Vec<_> = browser
            .cookies
            .keys()
            .filter(|name| name.starts_with("__Host-ncmcp-"))
            .collect();
        assert!(ours.len() <= 4 && !ours.contains(&&"__Host-ncmcp-dead".to_owned()));
    }
    let large = request_with(&client, "state", Some(&"s".repeat(1024)));
    for _ in 0..10 {
        browser.asked(&server, &large).await;
        assert!(browser.cookie().len() < 6200, "{}", browser.cookie().len());
    }
    assert_eq!(browser.cookies["other"], "theirs");
    let newest = browser.asked(&server, &large).await;
    browser.allow(&server, &newest, &["notes.read"]).await;
}

#[tokio::test]
async fn two_sign_ins_in_one_browser_do_not_disturb_each_other() {
    let server = Server::new();
    let client = server.client(&[CALLBACK]).await;
    let mut browser = Browser::default();
    let one = browser
        .asked(&server, &request_with(&client, "state", Some("one")))
        .await;
    let two = browser
        .asked(&server, &request_with(&client, "state", Some("two")))
        .await;
    for (transaction, expected) in [(two, "two"), (one, "one")] {
        let state = browser.allow(&server, &transaction, &["notes.read"]).await;
        let location = browser
            .get(&server, &format!("/oauth/callback?state={state}&code=c"))
            .await
            .location();
        assert_eq!(parameter(&location, "state").as_deref(), Some(expected));
    }
}
