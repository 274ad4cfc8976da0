//! What tokens are good for and for how long, and the switches that other tests turn.

use std::time::Duration;

use nextcloud_mcp_tests::harness::Person;
use nextcloud_mcp_tests::harness::sign_in::{REDIRECT_URI, get, server_metadata};
use nextcloud_mcp_tests::nextcloud::{Fault, NewClient, StandIn, TokenKind, Trouble, forge};
use serde_json::{Value, json};

use super::{NOTES, RESOURCE, SCOPE, browser, client, introspect, simple, status};

#[tokio::test]
async fn a_refresh_kills_the_old_access_token_and_the_old_refresh_token() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let old = client
        .tokens(&mut browser(), &Person::example("alice"), SCOPE)
        .await;
    let refresh = old.refresh.unwrap();
    let new = client.refresh(&refresh).await.tokens();
    assert_eq!(status(&nextcloud, NOTES, &old.access).await, 401);
    assert_eq!(status(&nextcloud, NOTES, &new.access).await, 200);
    assert_eq!(client.refresh(&refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn who_may_introspect_depends_on_the_resource() {
    let nextcloud = StandIn::with_two_users().await;
    let ours = client(
        &nextcloud,
        NewClient::at(REDIRECT_URI).for_resource(RESOURCE),
    )
    .await;
    let other = simple(&nextcloud).await;
    let meant = nextcloud.issue_token(
        "alice",
        &other.client_id,
        "openid",
        Some(RESOURCE),
        TokenKind::Opaque,
    );
    let not_meant =
        nextcloud.issue_token("alice", &other.client_id, "openid", None, TokenKind::Opaque);
    let told = introspect(&ours, &meant.access_token).await;
    assert_eq!(
        (&told["active"], &told["sub"], &told["aud"]),
        (&json!(true), &json!("alice"), &json!(other.client_id))
    );
    assert_eq!(
        introspect(&ours, &not_meant.access_token).await,
        json!({"active": false})
    );
    assert_eq!(
        introspect(&other, &not_meant.access_token).await["active"],
        true
    );
}

#[tokio::test]
async fn tokens_live_twice_as_long_as_they_say_and_end_when_told_to() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.token_lifetime(Duration::from_secs(100));
    let client = simple(&nextcloud).await;
    let issued = nextcloud.issue_token("alice", &client.client_id, SCOPE, None, TokenKind::Jwt);
    let told = introspect(&client, &issued.access_token).await;
    assert_eq!(
        told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap(),
        200
    );
    nextcloud.state().expire_token(&issued.access_token);
    assert_eq!(status(&nextcloud, NOTES, &issued.access_token).await, 401);
    let again = client
        .refresh(&issued.refresh_token.unwrap())
        .await
        .tokens();
    nextcloud.state().revoke_user_tokens("alice");
    assert_eq!(status(&nextcloud, NOTES, &again.access).await, 401);
    assert_eq!(
        client.refresh(&again.refresh.unwrap()).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn what_the_provider_did_not_sign_opens_nothing() {
    let nextcloud = StandIn::with_two_users().await;
    let client = client(&nextcloud, NewClient::at(REDIRECT_URI).with_jwt()).await;
    let good = nextcloud.issue_token(
        "alice",
        &client.client_id,
        "openid",
        Some(RESOURCE),
        TokenKind::Jwt,
    );
    assert_eq!(status(&nextcloud, NOTES, &good.access_token).await, 200);
    let signer = nextcloud.signer();
    let mut claims = forge::access_claims(
        &nextcloud.url(),
        "alice",
        &client.client_id,
        RESOURCE,
        "openid",
    );
    // Another row than that of the good one, which these claims would otherwise be.
    claims["jti"] = json!("2");
    let forged = [
        forge::unsigned(&claims),
        forge::confused(&signer, &claims),
        forge::altered(&good.access_token, |claims| claims["sub"] = json!("bob")),
        forge::Signer::stranger()
            .named(signer.kid())
            .sign(forge::ACCESS_TOKEN, &claims),
        // Well signed, but in no row.
        signer.sign(forge::ACCESS_TOKEN, &claims),
        good.id_token,
    ];
    for token in forged {
        assert_eq!(status(&nextcloud, NOTES, &token).await, 401, "{token}");
    }
    let named = nextcloud.issue_id_token_as_bearer("alice", &client.client_id);
    assert_eq!(
        status(&nextcloud, NOTES, &named).await,
        200,
        "Nextcloud's own gap (oidc-misc/015)"
    );
}

#[tokio::test]
async fn a_rotated_key_is_the_only_one_that_is_published() {
    let nextcloud = StandIn::with_two_users().await;
    let url = format!("{}/apps/oidc/jwks", nextcloud.url());
    let kid = |keys: Value| keys["keys"][0]["kid"].as_str().unwrap().to_owned();
    let before = kid(get(&url).await.body);
    assert_eq!(before, nextcloud.signer().kid());
    nextcloud.rotate_keys();
    let after = get(&url).await.body;
    assert_eq!(after["keys"].as_array().unwrap().len(), 1);
    assert_ne!(before, kid(after));
}

#[tokio::test]
async fn a_bearer_token_becomes_an_app_password_that_bears_the_name_of_its_maker() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let token = nextcloud
        .issue_token(
            "alice",
            &client.client_id,
            "openid",
            None,
            TokenKind::Opaque,
        )
        .access_token;
    let http = reqwest::Client::new();
    let request = http
        .get(format!(
            "{}/ocs/v2.php/core/getapppassword?format=json",
            nextcloud.url()
        ))
        .bearer_auth(token)
        .header("OCS-APIRequest", "true")
        .header("User-Agent", "Claude via Nextcloud MCP");
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    let password = made["ocs"]["data"]["apppassword"]
        .as_str()
        .unwrap()
        .to_owned();
    let named = (password.clone(), "Claude via Nextcloud MCP".to_owned());
    assert_eq!(nextcloud.state().app_passwords("alice"), [named]);
    let delete = http
        .delete(format!("{}/ocs/v2.php/core/apppassword", nextcloud.url()))
        .basic_auth("alice", Some(&password))
        .header("OCS-APIRequest", "true");
    assert_eq!(delete.send().await.unwrap().status(), 200);
    assert!(nextcloud.state().app_passwords("alice").is_empty());
}

#[tokio::test]
async fn the_switches_show_in_the_discovery_document_and_at_registration() {
    let nextcloud = StandIn::with_two_users().await;
    let metadata = server_metadata(&nextcloud.url()).await;
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256", "plain"])
    );
    let register = metadata["registration_endpoint"].as_str().unwrap();
    let request = || {
        reqwest::Client::new()
            .post(register)
            .json(&json!({"redirect_uris": [REDIRECT_URI]}))
    };
    assert_eq!(request().send().await.unwrap().status(), 201);
    nextcloud.allow_registration(false);
    assert_eq!(request().send().await.unwrap().status(), 400);
    assert_eq!(nextcloud.registrations(), 1);
    nextcloud.advertise_pkce(None);
    nextcloud.set_oidc(|settings| settings.issuer = Some("https://liar.example".into()));
    let metadata = server_metadata(&nextcloud.url()).await;
    assert!(metadata.get("code_challenge_methods_supported").is_none());
    assert!(metadata.get("registration_endpoint").is_none());
    assert_eq!(metadata["issuer"], "https://liar.example");
}

#[tokio::test]
async fn trouble_can_befall_one_endpoint_alone() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let tokens = client
        .tokens(&mut browser(), &Person::example("alice"), SCOPE)
        .await;
    nextcloud.inject(Fault::at("/apps/oidc/token", Trouble::Status(503)).times(1));
    let refresh = tokens.refresh.unwrap();
    assert_eq!(client.refresh(&refresh).await.status, 503);
    assert_eq!(introspect(&client, &tokens.access).await["active"], true);
    assert_eq!(client.refresh(&refresh).await.status, 200);
}
