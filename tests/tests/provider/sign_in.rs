//! Whole sign-ins, with and without a question for consent.

use nextcloud_mcp_tests::harness::{Arrival, Person};
use nextcloud_mcp_tests::nextcloud::{Options, StandIn};

use super::{NOTES, SCOPE, browser, simple, status};

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
