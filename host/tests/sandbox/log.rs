//! What a guest's lines look like to the operator.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::fixture::Host;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What is logged while `tool` runs on this thread.
async fn log_of(tool: &str) -> String {
    let host = Host::new(|_| {}).await;
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(written.clone())
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let arguments = if tool == "fail" {
        json!({"message": "x", "kind": "internal"})
    } else {
        json!({})
    };
    let _ended = host.call(tool, arguments).await;
    drop(guard);
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let of_plugin: Vec<_> = log
        .lines()
        .filter(|line| line.contains(" plugin: "))
        .map(str::to_owned)
        .collect();
    assert!(!of_plugin.is_empty(), "{log}");
    assert!(
        of_plugin
            .iter()
            .all(|line| line.contains("request_id=\"request-1\"")),
        "{log}"
    );
    assert!(
        of_plugin
            .iter()
            .all(|line| line.contains("plugin=\"hostile\"")),
        "{log}"
    );
    of_plugin.join("\n")
}

#[tokio::test]
async fn a_panic_is_told_with_its_message_and_its_place() {
    let log = log_of("panic").await;
    assert!(log.contains("hostile \\u{1b}[2J panic"), "{log}");
    assert!(log.contains("unreachable"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}

#[tokio::test]
async fn a_guest_cannot_forge_a_line() {
    let log = log_of("huge_log").await;
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(
        log.contains("forged\\u{a}2026-01-01 ERROR root logged in"),
        "{log}"
    );
    assert!(log.len() < 6_000, "{}", log.len());
}

#[tokio::test]
async fn a_mistake_of_the_plugin_is_told_to_the_operator() {
    let log = log_of("fail").await;
    assert!(log.contains("a mistake in the plugin: x"), "{log}");
}
