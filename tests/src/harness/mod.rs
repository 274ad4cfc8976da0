//! Drives the built server as a client does: a process of its own, real sockets or pipes, a real MCP client.

mod browser;
mod client;
mod environment;
mod jar;
mod logs;
mod mounted;
mod page;
mod peers;
mod person;
mod proxy;
mod radicale;
mod reading;
mod server;
pub mod sign_in;
mod wire;

pub use browser::{Arrival, Browser, Person};
pub use client::{Client, Outcome, http};
pub use environment::{Setting, data_folder};
pub use jar::{Cookie, Jar, SameSite};
pub use logs::Logs;
pub use mounted::Mounted;
pub use page::{Button, Field, Form, Page};
pub use peers::{Peer, skip};
pub use person::{Attended, Era, Reply, Somebody, Told, params};
pub use proxy::{Names, Proxy};
pub use radicale::Radicale;
pub use server::{Server, Start};
pub use sign_in::SignIn;
pub use wire::{Events, request, request_by};
