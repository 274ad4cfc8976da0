//! The Model Context Protocol: lists what the catalogue has (tools, resources, prompts), and runs it for the caller that the
//! edge found.
//!
//! [`Mcp`] is the handler; [`endpoint()`] puts it behind HTTP and [`serve_stdio`] behind standard input and output. rmcp
//! speaks every revision from 2024-11-05 to 2026-07-28; here none is kept in mind between two requests, but for the log level
//! that clients of before 2026-07-28 say once (`levels`). What else has to survive a request travels with the client, sealed.
//!
//! Invariants:
//! - rmcp's types do not leave this folder.
//! - What a plugin says is passed on as data. A tool's failures are results for the model; only a request that no tool could
//!   answer is an error of the protocol. Resources and prompts have no other way to fail.
//! - Over HTTP a call without its scope is 403, and what Nextcloud refused (401) on the way is left in the request's
//!   [`SignIn`] for the edge.
//! - A call runs only with an [`Admission`](crate::plugin::Admission), whichever way it came.

mod arrival;
mod asking;
mod audience;
mod audit;
mod bond;
mod call;
mod consent;
mod content;
mod cursor;
mod elicit;
mod endpoint;
mod failure;
mod gate;
mod handle;
mod handler;
mod levels;
mod list;
mod listen;
mod live;
mod message;
mod notify;
mod prompts;
mod refusal;
mod replay;
mod resources;
mod rules;
mod run;
mod sign_in;
mod stdio;
#[cfg(test)]
mod tests;
mod wanted;

pub use endpoint::endpoint;
pub use handler::Mcp;
pub use listen::Streams;
pub use rules::{Rules, Seal};
pub use sign_in::{MissingScopes, SignIn};
pub use stdio::{StdioError, serve_stdio};
