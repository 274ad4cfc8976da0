//! Codes for tokens.

use crate::auth::grant::{Access, Renewal};
use crate::auth::upstream::{Flaw, UpstreamError};

use super::*;

#[tokio::test]
async fn a_code_becomes_tokens_that_hold_what_the_user_granted() {
    let world = World::new().await;
    let answer = world.exchange(&world.code(|_| {}), &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["pragma"], "no-cache");
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.text("token_type"), "Bearer");
    assert_eq!(answer.text("scope"), "notes.read notes.write");
    assert_eq!(answer.body["expires_in"], 900);
    let access = world.open_access(&answer.text("access_token"));
    assert_eq!((&*access.grant.id, &*access.grant.user), ("grant", "alice"));
    assert_eq!(access.grant.client, ClientDigest::of(PUBLIC));
    assert_eq!(access.grant.resource, RESOURCE);
    assert!((now() + 890..=now() + 900).contains(&access.expires));
    let refresh = world.open_refresh(&answer.text("refresh_token"));
    assert_eq!(refresh.grant, access.grant);
    assert!((now() + 1790..=now() + 1800).contains(&refresh.expires));
    let (Access::Token { token, client_id }, Renewal::Token { token: next, .. }) =
        (access.upstream, refresh.upstream)
    else {
        panic!("not a durable grant");
    };
    assert_eq!(world.issuer.live(), [token.expose_secret()]);
    assert!(next.expose_secret().starts_with("refresh-"));
    assert_eq!(client_id, issuer::CLIENT);
}

#[tokio::test]
async fn what_does_not_fit_the_code_reaches_nobody_and_burns_nothing() {
    let world = World::new().await;
    let code = world.code(|_| {});
    let other_verifier = "x".repeat(43);
    for (name, other, expected) in [
        (
            "wrong verifier",
            ("code_verifier", &*other_verifier),
            INVALID_GRANT,
        ),
        ("short verifier", ("code_verifier", "short"), INVALID_GRANT),
        ("no verifier", ("code_verifier", ""), INVALID_REQUEST),
        (
            "other redirect",
            ("redirect_uri", "http://127.0.0.1:9998/callback"),
            INVALID_GRANT,
        ),
        (
            "longer redirect",
            ("redirect_uri", "http://127.0.0.1:9999/callback/"),
            INVALID_GRANT,
        ),
        ("no redirect", ("redirect_uri", ""), INVALID_REQUEST),
        (
            "another client",
            ("client_id", "other-client"),
            INVALID_GRANT,
        ),
        (
            "other resource",
            ("resource", "https://mcp.example.org/mcp/"),
            (400, "invalid_target"),
        ),
        ("tampered", ("code", &*tampered(&code)), INVALID_GRANT),
        ("not a code", ("code", "abc"), INVALID_GRANT),
        ("no code", ("code", ""), INVALID_REQUEST),
    ] {
        let answer = world.exchange(&code, &[other]).await;
        assert_eq!(answer.error(), expected, "{name}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{name}");
    }
    assert!(world.issuer.log().is_empty(), "nothing was sent");
    let right = world.exchange(&code, &[("resource", "")]).await;
    assert_eq!(right.status, StatusCode::OK, "the code is still good");
}

/// With one character changed in its middle.
fn tampered(code: &str) -> String {
    let at = code.len() / 2;
    let other = if &code[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &code[..at], &code[at + 1..])
}

#[tokio::test]
async fn a_code_of_another_server_key_or_purpose_is_none() {
    let world = World::new().await;
    let (access, _) = world.signed_in(false).await;
    let code = world.code(|_| {});
    let content: Code = world
        .endpoint
        .oauth
        .sealer
        .open(Purpose::Code, &code)
        .unwrap();
    let elsewhere = sealer("https://other.example.org")
        .seal(Purpose::Code, &content)
        .unwrap();
    let key = SecretKeys::parse(&"b".repeat(64).into()).unwrap();
    let other_key = Sealer::new(key, SERVER)
        .seal(Purpose::Code, &content)
        .unwrap();
    let asked = world.issuer.log().len();
    for foreign in [elsewhere, other_key, access] {
        assert_eq!(world.exchange(&foreign, &[]).await.error(), INVALID_GRANT);
    }
    assert_eq!(world.issuer.log().len(), asked);
}

#[tokio::test]
async fn an_expired_code_is_refused() {
    let world = World::new().await;
    let code = world.code(|code| code.expires = now());
    assert_eq!(world.exchange(&code, &[]).await.error(), INVALID_GRANT);
    assert!(world.issuer.log().is_empty());
}

#[tokio::test]
async fn a_plain_challenge_is_no_challenge() {
    let world = World::new().await;
    let code = world.code(|code| code.challenge = VERIFIER.to_owned());
    assert_eq!(world.exchange(&code, &[]).await.error(), INVALID_GRANT);
    let empty = world.code(|code| code.challenge = String::new());
    assert_eq!(world.exchange(&empty, &[]).await.error(), INVALID_GRANT);
}

