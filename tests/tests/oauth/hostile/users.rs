//! Users through one server at the same time: nobody is ever answered as somebody else, whatever happens to the others'
//! tokens meanwhile. Nextcloud's session cookies make that possible (bearer/039-041), so this is tried hard.

use std::collections::{BTreeMap, BTreeSet};

use nextcloud_mcp_tests::harness::{Browser, Client, Person, Server, SignIn};
use nextcloud_mcp_tests::nextcloud::StandIn;
use serde_json::json;

use crate::wire::{assert_invalid_token, with_token};
use crate::{NOTES, stage, unhurried};

/// Calls of each user.
const CALLS: usize = 100;

/// Lists a user's notes again and again; each answer must be their own.
async fn only_own(client: &Client, user: &str, calls: usize) {
    for call in 0..calls {
        let list = client.ok("nc_notes_list_notes", json!({})).await;
        let titles: Vec<&str> = list["notes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["title"].as_str().unwrap())
            .collect();
        assert_eq!(titles, [format!("Of {user}")], "call {call} of {user}");
    }
}

/// Whom Nextcloud took every credential for: one user each.
fn assert_one_user_a_credential(nextcloud: &StandIn) {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in nextcloud.requests() {
        if let (Some(credential), Some(user)) = (entry.header("authorization"), &entry.user) {
            seen.entry(credential.to_owned())
                .or_default()
                .insert(user.clone());
        }
    }
    assert!(seen.len() >= 2, "credentials of both users");
    for users in seen.values() {
        assert_eq!(users.len(), 1, "one credential was answered as {users:?}");
    }
}

async fn sign_in(server: &Server, user: &str, stay: bool) -> (SignIn, String, String) {
    let person = Person::example(user).staying(stay);
    let (client, tokens) = SignIn::whole(&server.endpoint(), &person, NOTES).await;
    (client, tokens.access, tokens.refresh.unwrap())
}

/// One for each token.
async fn clients(server: &Server, alice: &str, bob: &str) -> (Client, Client) {
    (
        server.client_with(alice).await,
        server.client_with(bob).await,
    )
}

#[tokio::test]
async fn a_hundred_calls_of_two_users_side_by_side_are_each_answered_as_their_own() {
    for stay in [false, true] {
        let (nextcloud, server) = stage().await;
        let (_, alice, _) = sign_in(&server, "alice", stay).await;
        let (_, bob, _) = sign_in(&server, "bob", stay).await;
        let (of_alice, of_bob) = clients(&server, &alice, &bob).await;
        tokio::join!(
            only_own(&of_alice, "alice", CALLS / 2),
            only_own(&of_alice, "alice", CALLS / 2),
            only_own(&of_bob, "bob", CALLS / 2),
            only_own(&of_bob, "bob", CALLS / 2),
        );
        assert_one_user_a_credential(&nextcloud);
    }
}

#[tokio::test]
async fn taking_turns_over_connections_that_are_kept_open_changes_nothing() {
    let (nextcloud, server) = stage().await;
    let (_, alice, _) = sign_in(&server, "alice", false).await;
    let (_, bob, _) = sign_in(&server, "bob", false).await;
    let (of_alice, of_bob) = clients(&server, &alice, &bob).await;
    for _ in 0..CALLS / 2 {
        only_own(&of_alice, "alice", 1).await;
        only_own(&of_bob, "bob", 1).await;
    }
    assert_one_user_a_credential(&nextcloud);
}

#[tokio::test]
async fn a_refresh_in_the_middle_leaves_nothing_of_the_old_token() {
    let (nextcloud, server) = stage().await;
    let (client, alice, refresh) = sign_in(&server, "alice", false).await;
    let (_, bob, _) = sign_in(&server, "bob", false).await;
    let (of_alice, of_bob) = clients(&server, &alice, &bob).await;
    tokio::join!(
        only_own(&of_alice, "alice", 10),
        only_own(&of_bob, "bob", 10)
    );
    let renewed = async {
        let new = client.refresh(&refresh).await.tokens();
        assert_invalid_token(&with_token(&server, &alice).await, "the old one");
        let of_alice = server.client_with(&new.access).await;
        only_own(&of_alice, "alice", 20).await;
        assert_invalid_token(&with_token(&server, &alice).await, "the old one, later");
    };
    tokio::join!(renewed, only_own(&of_bob, "bob", 40));
    assert_one_user_a_credential(&nextcloud);
}

#[tokio::test]
async fn a_revocation_in_the_middle_ends_one_user_and_not_the_other() {
    for stay in [false, true] {
        let (nextcloud, server) = stage().await;
        let (client, alice, refresh) = sign_in(&server, "alice", stay).await;
        let (_, bob, _) = sign_in(&server, "bob", stay).await;
        let (of_alice, of_bob) = clients(&server, &alice, &bob).await;
        tokio::join!(
            only_own(&of_alice, "alice", 10),
            only_own(&of_bob, "bob", 10)
        );
        let ended = async {
            assert_eq!(client.revoke(&refresh).await.status, 200);
            assert_invalid_token(&with_token(&server, &alice).await, "revoked");
            let call = of_alice.try_call("nc_notes_list_notes", json!({})).await;
            assert!(call.is_err(), "revoked, and answered {call:?}");
        };
        tokio::join!(ended, only_own(&of_bob, "bob", 40));
        assert_one_user_a_credential(&nextcloud);
    }
}

#[tokio::test]
async fn a_token_that_nextcloud_ended_is_not_kept_alive_by_its_session() {
    let nextcloud = StandIn::with_two_users().await;
    for user in ["alice", "bob"] {
        let title = format!("Of {user}");
        nextcloud.state().add_note(user, &title, "", "text");
    }
    let server = unhurried(&nextcloud)
        .with("NEXTCLOUD_MCP_TOKEN_CACHE_SECONDS", "1")
        .start()
        .await;
    let (_, alice, _) = sign_in(&server, "alice", false).await;
    let (_, bob, _) = sign_in(&server, "bob", false).await;
    let (of_alice, of_bob) = clients(&server, &alice, &bob).await;
    tokio::join!(
        only_own(&of_alice, "alice", 10),
        only_own(&of_bob, "bob", 10)
    );
    // The sessions that alice's token opened live on at Nextcloud (errors/035).
    let upstream = nextcloud
        .requests_to("/apps/notes")
        .into_iter()
        .find_map(|entry| {
            let bearer = entry
                .header("authorization")?
                .strip_prefix("Bearer ")?
                .to_owned();
            (entry.user.as_deref() == Some("alice")).then_some(bearer)
        });
    nextcloud
        .state()
        .expire_token(&upstream.expect("a call of alice's"));
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    nextcloud.forget_requests();
    assert_invalid_token(&with_token(&server, &alice).await, "ended at Nextcloud");
    let call = of_alice.try_call("nc_notes_list_notes", json!({})).await;
    assert!(call.is_err(), "ended, and answered {call:?}");
    assert!(nextcloud.requests_to("/apps/notes").is_empty());
    only_own(&of_bob, "bob", 10).await;
}

#[tokio::test]
async fn one_browser_of_two_people_signs_in_whoever_is_at_nextcloud() {
    // The broker keeps nobody signed in by itself: who is at Nextcloud now is who signs in.
    let (_nextcloud, server) = stage().await;
    let client = SignIn::registered(&server.endpoint()).await;
    let mut browser = Browser::stopping_at(&client.redirect_uri);
    let alice = client
        .tokens(&mut browser, &Person::example("alice"), NOTES)
        .await;
    assert!(
        browser
            .jar
            .cookies()
            .iter()
            .all(|cookie| !cookie.value.contains("ncmcp")),
        "no cookie of ours outlives a sign-in"
    );
    let mut other = Browser::stopping_at(&client.redirect_uri);
    let bob = client
        .tokens(&mut other, &Person::example("bob"), NOTES)
        .await;
    only_own(&server.client_with(&alice.access).await, "alice", 2).await;
    only_own(&server.client_with(&bob.access).await, "bob", 2).await;
}
