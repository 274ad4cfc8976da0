//! When cookies are sent, renewed, dropped and done without.

use std::sync::atomic::Ordering;

use super::*;

fn with_trust(server: &Server, trust: Duration) -> Nextcloud {
    let mut settings = settings(server);
    settings.limits.session_trust = trust;
    Nextcloud::new(settings).unwrap()
}

#[tokio::test]
async fn one_proof_without_cookies_then_requests_with_them() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    for _ in 0..5 {
        get(&alice, "/apps/test/api/a").await.unwrap();
    }
    assert_eq!(server.proofs().len(), 1);
    assert_eq!(server.proofs()[0].cookie(), None);
    assert!(
        server
            .guests_requests()
            .iter()
            .all(|seen| seen.cookie() == Some("ocsession=alice-0"))
    );
    assert_eq!(
        server.sessions.lock().unwrap().len(),
        1,
        "Nextcloud made one session for all of them"
    );
}

#[tokio::test]
async fn every_request_says_what_nextcloud_wants_to_hear() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    for seen in server.log() {
        assert_eq!(seen.header("ocs-apirequest"), Some("true"));
        assert_eq!(seen.header("accept-encoding"), None);
        assert_eq!(
            seen.header("authorization"),
            Some(credential("alice").authorization().to_str().unwrap())
        );
        assert!(
            seen.header("user-agent")
                .unwrap()
                .starts_with("Nextcloud MCP Server/")
        );
    }
}

#[tokio::test]
async fn cookies_are_not_sent_after_the_trust_has_run_out() {
    let server = Server::start().await;
    let alice = with_trust(&server, SHORT).caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    get(&alice, "/apps/test/api/a").await.unwrap();
    let cookies: Vec<_> = server
        .log()
        .iter()
        .map(|seen| seen.cookie().map(str::to_owned))
        .collect();
    let of = |session: &str| Some(format!("ocsession={session}"));
    assert_eq!(cookies, [None, of("alice-0"), None, of("alice-1")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_wait_share_one_proof() {
    let server = Server::start().await;
    *server.delay.lock().unwrap() = Duration::from_millis(100);
    let alice = caller(&server, "alice");
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let alice = alice.clone();
            tokio::spawn(async move { get(&alice, "/apps/test/api/a").await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.proofs().len(), 1);
    assert_eq!(server.guests_requests().len(), 20);
}

#[tokio::test]
async fn a_refused_cookie_is_tried_once_without_and_cookies_are_done_without() {
    let server = Server::start().await;
    server.refuse_cookies.store(true, Ordering::Relaxed);
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let alice = nextcloud.caller(credential("alice"), Scopes::All);
    let answer = send(&alice, request("POST", "/apps/test/api/a").body("once"))
        .await
        .unwrap();
    assert_eq!((answer.status, answer.text()), (200, "alice"));
    let first: Vec<_> = server
        .guests_requests()
        .iter()
        .map(|seen| {
            (
                seen.cookie().is_some(),
                seen.body.clone(),
                seen.user.is_some(),
            )
        })
        .collect();
    assert_eq!(
        first,
        [
            (true, "once".to_owned(), false),
            (false, "once".to_owned(), true)
        ]
    );
    // Learned for every user of this server, after a few.
    let bob = nextcloud.caller(credential("bob"), Scopes::All);
    get(&alice, "/apps/test/api/b").await.unwrap();
    get(&bob, "/apps/test/api/b").await.unwrap();
    let learned = server.log().len();
    get(&alice, "/apps/test/api/b").await.unwrap();
    get(&bob, "/apps/test/api/b").await.unwrap();
    assert!(
        server
            .log()
            .iter()
            .skip(learned)
            .all(|seen| seen.cookie().is_none())
    );
}

#[tokio::test]
async fn a_session_that_was_revoked_does_not_teach_to_do_without() {
    let server = Server::start().await;
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let alice = nextcloud.caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    // Once: as when the user ends the session in Nextcloud's list of devices and the server answers 401 to it.
    server.refuse_cookies.store(true, Ordering::Relaxed);
    get(&alice, "/apps/test/api/a").await.unwrap();
    server.refuse_cookies.store(false, Ordering::Relaxed);
    get(&alice, "/apps/test/api/a").await.unwrap();
    assert!(server.log().last().unwrap().cookie().is_some());
}

#[tokio::test]
async fn one_session_refused_at_its_first_use_does_not_teach_to_do_without() {
    let server = Server::start().await;
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    for user in ["alice", "bob", "carol", "dora"] {
        let caller = nextcloud.caller(credential(user), Scopes::All);
        server.refuse_cookies.store(true, Ordering::Relaxed);
        get(&caller, "/apps/test/api/a").await.unwrap();
        server.refuse_cookies.store(false, Ordering::Relaxed);
        get(&caller, "/apps/test/api/a").await.unwrap();
        assert!(
            server.log().last().unwrap().cookie().is_some(),
            "{user}: the next session was taken"
        );
    }
}

#[tokio::test]
async fn a_session_lost_by_many_requests_at_once_is_one_session_lost() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    server.refuse_cookies.store(true, Ordering::Relaxed);
    *server.delay.lock().unwrap() = SHORT / 2;
    let calls = (0..8).map(|_| get(&alice, "/apps/test/api/a"));
    let refused_meanwhile = async {
        tokio::time::sleep(SHORT * 3 / 4).await;
        server.refuse_cookies.store(false, Ordering::Relaxed);
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(calls), refused_meanwhile);
    assert!(answers.into_iter().all(|answer| answer.is_ok()));
    get(&alice, "/apps/test/api/a").await.unwrap();
    assert!(server.log().last().unwrap().cookie().is_some());
}

#[tokio::test]
async fn an_idle_user_is_forgotten() {
    let server = Server::start().await;
    let mut settings = settings(&server);
    settings.limits.account_idle = SHORT;
    let nextcloud = Nextcloud::new(settings).unwrap();
    let alice = nextcloud.caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    get(&alice, "/apps/test/api/a").await.unwrap();
    let log = server.log();
    assert_eq!(server.proofs().len(), 2);
    assert_ne!(
        log[1].peer, log[3].peer,
        "the connection went with the rest"
    );
    assert_ne!(log[1].cookie(), log[3].cookie());
}
