//! Grants that rest on an app password.

use super::super::durable::GRANT_SECONDS;
use super::app_passwords::Mood;
use super::*;
use crate::auth::grant::{Access, Renewal};

#[tokio::test]
async fn a_durable_grant_rests_on_an_app_password_that_the_user_can_find() {
    let world = World::new().await;
    let (access, refresh) = world.signed_in(true).await;
    let (access, refresh) = (world.open_access(&access), world.open_refresh(&refresh));
    let (Access::AppPassword(one), Renewal::AppPassword(two)) = (access.upstream, refresh.upstream)
    else {
        panic!("a durable grant");
    };
    assert_eq!(one.login, "alice");
    assert_eq!(world.app_passwords.living(), [one.password.expose_secret()]);
    assert_eq!(one.password.expose_secret(), two.password.expose_secret());
    assert!((now() + 3590..=now() + 3600).contains(&access.expires));
    let ends = now() + GRANT_SECONDS;
    assert!((ends - 10..=ends).contains(&refresh.expires));

    let log = world.app_passwords.log();
    let lines: Vec<&str> = log.iter().map(|(line, _)| &**line).collect();
    assert_eq!(
        lines,
        [
            "GET /ocs/v2.php/core/getapppassword",
            "GET /ocs/v2.php/cloud/user"
        ]
    );
    assert_eq!(
        log[0].1["user-agent"],
        "Claude via Nextcloud MCP (mcp.example.org)"
    );
    for (line, headers) in &log {
        assert_eq!(headers["ocs-apirequest"], "true", "{line}");
        assert!(!headers.contains_key("cookie"), "{line}");
    }
}

#[tokio::test]
async fn refreshing_a_durable_grant_proves_it_and_does_not_move_its_end() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(true).await;
    let ends = world.open_refresh(&refresh).expires;
    let proofs = || {
        let requests = world.app_passwords.requests();
        requests
            .iter()
            .filter(|line| line.ends_with("cloud/user"))
            .count()
    };
    let before = proofs();
    let answer = world.refresh(&refresh, &[("scope", "notes.read")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(proofs(), before + 1);
    assert_eq!(answer.text("scope"), "notes.read");
    let next = world.open_refresh(&answer.text("refresh_token"));
    assert_eq!(next.expires, ends);
    assert_eq!(next.grant.scopes.to_string(), "notes.read notes.write");
    assert_eq!(world.issuer.log().len(), 1, "the provider is not asked");
}

#[tokio::test]
async fn near_its_end_an_access_token_ends_with_the_grant() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(true).await;
    let mut token = world.open_refresh(&refresh);
    token.expires = now() + 100;
    let sealer = &world.endpoint.oauth.sealer;
    let old = sealer.seal(Purpose::Refresh, &token).unwrap();
    let answer = world.refresh(&old, &[]).await;
    let access = world.open_access(&answer.text("access_token"));
    assert_eq!(access.expires, token.expires);
}

#[tokio::test]
async fn an_app_password_that_the_user_deleted_ends_the_grant_and_an_outage_does_not() {
    let world = World::new().await;
    let (_, refresh) = world.signed_in(true).await;
    world.app_passwords.set(Mood::Away);
    let away = world.refresh(&refresh, &[]).await;
    assert_eq!(away.error(), AWAY);
    assert!(away.retry_after() > 0);
    world.app_passwords.set(Mood::Fine);
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
    world.app_passwords.delete_all();
    assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
    let asked = world.app_passwords.requests().len();
    assert_eq!(world.refresh(&refresh, &[]).await.error(), INVALID_GRANT);
    assert_eq!(
        world.app_passwords.requests().len(),
        asked,
        "one failed login is enough"
    );
}

#[tokio::test]
async fn an_app_password_that_cannot_be_tried_is_deleted_and_the_grant_is_an_ordinary_one() {
    let world = World::new().await;
    world.app_passwords.set(Mood::Forgetful);
    let (access, _) = world.signed_in(true).await;
    assert!(matches!(
        world.open_access(&access).upstream,
        Access::Token { .. }
    ));
    eventually("the deletion", || world.app_passwords.living().is_empty()).await;
}

#[tokio::test]
async fn where_nextcloud_makes_no_app_passwords_the_grant_is_an_ordinary_one() {
    let world = World::new().await;
    world.app_passwords.set(Mood::Refusing);
    let (access, refresh) = world.signed_in(true).await;
    assert!(matches!(
        world.open_access(&access).upstream,
        Access::Token { .. }
    ));
    assert_eq!(world.refresh(&refresh, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_app_password_of_another_user_is_deleted_and_nobody_signs_in() {
    let world = World::new().await;
    world.app_passwords.set(Mood::Confused);
    let code = world.code(|code| code.durable = true);
    assert_eq!(world.exchange(&code, &[]).await.error(), INVALID_GRANT);
    eventually("the deletion", || world.app_passwords.living().is_empty()).await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_given_leaves_no_app_password() {
    let world = World::new().await;
    let code = world.code(|code| {
        code.durable = true;
        code.resource = "x".repeat(6 * 1024);
    });
    let answer = world.exchange(&code, &[("resource", "")]).await;
    assert_eq!(answer.error(), (500, "server_error"));
    assert!(
        world
            .app_passwords
            .requests()
            .contains(&"GET /ocs/v2.php/core/getapppassword".to_owned())
    );
    eventually("the deletion", || world.app_passwords.living().is_empty()).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_no_app_password() {
    let world = World::new().await;
    world.issuer.delay(Duration::from_millis(500));
    let code = world.code(|code| code.durable = true);
    let waiting = Box::pin(world.exchange(&code, &[]));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), waiting)
            .await
            .is_err()
    );
    let deleted = || {
        let requests = world.app_passwords.requests();
        requests.contains(&"DELETE /ocs/v2.php/core/apppassword".to_owned())
    };
    eventually("the deletion", deleted).await;
    assert!(world.app_passwords.living().is_empty());
}

#[tokio::test]
async fn an_answer_that_nobody_reads_leaves_no_app_password() {
    let world = World::new().await;
    let code = world.code(|code| code.durable = true);
    let parameters = [
        ("grant_type", "authorization_code"),
        ("client_id", PUBLIC),
        ("code", &*code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let request = form("/oauth/token").body(encoded(&parameters)).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(world.app_passwords.living().len(), 1);
    drop(response);
    eventually("the deletion", || world.app_passwords.living().is_empty()).await;
}

#[tokio::test]
async fn a_replayed_code_deletes_the_app_password_that_came_of_it() {
    let world = World::new().await;
    let code = world.code(|code| code.durable = true);
    assert_eq!(world.exchange(&code, &[]).await.status, StatusCode::OK);
    assert_eq!(world.exchange(&code, &[]).await.error(), INVALID_GRANT);
    eventually("the deletion", || world.app_passwords.living().is_empty()).await;
}
