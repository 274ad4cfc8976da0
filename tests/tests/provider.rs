//! The stand-in's OIDC provider and the scripted browser against each other: whole sign-ins, and the switches that other
//! tests rely on. What the provider answers word by word is held against the recordings elsewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use nextcloud_mcp_tests::harness::sign_in::{REDIRECT_URI, get, server_metadata};
use nextcloud_mcp_tests::harness::{Arrival, Browser, Person, SignIn};
use nextcloud_mcp_tests::nextcloud::{
    Fault, NewClient, Options, StandIn, TokenKind, Trouble, forge,
};
use serde_json::{Value, json};

const RESOURCE: &str = "http://127.0.0.1:8000/mcp";
const SCOPE: &str = "openid offline_access notes.read";
const NOTES: &str = "/index.php/apps/notes/api/v1/notes";

/// A confidential client of the stand-in, made by its administrator.
async fn client(nextcloud: &StandIn, new: NewClient) -> SignIn {
    let keys = nextcloud.create_client(new);
    SignIn {
        endpoint: String::new(),
        resource: json!({"resource": RESOURCE}),
        metadata: server_metadata(&nextcloud.url()).await,
        client_id: keys.id,
        client_secret: Some(keys.secret),
        redirect_uri: REDIRECT_URI.into(),
    }
}

async fn simple(nextcloud: &StandIn) -> SignIn {
    client(nextcloud, NewClient::at(REDIRECT_URI)).await
}

fn browser() -> Browser {
    Browser::stopping_at(REDIRECT_URI)
}

/// The status of a request to an API with a bearer token, without cookies.
async fn status(nextcloud: &StandIn, path: &str, token: &str) -> u16 {
    let url = format!("{}{path}", nextcloud.url());
    let request = reqwest::Client::new().get(url).bearer_auth(token);
    let answer = request
        .header("OCS-APIRequest", "true")
        .send()
        .await
        .unwrap();
    answer.status().as_u16()
}

async fn introspect(client: &SignIn, token: &str) -> Value {
    let url = client.metadata["introspection_endpoint"].as_str().unwrap();
    let secret = client.client_secret.as_ref();
    let request = reqwest::Client::new()
        .post(url)
        .basic_auth(&client.client_id, secret);
    let answer = request
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("token={token}"));
    answer.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_sign_in_brings_tokens_that_every_api_takes() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let tokens = client
        .tokens(&mut browser(), &Person::example("alice"), SCOPE)
        .await;
    assert_eq!(tokens.access.len(), 72);
    assert_eq!(tokens.scope, None, "Nextcloud says nothing about scopes");
    for path in [
        NOTES,
        "/ocs/v2.php/cloud/user?format=json",
        "/apps/oidc/userinfo",
    ] {
        assert_eq!(
            status(&nextcloud, path, &tokens.access).await,
            200,
            "{path}"
        );
        assert_eq!(
            nextcloud.requests().last().unwrap().user.as_deref(),
            Some("alice")
        );
    }
}

#[tokio::test]
async fn below_a_sub_path_everything_is_found_there() {
    let nextcloud = StandIn::start(Options::with_two_users().at("/nextcloud"))
        .await
        .unwrap();
    let client = simple(&nextcloud).await;
    assert_eq!(client.metadata["issuer"], nextcloud.url());
    let tokens = client
        .tokens(&mut browser(), &Person::example("bob"), SCOPE)
        .await;
    assert_eq!(status(&nextcloud, NOTES, &tokens.access).await, 200);
}

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
async fn a_browser_that_is_signed_in_needs_no_password_again() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let mut browser = browser();
    client
        .tokens(&mut browser, &Person::example("alice"), SCOPE)
        .await;
    let stranger = Person {
        password: "wrong".into(),
        ..Person::example("bob")
    };
    let tokens = client.tokens(&mut browser, &stranger, SCOPE).await;
    status(&nextcloud, NOTES, &tokens.access).await;
    assert_eq!(
        nextcloud.requests().last().unwrap().user.as_deref(),
        Some("alice")
    );
}

#[tokio::test]
async fn a_wrong_password_leads_back_to_the_form() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let departure = client.depart(SCOPE);
    let person = Person {
        password: "wrong".into(),
        ..Person::example("alice")
    };
    let stuck = browser()
        .sign_in(departure.url.as_str(), &person)
        .await
        .unwrap_err();
    assert!(stuck.url.path().ends_with("/login"), "{}", stuck.url);
}

#[tokio::test]
async fn people_are_asked_only_where_the_administrator_wants_it() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.ask_for_consent(true);
    let client = simple(&nextcloud).await;
    let departure = client.depart(SCOPE);
    let person = Person::example("alice").refusing();
    let at = browser()
        .sign_in(departure.url.as_str(), &person)
        .await
        .unwrap();
    assert_eq!(client.arrived(&departure, &at), Err("access_denied".into()));
    let mut browser = browser();
    client
        .tokens(&mut browser, &Person::example("alice"), SCOPE)
        .await;
    assert_eq!(nextcloud.requests_to("/consent/grant").len(), 1);
    client
        .tokens(&mut browser, &Person::example("alice"), SCOPE)
        .await;
    assert_eq!(
        nextcloud.requests_to("/consent/grant").len(),
        1,
        "it is remembered"
    );
}

#[tokio::test]
async fn a_form_of_another_site_agrees_to_nothing() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.ask_for_consent(true);
    let client = simple(&nextcloud).await;
    let mut browser = browser();
    let departure = client.depart(SCOPE);
    // Signed in, in front of the question, without an answer.
    let undecided = Person {
        agrees: false,
        ..Person::example("alice")
    };
    let at = browser
        .sign_in(departure.url.as_str(), &undecided)
        .await
        .unwrap();
    assert!(client.arrived(&departure, &at).is_err());
    let Arrival::Page(page) = browser.open(departure.url.as_str()).await else {
        panic!("there is no answer yet");
    };
    let mut form = page.forms().remove(0);
    form.fill("requesttoken", "guessed");
    let button = form.button("Allow").cloned();
    let Arrival::Page(refused) = browser.submit(&page, &form, button.as_ref()).await else {
        panic!("no code for a forged form");
    };
    assert_eq!(refused.status, 412);
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
async fn an_expired_client_gets_nothing_while_its_tokens_live_on() {
    let nextcloud = StandIn::with_two_users().await;
    let client = simple(&nextcloud).await;
    let tokens = client
        .tokens(&mut browser(), &Person::example("alice"), SCOPE)
        .await;
    nextcloud.expire_client(&client.client_id);
    assert_eq!(
        client
            .refresh(&tokens.refresh.clone().unwrap())
            .await
            .error(),
        "expired_client"
    );
    let Arrival::Page(page) = browser().open(client.depart(SCOPE).url.as_str()).await else {
        panic!("no answer to an expired client");
    };
    // A visitor who is not signed in is asked to, whatever the client.
    assert!(page.url.path().ends_with("/login"));
    assert!(
        browser()
            .sign_in(client.depart(SCOPE).url.as_str(), &Person::example("alice"))
            .await
            .is_err()
    );
    assert_eq!(
        client.refresh(&tokens.refresh.unwrap()).await.error(),
        "invalid_client",
        "it was cleaned up"
    );
    assert_eq!(status(&nextcloud, NOTES, &tokens.access).await, 200);
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
