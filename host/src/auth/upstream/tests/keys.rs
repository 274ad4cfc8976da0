//! When the keys are asked for, and when they are not.

use std::time::Duration;

use super::provider::JWKS;
use super::*;
use crate::auth::upstream::keys::Pace;

const NEVER: Duration = Duration::from_hours(1);

fn keys(provider: &Provider, fresh: Duration, pause: Duration) -> Keys {
    let exchange = Exchange::new(service(&provider.url(), None));
    let url = format!("{}{JWKS}", provider.url()).parse().unwrap();
    Keys::with_pace(exchange, url, Pace { fresh, pause })
}

fn asked(provider: &Provider) -> usize {
    provider.seen(JWKS).len()
}

fn is_unknown<T>(result: &Result<T, UpstreamError>) -> bool {
    matches!(result, Err(UpstreamError::Invalid(Flaw::Key)))
}

#[tokio::test]
async fn keys_are_fetched_once_for_everybody_who_waits() {
    let provider = Provider::start().await;
    provider.publish(&[signer::first()]);
    provider.delay(Duration::from_millis(100));
    let keys = keys(&provider, NEVER, NEVER);
    let all = futures_util::future::join_all((0..20).map(|_| keys.find(Some("first")))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(asked(&provider), 1);
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_but_not_again_and_again() {
    let provider = Provider::start().await;
    provider.publish(&[signer::first()]);
    let pause = Duration::from_millis(300);
    let keys = keys(&provider, NEVER, pause);
    keys.prepare().await.unwrap();
    for _ in 0..5 {
        assert!(is_unknown(&keys.find(Some("second")).await));
    }
    assert_eq!(asked(&provider), 2, "the first of them, and then a pause");
    tokio::time::sleep(pause).await;
    provider.publish(&[signer::second()]);
    let all = futures_util::future::join_all((0..20).map(|_| keys.find(Some("second")))).await;
    assert!(all.iter().all(Result::is_ok), "the key was replaced");
    assert!(is_unknown(&keys.find(Some("first")).await));
    assert_eq!(asked(&provider), 3);
}

#[tokio::test]
async fn an_old_set_is_renewed_in_use_and_outlives_an_outage() {
    let provider = Provider::start().await;
    provider.publish(&[signer::first()]);
    let keys = keys(&provider, Duration::ZERO, Duration::ZERO);
    keys.prepare().await.unwrap();
    keys.find(Some("first")).await.unwrap();
    assert_eq!(asked(&provider), 2);
    for broken in [r#"{"keys":[]}"#, "garbage"] {
        provider.answer(JWKS, 200, broken);
        keys.find(Some("first")).await.unwrap();
    }
    provider.on(JWKS, |_| html(503));
    keys.find(Some("first")).await.unwrap();
    assert!(is_unknown(&keys.find(Some("second")).await));
    provider.publish(&[signer::second()]);
    keys.find(Some("second")).await.unwrap();
}

#[tokio::test]
async fn without_any_keys_nothing_is_said_about_a_token() {
    let provider = Provider::start().await;
    provider.on(JWKS, |_| html(503));
    let keys = keys(&provider, NEVER, NEVER);
    for _ in 0..3 {
        let result = keys.find(Some("first")).await.map(|_| ());
        assert!(matches!(result, Err(UpstreamError::Away(_))), "{result:?}");
    }
    assert_eq!(asked(&provider), 1);
}

#[tokio::test]
async fn a_caller_who_leaves_takes_nobody_along() {
    let provider = Provider::start().await;
    provider.publish(&[signer::first()]);
    provider.delay(Duration::from_millis(200));
    let keys = keys(&provider, NEVER, NEVER);
    let impatient = tokio::time::timeout(Duration::from_millis(50), keys.find(Some("first")));
    assert!(impatient.await.is_err());
    keys.find(Some("first")).await.unwrap();
    assert_eq!(asked(&provider), 1);
}
