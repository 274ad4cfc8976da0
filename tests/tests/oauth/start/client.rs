//! This server's own client at Nextcloud through its life: registered once, renewed in time, replaced when it is lost.

use std::time::Duration;

use nextcloud_mcp_tests::harness::{Person, Server, SignIn, Start};
use nextcloud_mcp_tests::nextcloud::{Fault, NewClient, StandIn, Trouble};

use super::says;
use crate::wire::with_token;
use crate::{NOTES, stage, titles, unhurried};

/// Waits until so many registrations were made.
async fn registrations(nextcloud: &StandIn, number: usize) {
    let made = async {
        while nextcloud.registrations() < number {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let within = Duration::from_mins(1);
    tokio::time::timeout(within, made)
        .await
        .expect("it registers");
}

/// Another process of the same server: the same data, key and address, another port.
fn beside(nextcloud: &StandIn, first: &Start) -> Start {
    let mut second = unhurried(nextcloud);
    for name in [
        "NEXTCLOUD_MCP_DATA_DIR",
        "NEXTCLOUD_MCP_SERVER_URL",
        "NEXTCLOUD_MCP_SECRET_KEY",
    ] {
        second = second.with(name, first.setting(name).unwrap());
    }
    second
}

#[tokio::test]
async fn two_processes_that_start_on_one_folder_register_once_and_know_each_others_tokens() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let slow = Trouble::Slow(Duration::from_secs(2));
    nextcloud.inject(Fault::at("/apps/oidc/register", slow));
    let first = unhurried(&nextcloud);
    let second = beside(&nextcloud, &first);
    let (first, second) = (first.launch(), second.launch());
    tokio::join!(first.ready(), second.ready());
    assert_eq!(nextcloud.registrations(), 1);
    let (_, tokens) = SignIn::whole(&first.endpoint(), &Person::example("alice"), NOTES).await;
    for server in [&first, &second] {
        assert_eq!(titles(server, &tokens.access).await, ["Of alice"]);
    }
}

#[tokio::test]
async fn two_processes_without_a_key_of_the_operators_make_one_together() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    let first = unhurried(&nextcloud).with("NEXTCLOUD_MCP_SECRET_KEY", "");
    let second = beside(&nextcloud, &first);
    let (first, second) = (first.launch(), second.launch());
    tokio::join!(first.ready(), second.ready());
    assert_eq!(nextcloud.registrations(), 1);
    let (client, tokens) = SignIn::whole(&first.endpoint(), &Person::example("alice"), NOTES).await;
    for server in [&first, &second] {
        assert_eq!(titles(server, &tokens.access).await, ["Of alice"]);
    }
    drop(second);
    let first = first.restart().await;
    assert_eq!(titles(&first, &tokens.access).await, ["Of alice"]);
    client.refresh(&tokens.refresh.unwrap()).await.tokens();
    assert_eq!(nextcloud.registrations(), 1);
}

#[tokio::test]
async fn killed_in_the_middle_of_a_registration_it_starts_again() {
    let nextcloud = StandIn::with_two_users().await;
    let slow = Trouble::Slow(Duration::from_secs(3));
    nextcloud.inject(Fault::at("/apps/oidc/register", slow));
    let server = unhurried(&nextcloud).launch();
    says(&server, "Attempting dynamic client registration...").await;
    let start = server.kill().await;
    nextcloud.heal();
    let server = start.start().await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    let registrations = nextcloud.registrations();
    let server = server.restart().await;
    assert_eq!(with_token(&server, &tokens.access).await.status, 200);
    assert_eq!(
        nextcloud.registrations(),
        registrations,
        "what was made is kept"
    );
}

#[tokio::test]
async fn killed_at_any_moment_of_a_start_it_loses_no_grant() {
    let (nextcloud, server) = stage().await;
    let alice = Person::example("alice");
    let (client, tokens) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    let mut start = server.kill().await;
    for milliseconds in [0, 5, 20, 50, 100, 200, 400] {
        let server = start.launch();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        start = server.kill().await;
    }
    let server = start.start().await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    client.refresh(&tokens.refresh.unwrap()).await.tokens();
    assert_eq!(nextcloud.registrations(), 1);
}

#[tokio::test]
async fn a_client_that_ends_is_renewed_before_and_calls_go_on() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.state().add_note("alice", "Of alice", "", "text");
    nextcloud.client_lifetime(Duration::from_secs(20));
    let server = unhurried(&nextcloud).start().await;
    let begun = std::time::Instant::now();
    let lasting = Person::example("alice").staying(true);
    let (_, durable) = SignIn::whole(&server.endpoint(), &lasting, NOTES).await;
    let (client, usual) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    nextcloud.client_lifetime(Duration::from_hours(1));
    // From then on the new one is used; Nextcloud has it a little earlier.
    let saved = "Saved OAuth client credentials to SQLite database";
    while server.logs.text().matches(saved).count() < 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "not renewed before its end"
        );
        assert_eq!(titles(&server, &durable.access).await, ["Of alice"]);
        assert_eq!(titles(&server, &usual.access).await, ["Of alice"]);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(nextcloud.registrations(), 2);
    // The old client's grants are good until its end.
    let usual = client.refresh(&usual.refresh.unwrap()).await.tokens();
    assert_eq!(titles(&server, &usual.access).await, ["Of alice"]);
    let (_, new) = SignIn::whole(&server.endpoint(), &Person::example("alice"), NOTES).await;
    let end = Duration::from_secs(22).saturating_sub(begun.elapsed());
    tokio::time::sleep(end).await;
    // And the others beyond it; our client of the MCP client stays what it is.
    for token in [&durable.access, &new.access] {
        assert_eq!(titles(&server, token).await, ["Of alice"]);
    }
    assert_eq!(
        client.refresh(&usual.refresh.unwrap()).await.error(),
        "invalid_grant"
    );
    let mut browser = nextcloud_mcp_tests::harness::Browser::stopping_at(&client.redirect_uri);
    client
        .tokens(&mut browser, &Person::example("alice"), NOTES)
        .await;
    assert_eq!(nextcloud.registrations(), 2);
}

