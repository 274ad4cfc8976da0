//! Write a tool group for nextcloud-mcp-server in Rust.
//!
//! A plugin is a list of [`Tool`]s. Each is a function from typed arguments to a typed [`Reply`]; the SDK derives both
//! JSON Schemas, parses the arguments, calls the function and passes on what it returns. Nextcloud is reached through
//! [`nextcloud`], which adds no credentials and knows no host: the server does that, within the plugin's manifest.
//!
//! ```
//! use nextcloud_mcp_plugin::{nextcloud::Request, schemars, Failure, JsonSchema, Reply, Tool, Tools};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct GetNote {
//!     /// The note's number.
//!     note_id: u64,
//! }
//!
//! #[derive(Deserialize, Serialize, JsonSchema)]
//! struct Note {
//!     title: String,
//!     content: String,
//! }
//!
//! fn tools() -> Tools {
//!     Tools::new().add(Tool::read("get_note", "Get note", "Reads one note. Example: note_id 118.", get_note))
//! }
//!
//! fn get_note(arguments: GetNote) -> Result<Reply<Note>, Failure> {
//!     let note: Note = Request::get("/index.php/apps/notes/api/v1/notes")
//!         .segment(arguments.note_id)
//!         .about(format!("note {}", arguments.note_id))
//!         .send()?
//!         .ok()?
//!         .json()?;
//!     Ok(Reply::new(format!("Note \"{}\".", note.title), note))
//! }
//!
//! nextcloud_mcp_plugin::export!(tools);
//! # fn main() {}
//! ```
//!
//! On a native target the same code runs against a scripted Nextcloud ([`testing`]), so `cargo test` needs neither
//! WebAssembly nor a server.
//!
//! # Layout
//! - [`Tool`], [`Tools`]: description and dispatch. [`Reply`], [`Failure`]: what a tool returns.
//! - `schema`: Rust types to small JSON Schemas.
//! - [`nextcloud`], [`log`], [`progress`], [`ask`], [`settings`]: what a plugin can ask of the host.
//! - [`testing`]: the host, played by a test.

#[doc(hidden)]
pub mod bindings;

pub mod ask;
mod failure;
mod fold;
mod host;
pub mod log;
pub mod nextcloud;
pub mod progress;
mod reply;
mod schema;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod tool;

pub use bindings::nextcloud_mcp::plugin::types::{
    Access, Blob, Body, Content, Embedded, Failure, FailureKind, Link,
};
pub use fold::fold;
pub use reply::{Answer, Reply, Text};
pub use schemars::{self, JsonSchema};
pub use tool::{NoArguments, Tool, Tools};

/// Makes the crate a component that serves the tools of `$tools`, a path to a `fn() -> Tools`.
///
/// Once in a crate, whose `[lib]` has `crate-type = ["cdylib"]`. Off WebAssembly nothing is exported, so the crate also
/// builds and tests natively.
#[macro_export]
macro_rules! export {
    ($tools:path) => {
        const _: fn() -> $crate::Tools = $tools;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Plugin;

            impl $crate::bindings::exports::nextcloud_mcp::plugin::tools::Guest for Plugin {
                fn describe() -> Vec<$crate::bindings::nextcloud_mcp::plugin::types::Tool> {
                    $tools().describe()
                }

                fn call(
                    name: String,
                    arguments: String,
                ) -> Result<$crate::bindings::nextcloud_mcp::plugin::types::Output, $crate::Failure>
                {
                    $tools().call(&name, &arguments)
                }
            }

    $crate::bindings::export_component!(Plugin with_types_in $crate::bindings);
        };
    };
}
