//! What a session signs with, and when.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use secrecy::SecretString;

use super::*;

fn session(user: &str) -> Session {
    Session::new(
        Credential::basic(user, &SecretString::from("password")).unwrap(),
        SESSION_TRUST,
    )
}

fn url() -> Url {
    Url::parse("https://cloud.example.org/ocs/v2.php/cloud/user").unwrap()
}

fn sets(cookie: &str) -> HeaderMap {
    HeaderMap::from_iter([(
        SET_COOKIE,
        HeaderValue::from_str(&format!("{cookie}; path=/; HttpOnly")).unwrap(),
    )])
}

/// What the next request would carry.
fn signed(session: &Session, cookies: bool) -> (Signed, Option<String>) {
    let mut headers = HeaderMap::new();
    let signed = session.sign(&mut headers, &url(), cookies).unwrap();
    assert!(headers.contains_key(AUTHORIZATION));
    (
        signed,
        headers
            .get(COOKIE)
            .map(|value| value.to_str().unwrap().to_owned()),
    )
}

fn proven(session: &Session, cookie: &str) {
    let (proof, _) = signed(session, false);
    session.prove(&proof, Instant::now(), &url(), &sets(cookie));
}

#[tokio::test]
async fn cookies_come_from_a_proof_and_are_sent_only_where_wanted() {
    let alice = session("alice");
    assert_eq!(signed(&alice, true).1, None);
    proven(&alice, "s=1");
    assert_eq!(signed(&alice, true).1.as_deref(), Some("s=1"));
    assert_eq!(signed(&alice, false).1, None);
}

#[tokio::test]
async fn a_request_that_carried_cookies_proves_nothing() {
    let alice = session("alice");
    proven(&alice, "s=1");
    let (carried, _) = signed(&alice, true);
    alice.drop_cookies();
    alice.prove(&carried, Instant::now(), &url(), &sets("s=2"));
    assert!(!alice.is_proven());
}

#[tokio::test]
async fn another_sessions_slip_proves_and_teaches_nothing() {
    let (alice, bob) = (session("alice"), session("bob"));
    let (proof, _) = signed(&bob, false);
    alice.prove(&proof, Instant::now(), &url(), &sets("s=bob"));
    assert!(!alice.is_proven());
    proven(&alice, "s=alice");
    proven(&bob, "s=bob");
    let (carried, _) = signed(&bob, true);
    alice.learn(&carried, &url(), &sets("s=bob"));
    assert_eq!(signed(&alice, true).1.as_deref(), Some("s=alice"));
    assert!(alice.forget(&carried).is_none() && alice.is_proven());
}

#[tokio::test]
async fn answers_to_an_earlier_proofs_cookies_are_not_kept() {
    let alice = session("alice");
    proven(&alice, "s=1");
    let (old, _) = signed(&alice, true);
    alice.drop_cookies();
    proven(&alice, "s=2");
    alice.learn(&old, &url(), &sets("s=1"));
    assert_eq!(signed(&alice, true).1.as_deref(), Some("s=2"));
    let (new, _) = signed(&alice, true);
    alice.learn(&new, &url(), &sets("s=3"));
    assert_eq!(signed(&alice, true).1.as_deref(), Some("s=3"));
}

#[tokio::test]
async fn forgetting_tells_cookies_that_were_never_taken() {
    let alice = session("alice");
    proven(&alice, "s=1");
    let (first, _) = signed(&alice, true);
    assert_eq!(alice.forget(&first), Some(false));
    assert_eq!(
        alice.forget(&first),
        None,
        "there is nothing left to forget"
    );
    proven(&alice, "s=2");
    let (second, _) = signed(&alice, true);
    alice.learn(&second, &url(), &HeaderMap::new());
    assert_eq!(alice.forget(&second), Some(true));
}

#[tokio::test]
async fn an_ended_session_signs_nothing_and_cannot_be_proven_again() {
    let alice = session("alice");
    let (proof, _) = signed(&alice, false);
    alice.end();
    alice.prove(&proof, Instant::now(), &url(), &sets("s=1"));
    assert!(!alice.is_proven());
    let mut headers = HeaderMap::new();
    assert_eq!(alice.sign(&mut headers, &url(), true).unwrap_err(), Ended);
    assert!(headers.is_empty());
}

#[tokio::test]
async fn an_old_proof_counts_no_more() {
    let alice = session("alice");
    let (proof, _) = signed(&alice, false);
    let Some(long_ago) = Instant::now().checked_sub(SESSION_TRUST) else {
        return;
    };
    alice.prove(&proof, long_ago, &url(), &sets("s=1"));
    assert!(!alice.is_proven());
    assert_eq!(signed(&alice, true).1, None);
}

#[tokio::test]
async fn trust_is_never_longer_than_a_minute() {
    let long = Session::new(session("alice").credential, SESSION_TRUST * 60);
    assert_eq!(long.trust, SESSION_TRUST);
}

#[tokio::test]
async fn too_many_or_too_long_cookies_are_not_sent() {
    let alice = session("alice");
    proven(&alice, &format!("s={}", "x".repeat(MAX_COOKIE_BYTES)));
    assert_eq!(signed(&alice, true).1, None);
    let (proof, _) = signed(&alice, false);
    let mut many = HeaderMap::new();
    for number in 0..1_000 {
        many.append(
            SET_COOKIE,
            HeaderValue::from_str(&format!("c{number}=1; path=/")).unwrap(),
        );
    }
    alice.prove(&proof, Instant::now(), &url(), &many);
    assert_eq!(
        signed(&alice, true).1.unwrap().split("; ").count(),
        MAX_COOKIES
    );
}