#[tokio::test]
async fn a_replayed_code_revokes_what_came_of_it() {
    let world = World::new().await;
    let code = world.code(|_| {});
    let first = world.exchange(&code, &[]).await;
    assert_eq!(world.issuer.live().len(), 1);
    assert_eq!(world.exchange(&code, &[]).await.error(), INVALID_GRANT);
    assert!(world.issuer.live().is_empty(), "Nextcloud revoked it");
    assert!(world.endpoint.oauth.denied.is_grant_denied("grant"));
    assert_eq!(world.renewed(), ["grant"]);
    let refresh = world.refresh(&first.text("refresh_token"), &[]).await;
    assert_eq!(refresh.error(), INVALID_GRANT);
}

#[tokio::test]
async fn a_replay_by_somebody_without_the_verifier_revokes_nothing() {
    let world = World::new().await;
    let code = world.code(|_| {});
    let first = world.exchange(&code, &[]).await;
    let thief = world
        .exchange(&code, &[("code_verifier", &*"x".repeat(43))])
        .await;
    assert_eq!(thief.error(), INVALID_GRANT);
    assert_eq!(world.issuer.live().len(), 1);
    let refresh = world.refresh(&first.text("refresh_token"), &[]).await;
    assert_eq!(refresh.status, StatusCode::OK);
}

#[tokio::test]
async fn of_two_at_the_same_time_one_gets_tokens_and_both_lose_them() {
    let world = World::new().await;
    world.issuer.delay(Duration::from_millis(50));
    let code = world.code(|_| {});
    let (one, two) = tokio::join!(world.exchange(&code, &[]), world.exchange(&code, &[]));
    let given = [&one, &two]
        .iter()
        .filter(|answer| answer.status == StatusCode::OK)
        .count();
    assert_eq!(given, 1);
    assert!(world.issuer.live().is_empty());
}

#[tokio::test]
async fn while_nextcloud_is_away_the_code_stays_good() {
    let world = World::new().await;
    let code = world.code(|_| {});
    world
        .issuer
        .fail(Some(UpstreamError::Away("maintenance".to_owned())));
    let away = world.exchange(&code, &[]).await;
    assert_eq!(away.error(), AWAY);
    assert!(away.retry_after() > 0);
    world.issuer.fail(None);
    assert_eq!(world.exchange(&code, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn before_the_provider_is_known_clients_are_told_to_come_back() {
    let world = World::with(ClientLimit::new(), false).await;
    let answer = world.exchange(&world.code(|_| {}), &[]).await;
    assert_eq!(answer.error(), AWAY);
    assert_eq!(answer.retry_after(), NotReady::RETRY_AFTER.as_secs());
}

#[tokio::test]
async fn what_nextcloud_refuses_for_good_sends_the_user_to_sign_in_again() {
    let refused = UpstreamError::Refused {
        code: "invalid_grant".to_owned(),
    };
    let invalid = UpstreamError::Invalid(Flaw::Nonce);
    for error in [refused, invalid, UpstreamError::UnknownClient] {
        let world = World::new().await;
        world.issuer.fail(Some(error.clone()));
        let answer = world.exchange(&world.code(|_| {}), &[]).await;
        assert_eq!(answer.error(), INVALID_GRANT, "{error:?}");
        let expected: &[&str] = match error {
            UpstreamError::UnknownClient => &[issuer::CLIENT],
            _ => &[],
        };
        assert_eq!(world.issuer.reported(), expected);
    }
    let world = World::new().await;
    world.issuer.forget_client();
    let answer = world.exchange(&world.code(|_| {}), &[]).await;
    assert_eq!(answer.error(), INVALID_GRANT);
    assert!(world.issuer.log().is_empty());
}

#[tokio::test]
async fn without_a_refresh_token_upstream_there_is_none_here() {
    let world = World::new().await;
    world.issuer.give_no_refresh_tokens();
    let answer = world.exchange(&world.code(|_| {}), &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_token_too_long_for_a_header_is_not_given_out() {
    let world = World::new().await;
    world.issuer.pad(6 * 1024);
    let answer = world.exchange(&world.code(|_| {}), &[]).await;
    assert_eq!(answer.error(), (500, "server_error"));
    assert!(!answer.body.to_string().contains("xxxx"));
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_the_redemption() {
    let world = World::new().await;
    world.issuer.delay(Duration::from_millis(500));
    let code = world.code(|_| {});
    let waiting = Box::pin(world.exchange(&code, &[]));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), waiting)
            .await
            .is_err()
    );
    eventually("the redemption", || world.issuer.live().len() == 1).await;
}

#[tokio::test]
async fn a_provider_that_names_an_end_beyond_all_times_is_no_reason_to_fail() {
    let world = World::new().await;
    world
        .issuer
        .let_refresh_tokens_live(Duration::from_secs(u64::MAX));
    let answer = world.exchange(&world.code(|_| {}), &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let refresh = world.open_refresh(&answer.text("refresh_token"));
    assert_eq!(refresh.expires, u64::MAX);
}
