//! Drives the built server as a client does: a process of its own, real sockets or pipes, a real MCP client.

mod client;
mod environment;
mod logs;
mod peers;
mod server;

pub(crate) use client::http;
pub use client::{Client, Outcome};
pub use environment::Setting;
pub use logs::Logs;
pub use peers::{Peer, skip};
pub use server::Server;
