//! Arguments and answers that break a promise.

use nextcloud_mcp_server::plugin::{CallError, FailureKind};
use serde_json::{Value, json};

use crate::fixture::Host;

#[tokio::test]
async fn arguments_that_do_not_fit_never_reach_the_guest() {
    let host = Host::new(|_| {}).await;
    let told = async |tool: &str, arguments: Value| match host.call(tool, arguments).await {
        Err(CallError::InvalidArguments(text)) => text,
        other => panic!("{tool}: {other:?}"),
    };
    assert_eq!(
        told("spin", json!({"fast": true})).await,
        "the arguments do not fit: `/fast` is not known; no fields are"
    );
    assert_eq!(
        told("many_requests", json!({"count": "many"})).await,
        "the arguments do not fit: `/count` must be an integer, not \"many\""
    );
    assert_eq!(
        told("swallow", json!({})).await,
        "the arguments do not fit: `/path` is required and missing"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_its_schema_is_an_error() {
    let host = Host::new(|_| {}).await;
    for (tool, because) in [
        (
            "break_schema",
            "`/number` must be an integer, not \"seven\"",
        ),
        ("break_json", "`structured` is not JSON"),
        ("break_promise", "`structured` is missing"),
    ] {
        let ended = host.call(tool, json!({})).await;
        assert!(
            matches!(&ended, Err(CallError::InvalidOutput(text)) if text.contains(because)),
            "{tool}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn a_failure_is_passed_on_with_what_can_be_understood_of_it() {
    let host = Host::new(|_| {}).await;
    let Err(CallError::Failed(failure)) = host.call("fail", json!({"message": "gone"})).await
    else {
        panic!("no failure")
    };
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (FailureKind::Conflict, "gone")
    );
    assert_eq!(
        (failure.structured, failure.retry_after_s),
        (None, Some(7)),
        "broken JSON is left out"
    );
}

#[tokio::test]
async fn a_failure_as_long_as_a_book_is_cut() {
    let host = Host::new(|_| {}).await;
    let Err(CallError::Failed(failure)) = host
        .call("fail", json!({"message": "ä".repeat(1 << 20)}))
        .await
    else {
        panic!("no failure")
    };
    assert!(failure.message.len() < 20_000, "{}", failure.message.len());
    assert!(failure.message.ends_with('…'));
}
