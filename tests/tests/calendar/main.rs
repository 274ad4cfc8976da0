//! The calendar tools, from the client's call to what Nextcloud stores. `tests/tests/radicale` runs the same tests against
//! Radicale.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[macro_use]
mod stage;
mod bulk;
mod collections;
mod concurrency;
mod events;
mod exchange;
mod large;
mod people;
mod place;
mod tasks;
