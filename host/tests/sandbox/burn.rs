//! Time, memory, stack, lines and answers without end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nextcloud_mcp_server::plugin::{CallContext, CallError, Content, ProgressSink, StopReason};
use serde_json::{Value, json};

use crate::fixture::{Host, context};

async fn stopped(host: &Host, tool: &str, arguments: Value) -> StopReason {
    match host.call(tool, arguments).await {
        Err(CallError::Stopped(reason)) => {
            // One sentence, for a person.
            assert!(reason.to_string().starts_with("the plugin "), "{reason}");
            reason
        }
        other => panic!("{tool}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_computes_without_end_is_stopped() {
    let budget = Duration::from_millis(300);
    let host = Host::new(|settings| settings.limits.cpu = budget).await;
    assert_eq!(
        stopped(&host, "spin", json!({})).await,
        StopReason::Cpu(budget)
    );
    assert_eq!(
        stopped(&host, "spin_calls", json!({})).await,
        StopReason::Cpu(budget)
    );
    assert_eq!(
        stopped(&host, "spin_clock", json!({})).await,
        StopReason::Cpu(budget)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_served_while_guests_burn_every_worker() {
    let host = Host::new(|settings| settings.limits.cpu = Duration::from_secs(2)).await;
    let spinning: Vec<_> = (0..8)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move { stopped(&host, "spin", json!({})).await })
        })
        .collect();
    for n in 0..10 {
        let answer = host
            .call_as("bob", "echo", json!({"n": n}), context())
            .await
            .unwrap();
        assert_eq!(answer.structured, Some(json!({"n": n})));
    }
    assert!(
        spinning.iter().all(|one| !one.is_finished()),
        "bob waited for the guests that spin"
    );
    for one in spinning {
        assert_eq!(one.await.unwrap(), StopReason::Cpu(Duration::from_secs(2)));
    }
}

#[tokio::test]
async fn a_guest_that_waits_without_end_is_stopped() {
    let host = Host::new(|settings| settings.limits.wall_clock = Duration::from_millis(200)).await;
    assert_eq!(
        stopped(&host, "sleep", json!({})).await,
        StopReason::WallClock(Duration::from_millis(200))
    );
}

#[tokio::test]
async fn a_guest_that_wants_all_memory_is_stopped() {
    let host = Host::new(|_| {}).await;
    assert_eq!(
        stopped(&host, "allocate", json!({})).await,
        StopReason::Memory(64 << 20)
    );
    assert_eq!(
        stopped(&host, "huge_answer", json!({"count": 100})).await,
        StopReason::Memory(64 << 20)
    );
}

#[tokio::test]
async fn a_guest_that_hands_over_too_much_at_once_is_stopped() {
    let host = Host::new(|_| {}).await;
    assert_eq!(
        stopped(&host, "huge_answer", json!({"count": 17})).await,
        StopReason::HostCallBytes(16 << 20)
    );
    let output = host.call("huge_answer", json!({"count": 1})).await.unwrap();
    assert!(matches!(&output.content[..], [Content::Text(text)] if text.len() == 1 << 20));
}

#[tokio::test]
async fn a_guest_that_nests_without_end_is_stopped() {
    let host = Host::new(|_| {}).await;
    let reason = stopped(&host, "recurse", json!({})).await;
    // Which of the two stacks ends first, WebAssembly's or the one that the guest keeps in its memory, is the compiler's affair.
    assert!(
        matches!(reason, StopReason::Stack | StopReason::Crashed),
        "{reason:?}"
    );
}

#[tokio::test]
async fn a_guest_that_crashes_says_so_in_one_sentence() {
    let host = Host::new(|_| {}).await;
    assert_eq!(
        stopped(&host, "panic", json!({})).await,
        StopReason::Crashed
    );
    assert_eq!(stopped(&host, "exit", json!({})).await, StopReason::Crashed);
    assert!(
        host.call("echo", json!({})).await.is_ok(),
        "the next call is as good as the first"
    );
}

#[tokio::test]
async fn a_guest_that_floods_the_log_is_stopped() {
    let host = Host::new(|_| {}).await;
    for tool in ["flood_log", "flood_stdout", "flood_stderr"] {
        assert_eq!(
            stopped(&host, tool, json!({})).await,
            StopReason::LogLines(1000),
            "{tool}"
        );
    }
    assert!(
        host.call("huge_log", json!({})).await.is_ok(),
        "a long line is cut, and no crime"
    );
}

type Report = (f64, Option<f64>, Option<String>);

#[derive(Default)]
struct Reports(Mutex<Vec<Report>>);

impl ProgressSink for Reports {
    fn report(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.0.lock().unwrap().push((done, total, message));
    }
}

#[tokio::test]
async fn progress_goes_forward_and_does_not_flood() {
    let host = Host::new(|_| {}).await;
    let reports = Arc::new(Reports::default());
    let context = CallContext {
        progress: Some(reports.clone()),
        ..context()
    };
    host.call_as("alice", "flood_progress", json!({}), context)
        .await
        .unwrap();
    let reports = reports.0.lock().unwrap();
    assert!(!reports.is_empty());
    assert!(reports.len() < 200, "{} of 30000 reports", reports.len());
    assert!(reports.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(reports.iter().all(
        |(_, total, message)| total.is_none() && message.as_deref() == Some("step \\u{1b}[2J")
    ));
}
