//! Tools for the Notes app: list, search, read, create, change, append to and delete notes; their categories; settings.
//!
//! Rules that hold in every tool: a note is written only if it is what was read (`If-Match`); an error text that
//! Nextcloud serves in place of a locked note is never taken for its content; what is reported is what Nextcloud
//! confirmed, because it cleans titles and categories.
//!
//! # Layout
//! - `api`: Notes API v1 on the wire, and what its statuses mean. `note`: a note as tools show it.
//! - A file for each tool: its arguments, its steps, its answer. `matching`: what a search query matches and how well.
//! - For writing: `input` (what may be written at all), `land` (writes that begin again after somebody else's), `conflict`
//!   and `diff` (what a caller gets to merge with), `markdown` and `section` (one heading's text), `listing` (names in words).

mod api;
mod append;
mod categories;
mod conflict;
mod create;
mod delete;
mod diff;
mod edit_section;
mod get;
mod input;
mod land;
mod list;
mod listing;
mod markdown;
mod matching;
mod note;
mod rename_category;
mod search;
mod section;
mod settings;
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
                update::NAME,
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
                delete::NAME,
                "Delete Note",
                delete::DESCRIPTION,
                delete::delete_note,
            )
            .idempotent(),
        )
        .add(Tool::update(
            edit_section::NAME,
            "Edit Section of Note",
            edit_section::DESCRIPTION,
            edit_section::edit_section,
        ))
        .add(Tool::read(
            "list_categories",
            "List Note Categories",
            categories::DESCRIPTION,
            categories::list_categories,
        ))
        .add(
            Tool::update(
                "rename_category",
                "Rename Note Category",
                rename_category::DESCRIPTION,
                rename_category::rename_category,
            )
            .idempotent(),
        )
        .add(Tool::read(
            "get_settings",
            "Get Notes Settings",
            settings::GET_DESCRIPTION,
            settings::get_settings,
        ))
        .add(
            Tool::update(
                "update_settings",
                "Update Notes Settings",
                settings::UPDATE_DESCRIPTION,
                settings::update_settings,
            )
            .idempotent(),
        )
}
