//! Clients that give up what they hold.

use crate::auth::upstream::UpstreamError;

use super::app_passwords::Mood;
use super::*;

#[tokio::test]
async fn revoking_a_refresh_token_kills_it_and_its_access_token_at_nextcloud() {
    let world = World::new().await;
    let (access, refresh) = world.signed_in(false).await;
    let crate::auth::grant::Access::Token { token, .. } = world.open_access(&access).upstream
    else {
        panic!("not a durable grant");
    };
    let answer = world.revoke(&refresh).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(
        !world
            .issuer
            .live()
            .contains(&token.expose_secret().to_owned())
    );
    assert!(world.endpoint.oauth.denied.is_grant_denied("grant"));
    assert_eq!(world.renewed(), ["grant"]);
    assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
    assert_eq!(world.revoke(&refresh).await.status, StatusCode::OK, "again");
}

#[tokio::test]
async fn revoking_a_durable_grant_deletes_its_app_password() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(true).await;
    world.app_passwords.set(Mood::Away);
    let away = world.revoke(&refresh).await;
    assert_eq!(away.error(), AWAY);
    assert!(away.retry_after() > 0);
    world.app_passwords.set(Mood::Fine);
    assert_eq!(world.revoke(&refresh).await.status, StatusCode::OK);
    assert!(world.app_passwords.living().is_empty());
    let asked = world.app_passwords.requests().len();
    assert_eq!(world.revoke(&refresh).await.status, StatusCode::OK, "again");
    assert_eq!(
        world.app_passwords.requests().len(),
        asked,
        "a deleted app password is not sent any more"
    );
}

#[tokio::test]
async fn a_durable_grant_whose_app_password_is_gone_is_revoked_already() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(true).await;
    world.app_passwords.delete_all();
    assert_eq!(world.revoke(&refresh).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_access_token_alone_is_denied_here_and_its_grant_goes_on() {
    let world = World::new().await;
    let (access, refresh) = world.signed_in(false).await;
    assert_eq!(world.revoke(&access).await.status, StatusCode::OK);
    assert!(world.endpoint.oauth.denied.is_denied(&access));
    assert!(!world.endpoint.oauth.denied.is_grant_denied("grant"));
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn during_an_outage_a_revocation_holds_here_and_has_to_be_sent_again() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(false).await;
    world
        .issuer
        .fail(Some(UpstreamError::Away("503".to_owned())));
    let away = world.revoke(&refresh).await;
    assert_eq!(away.error(), AWAY);
    assert!(away.retry_after() > 0);
    assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
    world.issuer.fail(None);
    let live = world.issuer.live();
    assert_eq!(world.revoke(&refresh).await.status, StatusCode::OK);
    assert!(
        world
            .issuer
            .live()
            .iter()
            .all(|token| !live.contains(token))
    );
}

#[tokio::test]
async fn what_is_no_token_is_revoked_already() {
    let world = World::new().await;
    for token in ["abc", "ncmcpr1_abc", "ncmcpa1_abc"] {
        assert_eq!(world.revoke(token).await.status, StatusCode::OK, "{token}");
    }
    assert!(world.issuer.log().is_empty());
    let missing = world.post("/oauth/revoke", &[("client_id", PUBLIC)]).await;
    assert_eq!(missing.error(), INVALID_REQUEST);
}

#[tokio::test]
async fn nobody_revokes_another_clients_tokens() {
    let world = World::new().await;
    let (access, refresh) = world.signed_in(false).await;
    for token in [&access, &refresh] {
        let parameters = [("client_id", "other-client"), ("token", &**token)];
        let answer = world.post("/oauth/revoke", &parameters).await;
        assert_eq!(answer.error(), INVALID_GRANT);
    }
    assert!(!world.endpoint.oauth.denied.is_denied(&access));
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
}
