//! Refresh tokens for the next tokens.

use crate::auth::upstream::{Flaw, UpstreamError};

use super::*;

#[tokio::test]
async fn a_refresh_gives_the_next_tokens_and_says_that_the_old_are_dead() {
    let world = World::new().await;
    let (access, refresh) = world.signed_in(false).await;
    let answer = world.refresh(&refresh, &[("resource", RESOURCE)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.text("scope"), "notes.read notes.write");
    assert_ne!(answer.text("access_token"), access);
    let (before, after) = (
        world.open_access(&access).grant,
        world.open_access(&answer.text("access_token")).grant,
    );
    assert_eq!(before, after, "it is the same grant");
    assert_eq!(world.renewed(), ["grant"]);
    let next = world.refresh(&answer.text("refresh_token"), &[]).await;
    assert_eq!(next.status, StatusCode::OK);
    assert_eq!(world.issuer.live().len(), 1);
}

#[tokio::test]
async fn a_narrower_scope_holds_for_one_access_token_and_a_wider_one_is_refused() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    for wider in [
        "notes.read calendar.read",
        "openid",
        "notes.read notes.writes",
    ] {
        let answer = world.refresh(&refresh, &[("scope", wider)]).await;
        assert_eq!(answer.error(), (400, "invalid_scope"), "{wider}");
    }
    let too_long = "x".repeat(1000);
    let answer = world.refresh(&refresh, &[("scope", &*too_long)]).await;
    assert_eq!(answer.error(), (400, "invalid_scope"));
    assert_eq!(world.issuer.log().len(), 1, "nothing was refreshed");

    let narrow = world
        .refresh(&refresh, &[("scope", "Notes.Read offline_access")])
        .await;
    assert_eq!(narrow.text("scope"), "notes.read");
    let access = world.open_access(&narrow.text("access_token"));
    assert_eq!(access.grant.scopes.to_string(), "notes.read");
    let full = world.refresh(&narrow.text("refresh_token"), &[]).await;
    assert_eq!(full.text("scope"), "notes.read notes.write");
}

#[tokio::test]
async fn a_refresh_token_is_only_its_clients_and_only_for_its_resource() {
    let world = World::new().await;
    let (access, refresh) = world.signed_in(false).await;
    for (other, expected) in [
        (("client_id", "other-client"), INVALID_GRANT),
        (
            ("resource", "https://mcp.example.org"),
            (400, "invalid_target"),
        ),
        (("refresh_token", &*access), INVALID_GRANT),
        (("refresh_token", "abc"), INVALID_GRANT),
        (("refresh_token", ""), INVALID_REQUEST),
    ] {
        let answer = world.refresh(&refresh, &[other]).await;
        assert_eq!(answer.error(), expected, "{other:?}");
    }
    assert_eq!(world.issuer.log().len(), 1, "nothing was refreshed");
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_expired_refresh_token_is_refused() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    let mut token = world.open_refresh(&refresh);
    token.expires = now();
    let sealer = &world.endpoint.oauth.sealer;
    let expired = sealer.seal(Purpose::Refresh, &token).unwrap();
    assert_eq!(world.refresh(&expired, &[]).await.error(), INVALID_GRANT);
    assert_eq!(world.issuer.log().len(), 1);
}

#[tokio::test]
async fn two_at_the_same_time_and_one_soon_after_share_one_refresh() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    world.issuer.delay(Duration::from_millis(50));
    let (one, two) = tokio::join!(world.refresh(&refresh, &[]), world.refresh(&refresh, &[]));
    let three = world.refresh(&refresh, &[]).await;
    let mut inside = Vec::new();
    for answer in [one, two, three] {
        assert_eq!(answer.status, StatusCode::OK);
        let access = world.open_access(&answer.text("access_token"));
        let crate::auth::grant::Access::Token { token, .. } = access.upstream else {
            panic!("not a durable grant");
        };
        inside.push(token.expose_secret().to_owned());
    }
    assert_eq!(inside[0], inside[1]);
    assert_eq!(inside[0], inside[2]);
    assert_eq!(world.issuer.live(), inside[..1]);
    assert_eq!(world.issuer.log().len(), 2, "one code and one refresh");
}

#[tokio::test]
async fn a_client_that_hangs_up_and_comes_back_gets_what_came_meanwhile() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    world.issuer.delay(Duration::from_millis(500));
    let waiting = Box::pin(world.refresh(&refresh, &[]));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), waiting)
            .await
            .is_err()
    );
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
    assert_eq!(world.issuer.log().len(), 2);
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_later_ends_the_grant() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    let next = world.refresh(&refresh, &[]).await.text("refresh_token");
    tokio::time::sleep(GRACE + Duration::from_millis(500)).await;
    assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
    assert!(world.endpoint.oauth.denied.is_grant_denied("grant"));
    assert_eq!(world.refresh(&next, &[]).await.error(), INVALID_GRANT);
    assert_eq!(world.issuer.log().len(), 2, "neither was sent on");
}

#[tokio::test]
async fn an_outage_costs_nothing_but_time() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    world
        .issuer
        .fail(Some(UpstreamError::Away("503".to_owned())));
    for _ in 0..2 {
        let away = world.refresh(&refresh, &[]).await;
        assert_eq!(away.error(), AWAY);
        assert!(away.retry_after() > 0);
    }
    assert!(world.renewed().is_empty());
    world.issuer.fail(None);
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_nextcloud_refuses_passes_through() {
    for (error, reported) in [
        (
            UpstreamError::Refused {
                code: "invalid_grant".to_owned(),
            },
            0,
        ),
        (UpstreamError::UnknownClient, 1),
        (UpstreamError::Invalid(Flaw::Signature), 0),
    ] {
        let world = World::new().await;
        let (_, refresh) = world.signed_in(false).await;
        world.issuer.fail(Some(error));
        assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
        assert_eq!(world.issuer.reported().len(), reported);
    }
}

#[tokio::test]
async fn another_users_tokens_reach_nobody() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    world.issuer.sign_in_as("mallory");
    assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
    assert!(world.endpoint.oauth.denied.is_grant_denied("grant"));
}

#[tokio::test]
async fn a_provider_that_does_not_rotate_keeps_its_refresh_token() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    world.issuer.give_no_refresh_tokens();
    let answer = world.refresh(&refresh, &[]).await;
    let crate::auth::grant::Renewal::Token { token, .. } =
        world.open_refresh(&answer.text("refresh_token")).upstream
    else {
        panic!("not a durable grant");
    };
    let crate::auth::grant::Renewal::Token { token: before, .. } =
        world.open_refresh(&refresh).upstream
    else {
        panic!("not a durable grant");
    };
    assert_eq!(token.expose_secret(), before.expose_secret());
}
