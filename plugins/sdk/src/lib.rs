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
//! A plugin may also have [`Resources`] (things with an address, such as `nc://notes/{id}`), [`Prompts`] (texts that a
//! person starts from) and [`Completions`] (proposals while the person fills those in):
//!
//! ```
//! # use nextcloud_mcp_plugin::{schemars, Failure, JsonSchema, Tools};
//! use nextcloud_mcp_plugin::{Message, NoArguments, Prompt, Prompts, Resource, Resources};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct NoteAddress {
//!     id: u64,
//! }
//!
//! fn resources() -> Resources {
//!     let notes = Resource::new("nc://notes/{id}", "note", "Note", "One note.", Some("text/markdown"), read_note);
//!     Resources::new().add(notes)
//! }
//!
//! fn read_note(address: NoteAddress) -> Result<String, Failure> {
//!     Ok(format!("# Note {}", address.id))
//! }
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Review {
//!     /// How many days to look back; 7 if absent.
//!     days: Option<u8>,
//! }
//!
//! fn prompts() -> Prompts {
//!     Prompts::new().add(Prompt::new("review", "Review", "Looks back at the notes of some days.", review))
//! }
//!
//! fn review(arguments: Review) -> Result<Vec<Message>, Failure> {
//!     let days = arguments.days.unwrap_or(7);
//!     Ok(vec![Message::user(format!("Go through my notes of the last {days} days with me."))])
//! }
//!
//! # fn tools() -> Tools { Tools::new() }
//! nextcloud_mcp_plugin::export!(tools, resources, prompts);
//! # fn main() {}
//! ```
//!
//! On a native target the same code runs against a scripted Nextcloud ([`testing`]), so `cargo test` needs neither
//! WebAssembly nor a server.
//!
//! # Layout
//! - [`Tool`], [`Tools`]: description and dispatch. [`Reply`], [`Failure`]: what a tool returns.
//! - [`Resource`], [`Resources`] with [`UriTemplate`]; [`Prompt`], [`Prompts`]; [`Completions`]: the same beside tools.
//! - `schema`: Rust types to small JSON Schemas. `words`: named texts to Rust types. `dav`: DAV answers (feature `dav`).
//! - [`fold`]: text as a search compares it.
//! - [`nextcloud`], [`log`], [`progress`], [`ask`], [`settings`]: what a plugin can ask of the host.
//! - [`testing`]: the host, played by a test.

#[doc(hidden)]
pub mod bindings;

pub mod ask;
mod completion;
#[cfg(feature = "dav")]
pub mod dav;
mod failure;
pub mod fold;
mod host;
pub mod log;
pub mod nextcloud;
pub mod progress;
mod prompt;
mod reply;
mod resource;
mod schema;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod tool;
mod uri_template;
mod words;

pub use bindings::nextcloud_mcp::plugin::types::{
    Access, Blob, Body, Content, Embedded, Failure, FailureKind, Link,
};
pub use completion::{Completions, Typed};
pub use prompt::{Message, Prompt, Prompts, Role};
pub use reply::{Answer, Reply, Text};
pub use resource::{Contents, Entry, Page, Resource, Resources};
pub use schemars::{self, JsonSchema};
pub use tool::{NoArguments, Tool, Tools};
pub use uri_template::UriTemplate;

/// Makes the crate a component that serves the tools of a `fn() -> Tools`, and beside them, in this order and as far as
/// there are any, [`Resources`], [`Prompts`] and [`Completions`]: `export!(tools)`, `export!(tools, resources)`,
/// `export!(tools, resources, prompts)`, `export!(tools, resources, prompts, completions)`.
///
/// Once in a crate, whose `[lib]` has `crate-type = ["cdylib"]`. Off WebAssembly nothing is exported, so the crate also
/// builds and tests natively.
#[macro_export]
macro_rules! export {
    ($tools:path $(, $resources:path $(, $prompts:path $(, $completions:path)?)?)? $(,)?) => {
        const _: fn() -> $crate::Tools = $tools;
        $(
            const _: fn() -> $crate::Resources = $resources;
            $(
                const _: fn() -> $crate::Prompts = $prompts;
                $(const _: fn() -> $crate::Completions = $completions;)?
            )?
        )?

        // Paths are written out: a `use` in here would hide the author's own names.
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
                ) -> Result<$crate::bindings::nextcloud_mcp::plugin::types::Output, $crate::Failure> {
                    $tools().call(&name, &arguments)
                }
            }

            $crate::bindings::export_component!(Plugin with_types_in $crate::bindings);

            $(
                impl $crate::bindings::resources::exported::Guest for Plugin {
                    fn describe() -> Vec<$crate::bindings::resources::exported::Template> {
                        $resources().describe()
                    }

                    fn enumerate(cursor: Option<String>) -> Result<$crate::Page, $crate::Failure> {
                        $resources().enumerate(cursor)
                    }

                    fn read(uri: String) -> Result<Vec<$crate::Embedded>, $crate::Failure> {
                        $resources().read(&uri)
                    }
                }

                $crate::bindings::resources::export_resources!(Plugin with_types_in $crate::bindings::resources);

                $(
                    impl $crate::bindings::prompts::exported::Guest for Plugin {
                        fn describe() -> Vec<$crate::bindings::prompts::exported::Prompt> {
                            $prompts().describe()
                        }

                        fn render(
                            name: String,
                            arguments: String,
                        ) -> Result<Vec<$crate::Message>, $crate::Failure> {
                            $prompts().render(&name, &arguments)
                        }
                    }

                    $crate::bindings::prompts::export_prompts!(Plugin with_types_in $crate::bindings::prompts);

                    $(
                        impl $crate::bindings::completions::exported::Guest for Plugin {
                            fn complete(
                                target: $crate::bindings::completions::exported::Target,
                                argument: String,
                                value: String,
                                known: Vec<(String, String)>,
                            ) -> Result<Vec<String>, $crate::Failure> {
                                $completions().complete(&target, &argument, &$crate::Typed { value, known })
                            }
                        }

                        $crate::bindings::completions::export_completions!(Plugin with_types_in $crate::bindings::completions);
                    )?
                )?
            )?
        };
    };
}
