//! Clients, an authorization server and a browser that no one here wrote, each the way people use it. What drives them
//! lies in `tests/peers/`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod client;
mod flow;
mod pages;
mod program;
mod provider;
mod user;
