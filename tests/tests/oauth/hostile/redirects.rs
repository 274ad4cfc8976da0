//! Redirect URIs: which are never registered, and none but a registered one is ever gone to.

use nextcloud_mcp_tests::harness::{Arrival, Browser, Person, SignIn};
use serde_json::{Value, json};

use crate::wire::http;
use crate::{NOTES, stage};

fn registration(redirect_uris: &[&str]) -> Value {
    json!({"client_name": "Client", "redirect_uris": redirect_uris, "token_endpoint_auth_method": "none"})
}

#[tokio::test]
async fn what_no_client_may_register_is_refused() {
    let (_nextcloud, server) = stage().await;
    let client = SignIn::discover(&server.endpoint()).await;
    for good in [
        "http://127.0.0.1/callback",
        "http://localhost:8080/callback",
        "http://[::1]/callback",
        "https://app.example.com/callback?x=1",
        "cursor://anysphere.cursor-deeplink/mcp/auth",
    ] {
        let answer = client.register_as(&registration(&[good])).await;
        assert_eq!(answer.status, 201, "{good}: {:?}", answer.body);
    }
    let eleven: Vec<String> = (0..11)
        .map(|n| format!("https://app.example.com/{n}"))
        .collect();
    let eleven: Vec<&str> = eleven.iter().map(String::as_str).collect();
    let long = format!("https://app.example.com/{}", "a".repeat(4000));
    let bad: [&[&str]; 22] = [
        &[],
        &eleven,
        &[&long],
        &["javascript:alert(1)"],
        &["JavaScript://app.example.com/%0aalert(1)"],
        &["data:text/html,x"],
        &["vbscript:x"],
        &["file:///etc/passwd"],
        &["blob:https://app.example.com/x"],
        &["https://app.example.com/callback#fragment"],
        &["https://app.example.com/callback#"],
        &["http://app.example.com/callback"],
        &["http://127.0.0.1.evil.example/callback"],
        &["http://localhost.evil.example/callback"],
        &["http://127.0.0.1@evil.example/callback"],
        &["https://user@app.example.com/callback"],
        &["https://*.example.com/callback"],
        &["https://app.example.com/a/../callback"],
        &["https://app.example.com\\@evil.example/"],
        &["/callback"],
        &["//evil.example/callback"],
        &["https://good.example/callback", "javascript:alert(1)"],
    ];
    for uris in bad {
        let answer = client.register_as(&registration(uris)).await;
        assert_eq!(answer.status, 400, "{uris:?}: {:?}", answer.body);
        assert_eq!(answer.error(), "invalid_redirect_uri", "{uris:?}");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_the_clients() {
    let (nextcloud, server) = stage().await;
    let mut client = SignIn::discover(&server.endpoint()).await;
    let uris = [
        "http://127.0.0.1:33418/callback",
        "https://app.example.com/callback",
    ];
    let answer = client.register_as(&registration(&uris)).await;
    client.client_id = answer.body["client_id"].as_str().unwrap().to_owned();

    let asked = async |uri: Option<&str>| {
        let departure = client.depart_with(NOTES, |pairs| {
            pairs.retain(|(name, _)| name != "redirect_uri");
            pairs.extend(uri.map(|uri| ("redirect_uri".to_owned(), uri.to_owned())));
        });
        http().get(departure.url).send().await.unwrap()
    };
    for good in [
        uris[0],
        uris[1],
        "http://127.0.0.1:50000/callback",
        "http://127.0.0.1/callback",
    ] {
        let answer = asked(Some(good)).await;
        assert_eq!(answer.status(), 200, "{good}");
        assert!(answer.text().await.unwrap().contains("<form"), "{good}");
    }
    for bad in [
        None,
        Some(""),
        Some("https://evil.example/callback"),
        Some("https://app.example.com.evil.example/callback"),
        Some("https://app.example.com:8443/callback"),
        Some("https://app.example.com/callback/"),
        Some("https://app.example.com/callback/../evil"),
        Some("https://app.example.com/callback/%2e%2e/evil"),
        Some("https://app.example.com/callback?x=1"),
        Some("https://app.example.com/callback#x"),
        Some("https://app.example.com/Callback"),
        Some("https://APP.example.com/callback"),
        Some("http://app.example.com/callback"),
        Some("https://app.example.com@evil.example/callback"),
        Some("https://app.example.com\\@evil.example/callback"),
        Some("https://app.example.com%2eevil.example/callback"),
        Some("http://localhost:33418/callback"),
        Some("http://[::1]:33418/callback"),
        Some("http://127.0.0.2:33418/callback"),
        Some("http://127.0.0.1:33418/callback/x"),
        Some("http://127.0.0.1:33418@evil.example/callback"),
        Some("https://127.0.0.1:33418/callback"),
        Some("http://127.0.0.1:33418/callback\r\nX-Evil: 1"),
        Some("javascript:alert(1)"),
    ] {
        let answer = asked(bad).await;
        assert_eq!(answer.status(), 400, "{bad:?}");
        assert!(!answer.headers().contains_key("location"), "{bad:?}");
        assert!(!answer.headers().contains_key("x-evil"), "{bad:?}");
        assert!(!answer.headers().contains_key("set-cookie"), "{bad:?}");
        let page = answer.text().await.unwrap();
        assert!(
            !page.contains("<form") && !page.contains("evil.example"),
            "{bad:?}"
        );
    }
    // Named twice, one of them good.
    let twice = client.depart_with(NOTES, |pairs| {
        let uri = pairs.iter_mut().find(|(name, _)| name == "redirect_uri");
        uri.unwrap().1 = uris[1].to_owned();
        pairs.push(("redirect_uri".into(), "https://evil.example/".into()));
    });
    let answer = http().get(twice.url).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(!answer.headers().contains_key("location"));
    assert!(nextcloud.requests_to("/apps/oidc/authorize").is_empty());
}

#[tokio::test]
async fn an_unknown_client_is_a_page_and_no_way_to_send_people_anywhere() {
    let (_nextcloud, server) = stage().await;
    let mut client = SignIn::registered(&server.endpoint()).await;
    let good = client.client_id.clone();
    for id in [
        "nobody".to_owned(),
        String::new(),
        good[..good.len() - 2].to_owned(),
        format!("{good}AA"),
        good.replace("ncmcpi1_", "ncmcpa1_"),
        "x".repeat(10_000),
    ] {
        id.clone_into(&mut client.client_id);
        let answer = http().get(client.depart(NOTES).url).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{id}");
        assert!(!answer.headers().contains_key("location"), "{id}");
    }
    good.clone_into(&mut client.client_id);
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    client
        .tokens(&mut browser, &Person::example("alice"), NOTES)
        .await;
}

#[tokio::test]
async fn what_a_client_calls_itself_is_text_on_the_page_and_the_page_holds_nothing_foreign() {
    let (_nextcloud, server) = stage().await;
    let mut client = SignIn::discover(&server.endpoint()).await;
    let name = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let answer = client
        .register_as(&json!({
            "client_name": name, "client_uri": "javascript:alert(3)", "redirect_uris": [client.redirect_uri],
            "logo_uri": "https://evil.example/logo.png", "token_endpoint_auth_method": "none",
        }))
        .await;
    client.client_id = answer.body["client_id"].as_str().unwrap().to_owned();
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let Arrival::Page(page) = browser.open(client.depart(NOTES).url.as_str()).await else {
        panic!("not asked");
    };
    assert!(
        page.text().contains("<script>alert(1)</script>"),
        "shown as it is"
    );
    for markup in [
        "<script",
        "<img",
        "onerror=alert(2)>",
        "javascript:",
        "evil.example",
    ] {
        assert!(!page.body.contains(markup), "{markup}");
    }
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for rule in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(
        !policy.contains("script-src") || policy.contains("script-src 'none'"),
        "{policy}"
    );
    assert_eq!(page.headers["x-frame-options"], "DENY");
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    assert_eq!(page.headers["cache-control"], "no-store");
}
