//! Access tokens as credentials: whose they must be, when they end, and what is left of them once they are forgotten.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

use super::*;

fn token(user: &str) -> Credential {
    Credential::bearer(&SecretString::from(format!("{user}-token"))).unwrap()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs()
}

#[tokio::test]
async fn a_token_speaks_for_its_user_with_a_jar_of_its_own() {
    let server = Server::start().await;
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let by_token = nextcloud.caller(token("alice").of_user("alice"), Scopes::All);
    let by_password = nextcloud.caller(credential("alice"), Scopes::All);
    for caller in [&by_token, &by_password] {
        assert_eq!(
            get(caller, "/apps/test/api/a").await.unwrap().text(),
            "alice"
        );
    }
    let cookies: Vec<_> = server.guests_requests();
    let cookies: Vec<_> = cookies.iter().map(|seen| seen.cookie().unwrap()).collect();
    assert_eq!(cookies, ["ocsession=alice-0", "ocsession=alice-1"]);
}

#[tokio::test]
async fn a_token_of_another_user_than_expected_never_answers() {
    let server = Server::start().await;
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let wrong = nextcloud.caller(token("bob").of_user("alice"), Scopes::All);
    assert_eq!(
        get(&wrong, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert!(server.guests_requests().is_empty());
    let sent = server.log().len();
    for again in [wrong, nextcloud.caller(token("bob"), Scopes::All)] {
        assert_eq!(again.prove().await.unwrap_err(), FetchError::Unauthorized);
    }
    assert_eq!(server.log().len(), sent, "nor is it asked again");
}

#[tokio::test]
async fn an_account_that_is_somebodys_does_not_answer_for_somebody_else() {
    let server = Server::start().await;
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let bob = nextcloud.caller(token("bob"), Scopes::All);
    assert_eq!(bob.whoami().await.unwrap().id, "bob");
    let wrong = nextcloud.caller(token("bob").of_user("alice"), Scopes::All);
    assert_eq!(
        get(&wrong, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert!(server.guests_requests().is_empty());
}

#[tokio::test]
async fn while_nobody_can_be_asked_an_answer_still_has_to_name_the_expected_user() {
    let server = Server::start().await;
    server.on("/ocs/v2.php/cloud/user", |_| server::reply(503, &[], ""));
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let wrong = nextcloud.caller(token("bob").of_user("alice"), Scopes::All);
    let refused = get(&wrong, "/apps/test/api/a").await.unwrap_err();
    assert!(
        matches!(&refused, FetchError::Other(why) if why.contains("another user")),
        "{refused:?}"
    );
    let right = nextcloud.caller(token("alice").of_user("alice"), Scopes::All);
    assert!(get(&right, "/apps/test/api/a").await.is_ok());
}

#[tokio::test]
async fn a_proof_is_made_anew_each_time_and_once_for_all_who_ask() {
    let server = Server::start().await;
    *server.delay.lock().unwrap() = Duration::from_millis(50);
    let alice = caller(&server, "alice");
    let asked = (0..10).map(|_| alice.prove());
    for proof in futures_util::future::join_all(asked).await {
        assert_eq!(proof.unwrap().id, "alice");
    }
    let first = server.proofs().len();
    assert!(first <= 2, "one, and perhaps one for those who came late");
    alice.prove().await.unwrap();
    assert_eq!(server.proofs().len(), first + 1);
    get(&alice, "/apps/test/api/a").await.unwrap();
    assert_eq!(
        server.proofs().len(),
        first + 1,
        "the request uses the session of the proof"
    );
}

#[tokio::test]
async fn a_refused_token_is_not_tried_again_before_its_end() {
    let server = Server::start().await;
    let mut settings = settings(&server);
    settings.limits.refused_for = Duration::from_millis(1);
    let nextcloud = Nextcloud::new(settings).unwrap();
    server.lock_out("alice");
    let alice = nextcloud.caller(token("alice").until(now() + 60), Scopes::All);
    assert!(!alice.is_refused());
    for _ in 0..3 {
        assert_eq!(alice.prove().await.unwrap_err(), FetchError::Unauthorized);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(alice.is_refused());
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_tokens_jar_ends_with_the_token() {
    let server = Server::start().await;
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let alice = nextcloud.caller(token("alice").until(now() + 2), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    // Nextcloud would still take the cookie (`errors/035`).
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let sent = server.log().len();
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert_eq!(server.log().len(), sent);
}

#[tokio::test]
async fn what_is_forgotten_leaves_no_jar_no_connection_and_no_answer() {
    let server = Server::start().await;
    server.on("/apps/test/api/kept", |_| {
        server::reply(200, &[("etag", "\"1\"")], "kept")
    });
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let alice = nextcloud.caller(token("alice"), Scopes::All);
    get(&alice, "/apps/test/api/kept").await.unwrap();
    let before = server.log().last().unwrap().clone();
    nextcloud.forget(token("alice").id()).await;
    nextcloud.forget(token("bob").id()).await;
    // As long as nobody took the token back, the same one may begin anew.
    get(&alice, "/apps/test/api/kept").await.unwrap();
    let after = server.log().last().unwrap().clone();
    assert_ne!(after.cookie(), before.cookie());
    assert_ne!(after.peer, before.peer);
    assert_eq!(after.header("if-none-match"), None);
    assert_eq!(server.proofs().len(), 2);
}

/// Everything that can be under way when a credential is forgotten: a call between two of its requests, a proof, and an
/// answer that sets cookies.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_under_way_signs_nothing_more_once_it_is_forgotten() {
    let server = Server::start().await;
    let reached = Arc::new(Notify::new());
    let seen = reached.clone();
    // A redirect, after which one call would send a second request.
    server.on("/apps/test/api/first", move |_| {
        seen.notify_one();
        std::thread::sleep(Duration::from_millis(300));
        server::reply(302, &[("location", "/apps/test/api/second")], "")
    });
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let alice = nextcloud.caller(token("alice"), Scopes::All);
    let call = tokio::spawn({
        let alice = alice.clone();
        async move { get(&alice, "/apps/test/api/first").await }
    });
    reached.notified().await;
    let asked = tokio::spawn({
        let alice = alice.clone();
        async move { alice.prove().await }
    });
    nextcloud.forget(token("alice").id()).await;
    assert_eq!(call.await.unwrap().unwrap_err(), FetchError::Unauthorized);
    let _ = asked.await.unwrap();
    let targets: Vec<_> = server.guests_requests();
    assert!(
        targets.iter().all(|seen| seen.target.ends_with("/first")),
        "{targets:?}"
    );
    // What comes later has nothing of what was there before: a proof of its own, and that one's cookies.
    get(&alice, "/apps/test/api/later").await.unwrap();
    let old = targets[0].cookie().unwrap();
    assert_ne!(server.log().last().unwrap().cookie(), Some(old));
}

#[tokio::test]
async fn a_401_that_lands_after_the_forgetting_is_remembered() {
    let server = Server::start().await;
    *server.delay.lock().unwrap() = Duration::from_millis(200);
    server.lock_out("alice");
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let alice = nextcloud.caller(token("alice"), Scopes::All);
    let asked = tokio::spawn({
        let alice = alice.clone();
        async move { alice.prove().await }
    });
    tokio::time::sleep(Duration::from_millis(80)).await;
    nextcloud.forget(token("alice").id()).await;
    assert_eq!(asked.await.unwrap().unwrap_err(), FetchError::Unauthorized);
    assert!(alice.is_refused());
    assert_eq!(alice.prove().await.unwrap_err(), FetchError::Unauthorized);
    assert_eq!(server.log().len(), 1);
}
