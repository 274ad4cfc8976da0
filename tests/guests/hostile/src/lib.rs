//! A plugin that does what no plugin may. Each tool tries one thing; the host's tests say what must come of it.
//!
//! - `describe`: the list of tools, and what can go wrong while it is asked for (`mode`)
//! - `burn`: time, memory, stack, lines, answers without end
//! - `reach`: requests that must not leave the host, and what else a component might try to reach
//! - `answer`: answers that break a promise, and state that must not survive
//! - `beside`: resources, prompts and completions that do the same

// A component only: the names that it exports are none that a native library may have.
#![cfg(target_arch = "wasm32")]

mod answer;
mod beside;
mod bindings;
mod burn;
mod describe;
mod reach;

use bindings::exports::nextcloud_mcp::plugin::tools::{Failure, Guest, Output, Tool};
use bindings::nextcloud_mcp::plugin::types::{Content, FailureKind};
use serde_json::Value;

struct Hostile;

impl Guest for Hostile {
    fn describe() -> Vec<Tool> {
        describe::describe()
    }

    fn call(name: String, arguments: String) -> Result<Output, Failure> {
        let arguments: Value = serde_json::from_str(&arguments)
            .map_err(|error| failure(FailureKind::Internal, &error.to_string()))?;
        match name.as_str() {
            "spin" => burn::spin(),
            "spin_calls" => burn::spin_calls(),
            "spin_clock" => burn::spin_clock(),
            "sleep" => burn::sleep(),
            "allocate" => burn::allocate(),
            "recurse" => Ok(burn::recurse()),
            "panic" => burn::panic(),
            "exit" => burn::exit(),
            "flood_log" => burn::flood_log(),
            "flood_stdout" => burn::flood_stdout(),
            "flood_stderr" => burn::flood_stderr(),
            "flood_progress" => Ok(burn::flood_progress()),
            "huge_answer" => Ok(burn::huge_answer(&arguments)),
            "huge_log" => Ok(burn::huge_log()),
            "many_requests" => Ok(burn::many_requests(&arguments)),
            "many_at_once" => Ok(burn::many_at_once(&arguments)),
            "fetch_read" | "fetch_create" | "fetch_update" | "fetch_delete" => {
                Ok(reach::fetch(&arguments))
            }
            "swallow" => Ok(reach::swallow(&arguments)),
            "machine" => Ok(reach::machine()),
            "whoami" => Ok(reach::whoami()),
            "setting" => Ok(reach::setting(&arguments)),
            "ask" => Ok(reach::ask()),
            "count" => Ok(answer::count()),
            "echo" => Ok(structured(&arguments)),
            "fail" => Err(answer::fail(&arguments)),
            "break_schema" | "break_json" | "break_promise" => Ok(answer::break_promise(&name)),
            _ => Err(failure(FailureKind::Internal, "no such tool")),
        }
    }
}

fn text(text: String) -> Output {
    Output {
        content: vec![Content::Text(text)],
        structured: None,
        extra: Vec::new(),
    }
}

fn structured(value: &Value) -> Output {
    let json = value.to_string();
    Output {
        content: vec![Content::Text(json.clone())],
        structured: Some(json),
        extra: Vec::new(),
    }
}

fn failure(kind: FailureKind, message: &str) -> Failure {
    Failure {
        kind,
        message: message.to_owned(),
        structured: None,
        retry_after_s: None,
    }
}
