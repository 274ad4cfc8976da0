//! Plugins in each language that there is a template for: the examples do what they say, the same language's misbehaviour
//! costs its caller one clear error, and what an author is told to type works.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod activity;
mod author;
mod bindings;
mod console;
mod contacts;
mod files;
mod from_nothing;
mod hostile;
mod stage;
mod status;
mod templates;
mod tutorial;
