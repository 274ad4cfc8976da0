//! The calendar tests of `tests/tests/calendar`, against Radicale: a server that nobody here wrote finds what our reading of
//! the standard, put into tools and stand-in alike, would hide.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[macro_use]
#[path = "../calendar/stage.rs"]
mod stage;
#[path = "../calendar/bulk.rs"]
mod bulk;
#[path = "../calendar/collections.rs"]
mod collections;
#[path = "../calendar/concurrency.rs"]
mod concurrency;
#[path = "../calendar/events.rs"]
mod events;
#[path = "../calendar/exchange.rs"]
mod exchange;
#[path = "../calendar/large.rs"]
mod large;
#[path = "../calendar/people.rs"]
mod people;
mod place;
#[path = "../calendar/tasks.rs"]
mod tasks;
mod unserved;
