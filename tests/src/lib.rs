//! What the tests stand on: a stand-in Nextcloud held against recordings of a real one, and a harness that drives
//! the built server against it. Never part of what a person runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "test support: a test fails by panicking"
)]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "an allocation more matters less here than a line that can be read"
)]

pub mod bench;
pub mod demo;
pub mod harness;
pub mod nextcloud;
