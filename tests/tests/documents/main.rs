//! The documents held to what they speak of: links, names of settings, command lines, data, log lines and tests. Every page of
//! `docs/` comes in by being there.
//!
//! How a page says what a block is: by its language (`sh`, `dotenv`, `json`, `toml`, `yaml`, `ini`). A word beside it asks for
//! more. Each block that somebody types (`sh`, `bash`, `console`) has one: `sh run` is run by bash as it stands, beside a server,
//! and writes what a block `text output` right behind it shows; the other words, and what each of them holds, are in `kinds`.
//! Each line of `text log` is one that the server writes which the page has started (`walks`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod commands;
mod comparison;
mod data;
mod doctor;
mod kinds;
mod links;
mod map;
mod names;
mod occ;
mod page;
mod proofs;
mod reader;
mod run;
mod shell;
mod shown;
mod sources;
mod started;
mod walk;
mod walks;

use page::Page;

/// Fails with everything that is wrong at once, a line each.
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// What `look` finds wrong on each page, with the page's name in front.
fn on_every_page(mut look: impl FnMut(&Page, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for page in &Page::all() {
        look(page, &mut wrong);
    }
    assert_none(&wrong);
}
