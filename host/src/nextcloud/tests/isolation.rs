//! The worst this server could do is to give one user something of another's.

use std::collections::{HashMap, HashSet};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_users_under_load_share_no_byte_cookie_or_connection() {
    let server = Server::start().await;
    server.on("/apps/test/api/cached", |seen| {
        server::reply(
            200,
            &[("etag", "\"same-for-all\"")],
            seen.user.clone().unwrap(),
        )
    });
    let mut settings = settings(&server);
    // So that proofs, fresh jars and requests in flight meet all the time.
    settings.limits.session_trust = Duration::from_millis(250);
    let nextcloud = Nextcloud::new(settings).unwrap();
    let users = ["alice", "bob"];
    let mut calls = tokio::task::JoinSet::new();
    for turn in 0..300 {
        for user in users {
            let caller = nextcloud.caller(credential(user), Scopes::All);
            calls.spawn(async move {
                let path = if turn % 3 == 0 {
                    "/apps/test/api/cached".to_owned()
                } else {
                    format!("/apps/test/api/{user}/{turn}")
                };
                let answer = get(&caller, &path).await.unwrap();
                assert_eq!(answer.text(), user, "{path}");
                assert_eq!(caller.whoami().await.unwrap().id, user);
            });
        }
        if turn % 30 == 0 {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }

    let mut peers: HashMap<std::net::SocketAddr, HashSet<String>> = HashMap::new();
    let sessions = server.sessions.lock().unwrap().clone();
    let log = server.log();
    let with_cookies = log.iter().filter(|seen| seen.cookie().is_some()).count();
    for seen in &log {
        let sender = seen.header("authorization").unwrap().to_owned();
        peers.entry(seen.peer).or_default().insert(sender);
        if let Some(cookie) = seen.cookie() {
            let owner = &sessions[cookie.strip_prefix("ocsession=").unwrap()];
            assert_eq!(
                seen.header("authorization").unwrap(),
                credential(owner).authorization().to_str().unwrap(),
                "{cookie}"
            );
        }
    }
    assert!(
        peers.values().all(|senders| senders.len() == 1),
        "a connection was shared"
    );
    assert!(
        with_cookies > 0 && server.proofs().len() > 2 * users.len(),
        "sessions were used and renewed"
    );
}

#[tokio::test]
async fn an_answer_for_another_user_is_thrown_away_with_the_session() {
    let server = Server::start().await;
    let alice = caller(&server, "alice");
    get(&alice, "/apps/test/api/a").await.unwrap();
    server
        .sessions
        .lock()
        .unwrap()
        .values_mut()
        .for_each(|user| "bob".clone_into(user));
    let refused = get(&alice, "/apps/test/api/a").await.unwrap_err();
    assert!(
        matches!(&refused, FetchError::Other(why) if why.contains("another user")),
        "{refused:?}"
    );
    let stolen = server.log().last().unwrap().cookie().unwrap().to_owned();
    assert_eq!(
        get(&alice, "/apps/test/api/a").await.unwrap().text(),
        "alice"
    );
    assert_ne!(server.log().last().unwrap().cookie().unwrap(), stolen);
}

#[tokio::test]
async fn the_same_user_with_two_passwords_has_two_sessions() {
    let server = Server::start().await;
    server.on("/apps/test/api/a", |_| server::reply(200, &[], "a"));
    let nextcloud = Nextcloud::new(settings(&server)).unwrap();
    let good = nextcloud.caller(credential("alice"), Scopes::All);
    let bad = nextcloud.caller(
        Credential::basic("alice", &SecretString::from("guessed")).unwrap(),
        Scopes::All,
    );
    assert!(get(&good, "/apps/test/api/a").await.is_ok());
    assert_eq!(
        get(&bad, "/apps/test/api/a").await.unwrap_err(),
        FetchError::Unauthorized
    );
    assert!(
        server
            .log()
            .iter()
            .all(|seen| seen.cookie().is_none() || seen.user.is_some())
    );
    assert!(get(&good, "/apps/test/api/a").await.is_ok());
    assert_ne!(good.key(), bad.key());
}
