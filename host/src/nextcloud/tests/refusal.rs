//! What a 401 means, and that a dead credential stays dead.

use std::sync::atomic::Ordering;

use http::StatusCode;

use super::*;

#[tokio::test]
async fn a_dead_credentials_jar_is_never_used_again() {
    let server = Server::start().await;
    let mut settings = settings(&server);
    settings.limits.session_trust = SHORT;
    let nextcloud = Nextcloud::new(settings).unwrap();
    let alice = nextcloud.caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    let jar = server.log().last().unwrap().cookie().unwrap().to_owned();
    // Nextcloud would still take the cookie (`errors/035`); the password is gone.
    server.lock_out("alice");
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    let seen = server.log().len();
    let last = server.log().last().unwrap().clone();
    assert_eq!(
        (last.cookie(), last.target.as_str()),
        (None, "/ocs/v2.php/cloud/user?format=json")
    );
    for again in [alice, nextcloud.caller(credential("alice"), Scopes::All)] {
        assert_eq!(
            get(&again, "/apps/test/api/a").await.unwrap_err(),
            FetchError::Unauthorized
        );
        assert_eq!(again.whoami().await.unwrap_err(), FetchError::Unauthorized);
        assert_eq!(
            again.capabilities().await.unwrap_err(),
            FetchError::Unauthorized
        );
    }
    assert_eq!(server.log().len(), seen, "nothing more was sent");
    assert_eq!(
        server
            .log()
            .iter()
            .filter(|request| request.cookie() == Some(&jar))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_wrong_password_costs_one_failed_login() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    server.lock_out("alice");
    let calls = (0..10).map(|_| get(&alice, "/apps/test/api/a"));
    for refused in futures_util::future::join_all(calls).await {
        assert_eq!(refused.unwrap_err(), FetchError::Unauthorized);
    }
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_refused_credential_may_try_again_after_its_time() {
    let server = Server::start().await;
    let mut settings = settings(&server);
    settings.limits.refused_for = SHORT;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    server.lock_out("alice");
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    server.locked_out.lock().unwrap().clear();
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap().text(),
        "alice"
    );
}

#[tokio::test]
async fn an_endpoints_own_401_does_not_end_a_good_credential() {
    let server = Server::start().await;
    server.on("/apps/test/api/strict", |_| {
        server::reply(401, &[], "not you")
    });
    let alice = caller(&server, "alice");
    let answer = get(&alice, "/apps/test/api/strict").await.unwrap();
    assert_eq!((answer.status, answer.text()), (401, "not you"));
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap().text(),
        "alice"
    );
}

/// A server whose proxy refuses one path without having asked Nextcloud.
async fn behind_a_proxy() -> Server {
    let server = Server::start().await;
    server.on("/apps/test/api/hiccup", |_| {
        server::reply(401, &[(server::OF_A_PROXY, "")], "proxy")
    });
    server
}

#[tokio::test]
async fn a_proxys_401_does_not_end_a_credential_that_proves_good() {
    for cookies in [true, false] {
        let server = behind_a_proxy().await;
        let mut settings = settings(&server);
        if !cookies {
            settings.limits.session_trust = Duration::ZERO;
        }
        let alice = Nextcloud::new(settings)
            .unwrap()
            .caller(credential("alice"), Scopes::All);
        get(&alice, "/apps/test/api/a").await.unwrap();
        let before = server.proofs().len();
        let answer = get(&alice, "/apps/test/api/hiccup").await.unwrap();
        assert_eq!((answer.status, answer.text()), (401, "proxy"));
        assert_eq!(
            server.proofs().len() - before,
            1,
            "one proof decides, with cookies: {cookies}"
        );
        assert_eq!(
            get(&alice, "/apps/test/api/a").await.unwrap().text(),
            "alice"
        );
    }
}

#[tokio::test]
async fn a_401_that_no_proof_explains_ends_the_credential() {
    let server = behind_a_proxy().await;
    server.on("/ocs/v2.php/cloud/user", |_| {
        server::status(StatusCode::NOT_FOUND)
    });
    let alice = caller(&server, "alice");
    assert_eq!(
        get(&alice, "/apps/test/api/hiccup").await.unwrap_err(),
        FetchError::Unauthorized
    );
    let seen = server.log().len();
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert_eq!(server.log().len(), seen, "nothing more was sent");
}

#[tokio::test]
async fn a_credential_that_dies_behind_a_proxys_401_costs_one_failed_login() {
    let server = behind_a_proxy().await;
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/hiccup").await.unwrap();
    server.lock_out("alice");
    server.sessions.lock().unwrap().clear();
    *server.delay.lock().unwrap() = Duration::from_millis(50);
    let calls = (0..20).map(|_| get(&alice, "/apps/test/api/hiccup"));
    for refused in futures_util::future::join_all(calls).await {
        assert_eq!(refused.unwrap_err(), FetchError::Unauthorized);
    }
    assert_eq!(failed_logins(&server), 1);
}

