//! Files that belong to notes: where they lie, what a note's text calls them, and the tools for them.
//!
//! Nextcloud's editor keeps a note's files in a folder beside the note, `.attachments.<number>`, and moves it along with
//! the note; other clients put images anywhere below the notes folder and write a relative path. Where the note itself lies
//! is what Nextcloud says of it, so categories and the user's own notes folder are right without asking for settings.
//!
//! # Layout
//! - `place`: paths, confined to the notes folder. `references`: the paths in a Markdown text. `media`: types by name.
//! - `store`: what is sent. `list`, `get`, `upload`: the tools.

pub(crate) mod get;
pub(crate) mod list;
mod media;
mod place;
mod references;
mod store;
pub(crate) mod upload;
