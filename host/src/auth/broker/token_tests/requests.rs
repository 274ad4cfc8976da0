//! Who asks, and how.

use base64::engine::general_purpose::STANDARD;

use super::*;

const ENDPOINTS: [&str; 2] = ["/oauth/token", "/oauth/revoke"];

#[tokio::test]
async fn an_unknown_client_is_told_to_register_anew() {
    let world = World::new().await;
    for path in ENDPOINTS {
        let body = world.post(path, &[("client_id", "stranger")]).await;
        assert_eq!(body.error(), (401, "invalid_client"));
        assert!(!body.headers.contains_key("www-authenticate"));
        assert_eq!(body.headers["cache-control"], "no-store");

        let basic = format!("Basic {}", STANDARD.encode("stranger:secret"));
        let request = form(path).header("authorization", basic);
        let header = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(header.error(), (401, "invalid_client"));
        assert_eq!(header.headers["www-authenticate"], "Basic");

        let nobody = world.post(path, &[("grant_type", "refresh_token")]).await;
        assert_eq!(nobody.error(), INVALID_REQUEST);
    }
}

#[tokio::test]
async fn a_confidential_client_proves_itself_by_header_or_body() {
    let world = World::new().await;
    let asking = |secret: &'static str| {
        let parameters = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "abc"),
            ("client_id", CONFIDENTIAL),
            ("client_secret", secret),
        ];
        form("/oauth/token").body(encoded(&parameters)).unwrap()
    };
    assert_eq!(world.send(asking(SECRET)).await.error(), INVALID_GRANT);
    let wrong = world.send(asking("wrong")).await;
    assert_eq!(wrong.error(), (401, "invalid_client"));
    // What the Python SDK sends.
    let both = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "abc"),
        ("client_id", CONFIDENTIAL),
    ];
    let basic = format!(
        "Basic {}",
        STANDARD.encode(format!("{CONFIDENTIAL}:{SECRET}"))
    );
    let request = form("/oauth/token").header("authorization", &basic);
    let answer = world.send(request.body(encoded(&both)).unwrap()).await;
    assert_eq!(answer.error(), INVALID_GRANT);
    let twice = form("/oauth/token").header("authorization", &basic);
    let body = encoded(&[("client_secret", SECRET)]);
    let answer = world.send(twice.body(body).unwrap()).await;
    assert_eq!(answer.error(), INVALID_REQUEST);
}

#[tokio::test]
async fn only_a_form_that_is_posted_is_read() {
    let world = World::new().await;
    for path in ENDPOINTS {
        let json = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(r#"{"client_id":"public-client"}"#))
            .unwrap();
        assert_eq!(world.send(json).await.error(), INVALID_REQUEST);
        let large = form(path).body(Body::from("x".repeat(20_000))).unwrap();
        assert_eq!(world.send(large).await.error(), (413, "invalid_request"));
        let got = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(world.send(got).await.status, StatusCode::METHOD_NOT_ALLOWED);
        let twice = form(path)
            .body(Body::from("client_id=public-client&token=a&token=a"))
            .unwrap();
        assert_eq!(world.send(twice).await.error(), INVALID_REQUEST);
    }
}

#[tokio::test]
async fn parameters_in_the_address_mean_nothing() {
    let world = World::new().await;
    let code = world.code(|_| {});
    let address = format!(
        "/oauth/token?grant_type=authorization_code&client_id={PUBLIC}&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
    );
    let request = form(&address).body(Body::empty()).unwrap();
    assert_eq!(world.send(request).await.error(), INVALID_REQUEST);
}

#[tokio::test]
async fn other_grant_types_are_named_as_such() {
    let world = World::new().await;
    for other in ["password", "client_credentials", "Refresh_Token"] {
        let parameters = [("client_id", PUBLIC), ("grant_type", other)];
        let answer = world.post("/oauth/token", &parameters).await;
        assert_eq!(answer.error(), (400, "unsupported_grant_type"), "{other}");
    }
    let none = world.post("/oauth/token", &[("client_id", PUBLIC)]).await;
    assert_eq!(none.error(), INVALID_REQUEST);
}

#[tokio::test]
async fn a_noisy_client_is_slowed_down_alone() {
    let limit = ClientLimit::with(2);
    let world = World::with(limit, true).await;
    let (access, refresh) = world.signed_in(true).await;
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
    let slow = [
        world.refresh(&refresh, &[]).await,
        world.revoke(&access).await,
        world.revoke(&refresh).await,
        world.exchange(&world.code(|_| {}), &[]).await,
    ];
    for slow in slow {
        assert_eq!(slow.error(), (429, "slow_down"));
        assert!(slow.retry_after() > 0);
    }
    let others = world.code(|code| code.client = ClientDigest::of("other-client"));
    let other = [("client_id", "other-client")];
    assert_eq!(world.exchange(&others, &other).await.status, StatusCode::OK);
}

/// A public client's id is no secret: one of a metadata document is the same for all users of a hosted assistant.
#[tokio::test]
async fn strangers_who_only_know_a_clients_name_do_not_use_up_what_its_users_need() {
    let limit = ClientLimit::with(2);
    let world = World::with(limit, true).await;
    let foreign = sealer("https://elsewhere.example.org")
        .seal(Purpose::Refresh, &"x")
        .unwrap();
    for _ in 0..5 {
        assert_eq!(world.revoke("abc").await.status, StatusCode::OK);
        assert_eq!(world.refresh(&foreign, &[]).await.error(), INVALID_GRANT);
        let guess = "x".repeat(43);
        let wrong = [("code_verifier", &*guess)];
        let wrong = world.exchange(&world.code(|_| {}), &wrong).await;
        assert_eq!(wrong.error(), INVALID_GRANT);
    }
    world.signed_in(false).await;
}
