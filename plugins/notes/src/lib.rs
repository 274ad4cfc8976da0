//! Tools for the Notes app: list, search, read, create, change, append to and delete notes.
//!
//! Rules that hold in every tool: a note is written only if it is what was read (`If-Match`); an error text that
//! Nextcloud serves in place of a locked note is never taken for its content; what is reported is what Nextcloud
//! confirmed, because it cleans titles and categories.
//!
//! # Layout
//! - `api`: Notes API v1 on the wire, and what its statuses mean. `note`: a note as tools show it.
//! - A file for each tool: its arguments, its steps, its answer. `matching`: what a search query matches and how well.

mod api;
mod append;
mod create;
mod delete;
mod get;
mod list;
mod matching;
mod note;
mod search;
#[cfg(test)]
mod tests;
mod update;

use nextcloud_mcp_plugin::{Tool, Tools};

nextcloud_mcp_plugin::export!(tools);

fn tools() -> Tools {
    Tools::new()
        .add(Tool::read(
            "list_notes",
            "List Notes",
            list::DESCRIPTION,
            list::list_notes,
        ))
        .add(Tool::read(
            "search_notes",
            "Search Notes",
            search::DESCRIPTION,
            search::search_notes,
        ))
        .add(Tool::read(
            "get_note",
            "Get Note",
            get::DESCRIPTION,
            get::get_note,
        ))
        .add(Tool::create(
            "create_note",
            "Create Note",
            create::DESCRIPTION,
            create::create_note,
        ))
        .add(
            Tool::update(
                "update_note",
                "Update Note",
                update::DESCRIPTION,
                update::update_note,
            )
            .idempotent(),
        )
        .add(Tool::update(
            "append_content",
            "Append to Note",
            append::DESCRIPTION,
            append::append_content,
        ))
        .add(
            Tool::delete(
                "delete_note",
                "Delete Note",
                delete::DESCRIPTION,
                delete::delete_note,
            )
            .idempotent(),
        )
}
