//! Time, memory, stack, lines and answers without end.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bindings::exports::nextcloud_mcp::plugin::tools::{Failure, Output};
use crate::bindings::nextcloud_mcp::plugin::{log, nextcloud, progress, settings};
use crate::{reach, structured, text};

type Never = Result<Output, Failure>;

pub(crate) fn spin() -> Never {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns).wrapping_add(1);
    }
}

/// Time spent in a host function that never waits is the guest's, however often it is called.
pub(crate) fn spin_calls() -> Never {
    loop {
        black_box(settings::get("greeting"));
    }
}

pub(crate) fn spin_clock() -> Never {
    loop {
        black_box(Instant::now());
    }
}

pub(crate) fn sleep() -> Never {
    loop {
        std::thread::sleep(Duration::from_hours(1));
    }
}

pub(crate) fn allocate() -> Never {
    let mut all = Vec::new();
    loop {
        all.push(black_box(vec![1_u8; 1 << 20]));
    }
}

pub(crate) fn recurse() -> Output {
    text(deeper(black_box(1)).to_string())
}

#[allow(unconditional_recursion, reason = "what it is for")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth + 1))) + 1
}

pub(crate) fn panic() -> Never {
    panic!("hostile \u{1b}[2J panic");
}

pub(crate) fn exit() -> Never {
    std::process::exit(3);
}

pub(crate) fn flood_log() -> Never {
    loop {
        log::write(log::Level::Info, "flood");
    }
}

pub(crate) fn flood_stdout() -> Never {
    loop {
        println!("flood");
    }
}

/// Not one newline in it.
pub(crate) fn flood_stderr() -> Never {
    loop {
        eprint!("{}", "x".repeat(1000));
    }
}

pub(crate) fn flood_progress() -> Output {
    for step in 0..10_000_u32 {
        progress::report(f64::from(step), Some(f64::NAN), Some("step \u{1b}[2J"));
        progress::report(f64::NAN, None, None);
        progress::report(-1.0, None, None);
    }
    text("reported".to_owned())
}

/// As many MiB as asked for, in one piece of text.
pub(crate) fn huge_answer(arguments: &Value) -> Output {
    text("x".repeat(count(arguments) << 20))
}

pub(crate) fn huge_log() -> Output {
    log::write(
        log::Level::Warn,
        &format!(
            "forged\n2026-01-01 ERROR root logged in {}",
            "x".repeat(1 << 20)
        ),
    );
    text("logged".to_owned())
}

/// One after the other, until the host has had enough.
pub(crate) fn many_requests(arguments: &Value) -> Output {
    let request = reach::get("/index.php/apps/hostile/api/items");
    let mut answered = 0;
    for _ in 0..count(arguments) {
        match nextcloud::fetch(&request) {
            Ok(_) => answered += 1,
            refused => {
                return structured(
                    &json!({"answered": answered, "refused": reach::outcome(refused)}),
                );
            }
        }
    }
    structured(&json!({"answered": answered}))
}

pub(crate) fn many_at_once(arguments: &Value) -> Output {
    let requests: Vec<_> = (0..count(arguments))
        .map(|n| reach::get(&format!("/index.php/apps/hostile/api/items/{n}")))
        .collect();
    let outcomes: Vec<_> = nextcloud::fetch_all(&requests)
        .into_iter()
        .map(reach::outcome)
        .collect();
    structured(&json!({"outcomes": outcomes}))
}

fn count(arguments: &Value) -> usize {
    arguments["count"]
        .as_u64()
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(1)
}
