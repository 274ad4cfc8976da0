//! End to end: the built server as a process, a real MCP client, and a Nextcloud that answers like a real one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod addresses;
mod author;
mod capabilities;
mod catalogue;
mod defects;
mod every_second;
mod hostile;
mod input;
mod library;
mod notes;
mod notes_reading;
mod notes_writing;
mod python;
mod reload;
mod start;
mod stdio;
mod trouble;
mod web;
mod webroot;
