//! Signing in: from the first 401 to one's own notes, whatever happens in between.

use nextcloud_mcp_tests::harness::sign_in::{call, challenge};
use nextcloud_mcp_tests::harness::{Browser, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::{NewClient, Options, StandIn};
use serde_json::json;

use super::{NOTES, stage, titles};

#[tokio::test]
async fn a_client_finds_its_way_from_the_401_to_the_users_own_notes() {
    let (nextcloud, server) = stage().await;
    let (client, tokens) =
        SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(client.resource["resource"], server.endpoint());
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    assert_eq!(
        nextcloud.registrations(),
        1,
        "the server registered itself once, its clients not at all"
    );
}

#[tokio::test]
async fn two_users_of_one_client_each_see_their_own() {
    let (_nextcloud, server) = stage().await;
    let (client, of_alice) =
        SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let of_bob = client
        .tokens(&mut browser, &Person::example("bob"), NOTES)
        .await;
    for _ in 0..2 {
        assert_eq!(titles(&server, &of_alice.access).await, ["Of alice"]);
        assert_eq!(titles(&server, &of_bob.access).await, ["Of bob"]);
    }
}

#[tokio::test]
async fn below_a_sub_path_of_nextcloud_it_is_the_same() {
    let nextcloud = StandIn::start(Options::with_two_users().at("/nextcloud"))
        .await
        .unwrap();
    nextcloud.state().add_note("alice", "Below", "", "text");
    let server = Server::oauth(&nextcloud).start().await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(titles(&server, &tokens.access).await, ["Below"]);
}

#[tokio::test]
async fn a_client_that_an_administrator_made_needs_no_registration() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.allow_registration(false);
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    // Where it will be decides what its client must be.
    let start = Server::oauth(&nextcloud);
    let url = start
        .setting("NEXTCLOUD_MCP_SERVER_URL")
        .unwrap()
        .to_owned();
    let redirect_uri = format!("{url}/oauth/callback");
    let keys =
        nextcloud.create_client(NewClient::at(&redirect_uri).for_resource(&format!("{url}/mcp")));
    let start = start.with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id);
    let server = start
        .with("NEXTCLOUD_OIDC_CLIENT_SECRET", &keys.secret)
        .start()
        .await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
}

#[tokio::test]
async fn who_does_not_agree_gives_nothing() {
    let (nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let person = Person::example("alice").refusing();
    let at = browser
        .sign_in(departure.url.as_str(), &person)
        .await
        .unwrap();
    assert_eq!(client.arrived(&departure, &at), Err("access_denied".into()));
    assert!(nextcloud.requests_to("/apps/oidc/token").is_empty());
}

#[tokio::test]
async fn a_code_is_worth_its_tokens_once_and_takes_them_along() {
    let (_nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let at = browser
        .sign_in(departure.url.as_str(), &Person::example("alice"))
        .await
        .unwrap();
    let code = client.arrived(&departure, &at).unwrap();
    let tokens = client.redeem(&departure, &code).await.tokens();
    assert_eq!(
        client.redeem(&departure, &code).await.error(),
        "invalid_grant"
    );
    let refreshed = client.refresh(&tokens.refresh.unwrap()).await;
    assert_eq!(
        refreshed.error(),
        "invalid_grant",
        "the replay revoked at Nextcloud"
    );
}

#[tokio::test]
async fn a_restart_in_the_middle_of_a_sign_in_is_not_noticed() {
    let (nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let at = browser
        .sign_in(departure.url.as_str(), &Person::example("alice"))
        .await
        .unwrap();
    let server = server.restart().await;
    let code = client.arrived(&departure, &at).unwrap();
    let tokens = client.redeem(&departure, &code).await.tokens();
    let server = server.restart().await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    let tokens = client.refresh(&tokens.refresh.unwrap()).await.tokens();
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    assert_eq!(nextcloud.registrations(), 1);
}

#[tokio::test]
async fn without_a_token_the_challenge_names_no_error_and_with_a_foreign_one_it_does() {
    let (_nextcloud, server) = stage().await;
    let refusal = challenge(&server.endpoint()).await;
    assert_eq!(refusal.status, 401);
    assert!(refusal.parameter("resource_metadata").is_some());
    assert_eq!(refusal.parameter("error"), None);
    let refusal = call(
        &server.endpoint(),
        Some("nobody-gave-this-out"),
        "tools/list",
        &json!({}),
    )
    .await;
    assert_eq!(refusal.status, 401);
    assert_eq!(refusal.parameter("error").as_deref(), Some("invalid_token"));
}