#[tokio::test]
async fn without_cookies_a_credential_that_dies_after_its_proof_locks_nobody_else_out() {
    let server = Server::start().await;
    let mut settings = settings(&server);
    settings.limits.session_trust = Duration::ZERO;
    let in_flight = settings.limits.in_flight;
    let alice = Nextcloud::new(settings)
        .unwrap()
        .caller(credential("alice"), Scopes::All);
    get(&alice, "/apps/test/api/a").await.unwrap();
    server.lock_out("alice");
    *server.delay.lock().unwrap() = Duration::from_millis(50);
    let calls = (0..20).map(|_| get(&alice, "/apps/test/api/a"));
    for refused in futures_util::future::join_all(calls).await {
        assert_eq!(refused.unwrap_err(), FetchError::Unauthorized);
    }
    // Each request signs in by itself there: all that are in flight, and the one proof that they share.
    assert!(failed_logins(&server) <= in_flight + 1 && in_flight + 1 < 10);
}

#[tokio::test]
async fn a_proof_that_nobody_waits_for_is_not_sent_again() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    server.lock_out("alice");
    *server.delay.lock().unwrap() = SHORT;
    for _ in 0..5 {
        let impatient = tokio::time::timeout(SHORT / 20, alice.whoami()).await;
        assert!(impatient.is_err(), "gave up before the answer");
        let impatient = tokio::time::timeout(SHORT / 20, alice.capabilities()).await;
        assert!(impatient.is_err(), "gave up before the answer");
    }
    assert_eq!(alice.whoami().await.unwrap_err(), FetchError::Unauthorized);
    // Those that were dropped before their answer count here and are not in the log.
    let arrived = server.peak.load(Ordering::SeqCst);
    assert_eq!((arrived, server.log().len()), (1, 1));
}

/// Requests that Nextcloud knew nobody by and counts against this server's address.
fn failed_logins(server: &Server) -> usize {
    let log = server.log();
    let failed = |seen: &&server::Seen| seen.user.is_none() && seen.cookie().is_none();
    log.iter().filter(failed).count()
}

#[tokio::test]
async fn a_disabled_account_is_refused_though_nextcloud_knows_its_name() {
    let server = Server::start().await;
    // Recordings errors/047 and errors/048: 401 with X-User-Id.
    for path in ["/ocs/v2.php/cloud/user", "/apps/test/api/a"] {
        server.on(path, |_| {
            server::reply(
                401,
                &[("x-user-id", "alice")],
                r#"{"message":"Account disabled"}"#,
            )
        });
    }
    let alice = caller(&server, "alice");
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn a_credential_that_dies_within_the_trusted_minute_dies_at_the_first_401() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    server.lock_out("alice");
    server.sessions.lock().unwrap().clear();
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    let log = server.log();
    // With the cookie, then once without; never again.
    assert_eq!(log.len(), 4);
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert_eq!(server.log().len(), 4);
}

#[tokio::test]
async fn whatever_is_in_flight_a_dying_credential_costs_one_failed_login() {
    for cookies in [true, false] {
        let server = Server::start().await;
        let mut settings = settings(&server);
        if !cookies {
            settings.limits.session_trust = Duration::ZERO;
        }
        let alice = Nextcloud::new(settings)
            .unwrap()
            .caller(credential("alice"), Scopes::All);
        if cookies {
            get(&alice, "/apps/test/api/a").await.unwrap();
            server.sessions.lock().unwrap().clear();
        }
        server.lock_out("alice");
        *server.delay.lock().unwrap() = Duration::from_millis(50);
        let calls = (0..20).map(|_| get(&alice, "/apps/test/api/a"));
        for refused in futures_util::future::join_all(calls).await {
            assert_eq!(refused.unwrap_err(), FetchError::Unauthorized);
        }
        assert_eq!(failed_logins(&server), 1, "with cookies: {cookies}");
    }
}

#[tokio::test]
async fn maintenance_and_throttling_are_answers_and_not_refusals() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    for (code, word) in [(503, "maintenance"), (429, "failed logins")] {
        for path in ["/ocs/v2.php/cloud/user", "/apps/test/api/a"] {
            server.on(path, move |_| {
                server::status(StatusCode::from_u16(code).unwrap())
            });
        }
        assert_eq!(get(&alice, "/apps/test/api/a").await.unwrap().status, code);
        let refused = alice.whoami().await.unwrap_err();
        assert!(
            matches!(&refused, FetchError::Unreachable(why) if why.contains(word)),
            "{refused:?}"
        );
    }
    server.on("/ocs/v2.php/cloud/user", |_| {
        server::reply(200, &[], "<html>a login page</html>")
    });
    assert!(
        alice
            .whoami()
            .await
            .unwrap_err()
            .to_string()
            .contains("NEXTCLOUD_HOST")
    );
}