#[tokio::test]
async fn a_stored_client_that_ended_meanwhile_is_replaced_and_that_is_said() {
    let nextcloud = StandIn::with_two_users().await;
    nextcloud.client_lifetime(Duration::from_secs(2));
    let server = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_LOG_LEVEL", "info")
        .start()
        .await;
    let start = server.kill().await;
    let before = nextcloud.registrations();
    nextcloud.client_lifetime(Duration::from_hours(1));
    tokio::time::sleep(Duration::from_millis(3100)).await;
    let server = start.start().await;
    let line = says(&server, "Stored client has expired").await;
    assert!(line.ends_with(" Stored client has expired"), "{line}");
    assert_eq!(nextcloud.registrations(), before + 1);
}

#[tokio::test]
async fn a_stored_client_that_nextcloud_forgot_is_replaced_at_the_next_start_and_while_running() {
    let (nextcloud, server) = stage().await;
    let start = server.kill().await;
    nextcloud.remove_client(&nextcloud.clients()[0]);
    let server = start.start().await;
    assert_eq!(nextcloud.registrations(), 2);
    let alice = Person::example("alice");
    let (_, tokens) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
    // While running, a token that must be asked about shows it.
    nextcloud.remove_client(&nextcloud.clients()[0]);
    let other = nextcloud
        .create_client(NewClient::at("http://127.0.0.1:1/"))
        .id;
    let kind = nextcloud_mcp_tests::nextcloud::TokenKind::Opaque;
    let resource = server.endpoint();
    let direct = nextcloud.issue_token("alice", &other, "openid notes.read", Some(&resource), kind);
    // At a start a registration is as fresh as it gets, and Nextcloud's word is believed a minute later only.
    let _ = with_token(&server, &direct.access_token).await;
    let asks = async {
        while nextcloud.registrations() < 3 {
            let _ = with_token(&server, &direct.access_token).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(90), asks)
        .await
        .expect("it registers anew");
    registrations(&nextcloud, 3).await;
    let (_, tokens) = SignIn::whole(&server.endpoint(), &alice, NOTES).await;
    assert_eq!(titles(&server, &tokens.access).await, ["Of alice"]);
}

#[tokio::test]
async fn an_operators_client_with_a_wrong_secret_is_named_and_signs_nobody_in() {
    let nextcloud = StandIn::with_two_users().await;
    let start = unhurried(&nextcloud);
    let url = start
        .setting("NEXTCLOUD_MCP_SERVER_URL")
        .unwrap()
        .to_owned();
    let keys = nextcloud.create_client(
        NewClient::at(&format!("{url}/oauth/callback")).for_resource(&format!("{url}/mcp")),
    );
    let server = start
        .with("NEXTCLOUD_OIDC_CLIENT_ID", &keys.id)
        .with(
            "NEXTCLOUD_OIDC_CLIENT_SECRET",
            "wrong-secret-of-the-operator",
        )
        .start()
        .await;
    let client = SignIn::registered(&server.endpoint()).await;
    let departure = client.depart(NOTES);
    let mut browser = nextcloud_mcp_tests::harness::Browser::stopping_at(&client.redirect_uri);
    let alice = Person::example("alice");
    let at = browser
        .sign_in(departure.url.as_str(), &alice)
        .await
        .unwrap();
    let code = client.arrived(&departure, &at).unwrap();
    let answer = client.redeem(&departure, &code).await;
    assert!(answer.status >= 400 && answer.body.get("access_token").is_none());
    let line = says(&server, "Nextcloud does not know the OAuth client").await;
    assert!(line.contains("NEXTCLOUD_OIDC_CLIENT_SECRET"), "{line}");
    assert!(!line.contains("wrong-secret-of-the-operator"));
    assert_eq!(nextcloud.registrations(), 0);
}

#[tokio::test]
async fn a_changed_address_is_another_registration_and_the_old_one_is_found_again() {
    let (nextcloud, server) = stage().await;
    let start = server.kill().await;
    let old = start
        .setting("NEXTCLOUD_MCP_SERVER_URL")
        .unwrap()
        .to_owned();
    let new = old.replace("127.0.0.1", "localhost");
    let server: Server = start.with("NEXTCLOUD_MCP_SERVER_URL", new).start().await;
    assert_eq!(nextcloud.registrations(), 2);
    let server = server
        .kill()
        .await
        .with("NEXTCLOUD_MCP_SERVER_URL", old)
        .start()
        .await;
    assert_eq!(nextcloud.registrations(), 2);
    drop(server);
}
