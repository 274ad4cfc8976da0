//! Answers that break a promise, and state that must not survive.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::bindings::exports::nextcloud_mcp::plugin::tools::{Failure, Output};
use crate::bindings::nextcloud_mcp::plugin::types::FailureKind;
use crate::{failure, structured, text};

static CALLS: AtomicU64 = AtomicU64::new(0);

/// 1, if this instance was never called before.
pub(crate) fn count() -> Output {
    structured(&json!({"calls": CALLS.fetch_add(1, Ordering::Relaxed) + 1}))
}

/// A failure with whatever message the caller wants.
pub(crate) fn fail(arguments: &Value) -> Failure {
    let message = arguments["message"].as_str().unwrap_or_default();
    let kind = if arguments["kind"] == "internal" {
        FailureKind::Internal
    } else {
        FailureKind::Conflict
    };
    Failure {
        structured: Some("{".to_owned()),
        retry_after_s: Some(7),
        ..failure(kind, message)
    }
}

/// The output schema promises `{"number": <integer>}`.
pub(crate) fn break_promise(how: &str) -> Output {
    match how {
        "break_schema" => structured(&json!({"number": "seven"})),
        "break_json" => Output {
            structured: Some("{\"number\":".to_owned()),
            ..text(String::new())
        },
        _ => text("nothing structured at all".to_owned()),
    }
}
