//! The sandbox against a plugin that does what no plugin may (`tests/guests/hostile`): each thing it tries ends in one
//! clear error for its caller, and costs nobody else anything.
//!
//! - `beside`: resources, prompts and completions
//! - `burn`: time, memory, stack, lines, answers
//! - `http`: what calls over HTTP leave for the edge to say
//! - `isolation`: what survives a call, what a component finds of the machine, who waits for whom
//! - `listening`: who is told that the lists changed, and when a stream ends
//! - `asking`: a person who does not answer
//! - `answers`: arguments and answers that break a promise
//! - `loading`: what loads, what does not and why
//! - `log`: what a guest's lines look like to the operator
//! - `policy`: access, limits and settings that it narrows, in a plugin that runs
//! - `reach`: what leaves the host
//! - `serving`: names, the operator's choices, replacement
//! - `trust`: the lock file and the policy
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod answers;
mod asking;
mod beside;
mod burn;
mod fixture;
mod gone;
mod http;
mod isolation;
mod listening;
mod loading;
mod log;
mod policy;
mod reach;
mod reload;
mod serving;
mod trust;
