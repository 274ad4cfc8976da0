//! The native host of nextcloud-mcp-server: everything that touches a credential, a socket or a limit.
//!
//! # Layout, in the order in which one request passes through
//!
//! - [`cli`]: the command line; builds everything below and runs it
//! - [`config`]: every setting, read once from flags, environment, files and `.env`
//! - [`logging`]: lines for the operator, on standard error
//! - [`server`]: the HTTP edge (axum) and the stdio edge; who may speak to us at all
//! - [`auth`]: a request's bearer token becomes a [`nextcloud::Caller`]; fails closed
//! - [`mcp`]: the protocol (rmcp); lists tools and calls them
//! - [`plugin`]: the sandbox (wasmtime); one store per call, thrown away after it
//! - [`nextcloud`]: the only way out; policy, credentials, connections
//!
//! Dependencies point one way: `server` -> `auth` -> `nextcloud`, and `server` -> `mcp` -> `plugin` -> `nextcloud`.
//! `page` is what the web pages of `server` and `auth` look like, `rate` counts what somebody asks of either; both know neither.
//! `random` is the one source of what nobody can guess. `trace` is what goes along with one request through all of them, and
//! `measure` the figures that an operator can have of them.
//! `plugin` knows neither axum nor rmcp; `nextcloud` knows neither wasmtime nor MCP.

pub mod auth;
pub mod cli;
pub mod config;
pub mod logging;
pub mod mcp;
mod measure;
pub mod nextcloud;
mod page;
pub mod plugin;
mod random;
mod rate;
pub mod server;
mod trace;
