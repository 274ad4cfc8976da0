//! The documents held to what they speak of: links, names of settings, command lines, data, log lines and tests. Every page of
//! `docs/` comes in by being there.
//!
//! How a page says what a block is: by its language (`sh`, `dotenv`, `json`, `toml`, `yaml`, `ini`). A word beside it asks for
//! more: `sh run` is run by bash against a server, and writes what a block `text output` right behind it shows; each line of
//! `text log` is one that a server writes at its start.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod commands;
mod data;
mod links;
mod map;
mod names;
mod page;
mod proofs;
mod run;
mod shell;
mod sources;

use page::Page;

/// Fails with everything that is wrong at once, a line each.
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What `look` finds wrong on each page, with the page's name in front.
fn on_every_page(look: impl Fn(&Page, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for page in &Page::all() {
        look(page, &mut wrong);
    }
    assert_none(&wrong);
}
