//! The host's way out against a Nextcloud in which, as in the real one, a session cookie wins over the credential that
//! comes with it: a cookie, a connection or a byte that went to the wrong user would be seen here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nextcloud_mcp_server::nextcloud::{
    Access, Budget, Caller, Credential, FetchError, Grant, Limits, Nextcloud, Request, Rule,
    Scopes, Settings,
};
use nextcloud_mcp_tests::nextcloud::{Entry, StandIn};
use secrecy::SecretString;

/// An app password of alice, besides her login password: another credential of the same user.
const APP_PASSWORD: &str = "aaaaa-bbbbb-ccccc-ddddd-eeeee";
/// Requests of each credential under load.
const REQUESTS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_cookie_or_connection_of_one_credential_reaches_another_under_load() {
    let stand_in = StandIn::with_two_users().await;
    {
        let mut state = stand_in.state();
        state.add_app_password("alice", APP_PASSWORD);
        state.add_note("alice", "alice's", "", "alice's secret");
        state.add_note("bob", "bob's", "", "bob's secret");
    }
    let nextcloud = Nextcloud::new(Settings::new(stand_in.url())).unwrap();
    let callers = [
        ("alice", caller(&nextcloud, "alice", "alice-pass-12345")),
        ("alice", caller(&nextcloud, "alice", APP_PASSWORD)),
        ("bob", caller(&nextcloud, "bob", "bob-pass-12345")),
    ];

    let mut tasks = Vec::new();
    for number in 0..REQUESTS {
        for (user, caller) in &callers {
            tasks.push(tokio::spawn(one_request(user, caller.clone(), number)));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }

    let requests = stand_in.requests();
    for entry in &requests {
        let named = user_of(entry);
        assert_eq!(
            entry.user.as_deref(),
            Some(named.as_str()),
            "{} was answered as another user",
            entry.line()
        );
    }
    // Each connection and each session belongs to one credential, not just to one user.
    single_owner(&requests, "connection", |entry| {
        Some(entry.peer.to_string())
    });
    let sessions = single_owner(&requests, "session", |entry| {
        entry.header("Cookie").map(str::to_owned)
    });
    assert!(
        sessions >= callers.len(),
        "each credential used a session of its own, or this test shows nothing"
    );
}

#[tokio::test]
async fn a_dead_credentials_session_is_never_used_again() {
    let stand_in = StandIn::with_two_users().await;
    stand_in.state().add_app_password("alice", APP_PASSWORD);
    let trust = Duration::from_millis(400);
    let settings = Settings {
        limits: Limits {
            session_trust: trust,
            ..Limits::default()
        },
        http_cache: false,
        ..Settings::new(stand_in.url())
    };
    let nextcloud = Nextcloud::new(settings).unwrap();
    let alice = caller(&nextcloud, "alice", APP_PASSWORD);
    for _ in 0..3 {
        notes(&alice).await.unwrap();
    }
    assert!(
        stand_in
            .requests()
            .iter()
            .any(|entry| entry.header("Cookie").is_some()),
        "a session was in use, or this test shows nothing"
    );

    // The app password dies, the sessions it opened do not: their cookies alone would still answer as alice.
    stand_in.state().forget_app_password(APP_PASSWORD);
    tokio::time::sleep(trust + Duration::from_millis(200)).await;
    stand_in.forget_requests();
    for _ in 0..5 {
        assert_eq!(notes(&alice).await.unwrap_err(), FetchError::Unauthorized);
    }
    let after = stand_in.requests();
    assert!(
        after.iter().all(|entry| entry.user.is_none()),
        "nothing was answered as alice"
    );
    assert!(
        after.iter().all(|entry| entry.header("Cookie").is_none()),
        "no cookie was sent: {after:?}"
    );
    assert_eq!(
        after.len(),
        1,
        "a refused credential is not tried again and again"
    );
}

#[tokio::test]
async fn a_server_that_refuses_sessions_is_spoken_to_without_them() {
    let stand_in = StandIn::with_two_users().await;
    stand_in.state().add_note("alice", "a note", "", "text");
    let nextcloud = Nextcloud::new(Settings::new(stand_in.url())).unwrap();
    let alice = caller(&nextcloud, "alice", "alice-pass-12345");
    notes(&alice).await.unwrap();
    // Every session of the server ends, as when it restarts with a new cache.
    stand_in.state().end_all_sessions();
    let answer = notes(&alice).await.unwrap();
    assert_eq!(answer.status, 200);
}

async fn one_request(user: &str, caller: Caller, number: usize) {
    match number % 3 {
        0 => {
            let text = String::from_utf8(notes(&caller).await.unwrap().body.to_vec()).unwrap();
            assert!(
                text.contains(&format!("{user}'s secret")),
                "{user} got {text}"
            );
            assert_eq!(text.matches("secret").count(), 1, "{user} got {text}");
        }
        1 => assert_eq!(caller.whoami().await.unwrap().id, user),
        _ => {
            let home = format!("/remote.php/dav/calendars/{user}/");
            let answer = fetch(&caller, "PROPFIND", &home, &[("Depth", "0")])
                .await
                .unwrap();
            assert_eq!(answer.status, 207);
        }
    }
}

async fn notes(caller: &Caller) -> Result<nextcloud_mcp_server::nextcloud::Response, FetchError> {
    fetch(caller, "GET", "/index.php/apps/notes/api/v1/notes", &[]).await
}

async fn fetch(
    caller: &Caller,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<nextcloud_mcp_server::nextcloud::Response, FetchError> {
    let rules = [
        ("GET", "/index.php/apps/notes/api/v1/notes"),
        ("PROPFIND", "/remote.php/dav/calendars/{user}/**"),
    ];
    let rules = rules.map(|(method, path)| Rule::parse(&[method.to_owned()], path, None).unwrap());
    let request = Request {
        method: method.into(),
        path: path.into(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        body: None,
    };
    let budget = Budget::new(10, 1 << 20, 1 << 20);
    caller
        .fetch(&Grant::new(rules.to_vec()), Access::Read, &budget, request)
        .await
}

fn caller(nextcloud: &Nextcloud, user: &str, password: &str) -> Caller {
    let credential = Credential::basic(user, &SecretString::from(password)).unwrap();
    nextcloud.caller(credential, Scopes::All)
}

/// The user that a request's credential names.
fn user_of(entry: &Entry) -> String {
    use base64::Engine as _;
    let header = entry
        .header("Authorization")
        .expect("every request has a credential");
    let plain = base64::engine::general_purpose::STANDARD
        .decode(header.trim_start_matches("Basic "))
        .unwrap();
    String::from_utf8(plain)
        .unwrap()
        .split(':')
        .next()
        .unwrap()
        .to_owned()
}

/// Checks that everything of a kind was used with one credential only; how many there are.
fn single_owner(requests: &[Entry], kind: &str, thing: impl Fn(&Entry) -> Option<String>) -> usize {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in requests {
        if let Some(thing) = thing(entry) {
            let credential = entry.header("Authorization").unwrap_or_default().to_owned();
            owners.entry(thing).or_default().insert(credential);
        }
    }
    for (thing, credentials) in &owners {
        assert_eq!(
            credentials.len(),
            1,
            "a {kind} was used with two credentials: {thing}"
        );
    }
    owners.len()
}
