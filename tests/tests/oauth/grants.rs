//! A grant's life: refreshed, revoked here, revoked at Nextcloud, and the one that lasts.

use std::time::Duration;

use nextcloud_mcp_tests::harness::sign_in::call;
use nextcloud_mcp_tests::harness::{Person, Server, SignIn};
use serde_json::json;

use super::{NOTES, stage, titles};

/// The status that a token gets at the endpoint.
async fn status(server: &Server, token: &str) -> u16 {
    call(&server.endpoint(), Some(token), "tools/list", &json!({}))
        .await
        .status
}

#[tokio::test]
async fn a_refresh_brings_tokens_that_work_and_ends_the_old_refresh_token() {
    let (_nextcloud, server) = stage().await;
    let (client, old) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let old = old.refresh.unwrap();
    let new = client.refresh(&old).await.tokens();
    assert_eq!(titles(&server, &new.access).await, ["Of alice"]);
    // Whoever did not get the answer may ask again for a moment, and for no longer.
    let again = client.refresh(&old).await.tokens();
    assert_eq!(titles(&server, &again.access).await, ["Of alice"]);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(client.refresh(&old).await.error(), "invalid_grant");
    // A copied refresh token is at large: nothing of this grant counts any more.
    assert_eq!(status(&server, &new.access).await, 401);
}

#[tokio::test]
async fn a_revoked_grant_is_gone_at_nextcloud_too() {
    let (_nextcloud, server) = stage().await;
    let (client, tokens) =
        SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let refresh = tokens.refresh.unwrap();
    assert_eq!(client.revoke(&tokens.access).await.status, 200);
    assert_eq!(status(&server, &tokens.access).await, 401);
    assert_eq!(client.revoke(&refresh).await.status, 200);
    assert_eq!(client.refresh(&refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn nextcloud_being_away_is_no_reason_to_sign_in_again() {
    let (mut nextcloud, server) = stage().await;
    let (client, tokens) =
        SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    nextcloud.stop().await;
    let answer = client.refresh(&tokens.refresh.unwrap()).await;
    assert_eq!(answer.status, 503, "{:?}", answer.body);
}

#[tokio::test]
async fn a_disabled_account_gets_no_further() {
    let (nextcloud, server) = stage().await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    nextcloud.disable_user("alice");
    // Never asked about before, so nothing is believed of it.
    assert_eq!(status(&server, &tokens.access).await, 401);
}

#[tokio::test]
async fn who_stays_signed_in_finds_an_app_password_with_a_name_and_can_end_it_there() {
    let (nextcloud, server) = stage().await;
    let person = Person::example("alice").staying(true);
    let (client, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    let made = nextcloud.state().app_passwords("alice");
    assert_eq!(made.len(), 1);
    assert!(made[0].1.contains("Scripted client"), "{}", made[0].1);
    nextcloud.state().revoke_user_tokens("alice");
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    nextcloud.state().revoke_app_password(&made[0].0);
    assert_eq!(
        client.refresh(&tokens.refresh.unwrap()).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn revoking_what_lasts_takes_the_app_password_away() {
    let (nextcloud, server) = stage().await;
    let person = Person::example("alice").staying(true);
    let (client, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    assert_eq!(nextcloud.state().app_passwords("alice").len(), 1);
    assert_eq!(client.revoke(&tokens.refresh.unwrap()).await.status, 200);
    assert!(nextcloud.state().app_passwords("alice").is_empty());
}

#[tokio::test]
async fn an_expired_registration_is_replaced_as_soon_as_nextcloud_says_so() {
    let (nextcloud, server) = stage().await;
    let person = Person::example("alice");
    let (client, before) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    nextcloud.expire_client(&nextcloud.clients()[0]);
    let refused = client.refresh(&before.refresh.unwrap()).await;
    assert_ne!(
        refused.status, 200,
        "its grants die with it, as Nextcloud wants it"
    );
    let registered = async {
        while nextcloud.registrations() < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), registered)
        .await
        .expect("it registers anew by itself");
    let (_, after) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    assert_eq!(titles(&server, &after.access).await, ["Of alice"]);
}
