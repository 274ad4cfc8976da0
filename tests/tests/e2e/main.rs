//! End to end: the built server as a process, a real MCP client, and a Nextcloud that answers like a real one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod addresses;
mod asking;
mod author;
mod capabilities;
mod catalogue;
mod defects;
mod deleting;
mod every_second;
mod hostile;
mod input;
mod library;
mod listening;
mod notes;
mod notes_reading;
mod notes_writing;
mod operator;
mod policy;
mod python;
mod reload;
mod saying;
mod start;
mod stdio;
mod talker;
mod trouble;
mod trust;
mod web;
mod webroot;
