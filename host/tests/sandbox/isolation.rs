//! What survives a call, what a component finds of the machine, who waits for whom.

use std::time::Duration;

use nextcloud_mcp_server::plugin::{CallContext, CallError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Host, context, object};

#[tokio::test]
async fn no_state_survives_a_call() {
    let host = Host::new(|_| {}).await;
    for user in ["alice", "alice", "bob"] {
        let output = host
            .call_as(user, "count", json!({}), context())
            .await
            .unwrap();
        assert_eq!(output.structured, Some(json!({"calls": 1})), "{user}");
    }
}

#[tokio::test]
async fn a_component_finds_nothing_of_the_machine() {
    let host = Host::new(|_| {}).await;
    assert_eq!(
        host.answer("machine", json!({})).await,
        json!({
            "variables": 0, "arguments": 0, "folder": false, "file": false, "created": false, "listened": false,
            "connected": false, "resolved": false, "sent": false, "input": "",
        })
    );
}

#[tokio::test]
async fn a_cancelled_call_ends_at_once_and_gives_its_place_back() {
    let host = Host::new(|settings| {
        settings.calls_per_caller = 1;
        settings.queue_per_caller = 0;
    })
    .await;
    let cancelled = CancellationToken::new();
    let call = {
        let (host, cancelled) = (host.clone(), cancelled.clone());
        tokio::spawn(async move {
            host.call_as(
                "alice",
                "sleep",
                json!({}),
                CallContext {
                    cancelled,
                    ..context()
                },
            )
            .await
        })
    };
    let (tool, alice) = (host.tool("echo"), host.caller("alice"));
    while host.plugins.admit(&tool.plugin, &alice).await.is_ok() {
        tokio::task::yield_now().await;
    }
    cancelled.cancel();
    assert_eq!(call.await.unwrap(), Err(CallError::Cancelled));
    assert!(host.plugins.admit(&tool.plugin, &alice).await.is_ok());
}

#[tokio::test]
async fn a_caller_with_eight_calls_in_flight_waits_and_then_is_told_busy() {
    let host = Host::new(|settings| settings.queue_wait = Duration::from_millis(100)).await;
    let (tool, alice) = (host.tool("sleep"), host.caller("alice"));
    let mut sleeping = Vec::new();
    for _ in 0..8 {
        let admission = host.plugins.admit(&tool.plugin, &alice).await.unwrap();
        let (host, tool, alice) = (host.clone(), tool.clone(), alice.clone());
        sleeping.push(tokio::spawn(async move {
            host.plugins
                .call(admission, &tool, &alice, object(json!({})), context())
                .await
        }));
    }
    let busy = host.plugins.admit(&tool.plugin, &alice).await.unwrap_err();
    assert_eq!(busy.retry_after, Duration::from_millis(100));
    assert!(
        host.call_as("bob", "echo", json!({}), context())
            .await
            .is_ok(),
        "bob does not wait for alice"
    );
    for one in &sleeping {
        one.abort();
    }
    for one in sleeping {
        assert!(one.await.unwrap_err().is_cancelled());
    }
    assert!(
        host.plugins.admit(&tool.plugin, &alice).await.is_ok(),
        "a call that was dropped gives its place back"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_calls_as_there_are_places_find_an_instance() {
    let host = Host::new(|settings| {
        settings.instances = 16;
        settings.calls_per_plugin = 16;
        settings.limits.wall_clock = Duration::from_secs(2);
    })
    .await;
    let calls: Vec<_> = (0..16)
        .map(|n| {
            let host = host.clone();
            tokio::spawn(async move {
                host.call_as(&format!("user{n}"), "sleep", json!({}), context())
                    .await
            })
        })
        .collect();
    for call in calls {
        let ended = call.await.unwrap();
        assert!(
            matches!(&ended, Err(CallError::Stopped(reason)) if reason.as_str() == "wall-clock"),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn the_host_answers_what_it_cannot_do_yet() {
    let host = Host::new(|_| {}).await;
    let output = host.call("ask", json!({})).await.unwrap();
    assert!(
        format!("{:?}", output.content).contains("unsupported"),
        "{output:?}"
    );
    assert_eq!(
        host.answer("setting", json!({"key": "greeting"})).await,
        json!({"value": "hello"})
    );
    assert_eq!(
        host.answer("setting", json!({"key": "PATH"})).await,
        json!({"value": null})
    );
}
