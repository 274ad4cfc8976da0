//! Tools for the Notes app: list, search, read, create, change, append to and delete notes; their files, their categories;
//! settings.
//!
//! Rules that hold in every tool: a note is written only if it is what was read (`If-Match`); an error text that
//! Nextcloud serves in place of a locked note is never taken for its content; what is reported is what Nextcloud
//! confirmed, because it cleans titles and categories.
//!
//! # Layout
//! - `api`: Notes API v1 on the wire, and what its statuses mean. `note`: a note as tools show it.
//! - A file for each tool: its arguments, its steps, its answer. `attachments`: the files of notes and their tools.
//! - For writing: `input` (what may be written at all), `land` (writes that begin again after somebody else's), `conflict`
//!   and `diff` (what a caller gets to merge with), `markdown` and `section` (one heading's text), `listing` (names in words).
//! - For reading: `filter`, `cursor` (which notes, and where a list goes on), `contents` (a few of them), `index` and `scan` (the
//!   two ways to search), `matching` (what a query matches and how well), `time`.
//! - `resources`: notes and their files by address.

mod api;
mod append;
mod attachments;
mod categories;
mod conflict;
mod contents;
mod create;
mod cursor;
mod delete;
mod diff;
mod edit_section;
mod filter;
mod get;
mod index;
mod input;
mod land;
mod list;
mod listing;
mod markdown;
mod matching;
mod note;
mod rename_category;
mod resources;
mod scan;
mod search;
mod section;
mod settings;
#[cfg(test)]
mod tests;
mod time;
mod update;

use nextcloud_mcp_plugin::{Tool, Tools};

use resources::resources;

nextcloud_mcp_plugin::export!(tools, resources);

fn tools() -> Tools {
    organising(writing(reading(Tools::new())))
}

fn reading(tools: Tools) -> Tools {
    tools
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
        .add(Tool::read(
            "list_attachments",
            "List Note Attachments",
            attachments::list::DESCRIPTION,
            attachments::list::list_attachments,
        ))
        .add(Tool::read(
            "get_attachment",
            "Get Note Attachment",
            attachments::get::DESCRIPTION,
            attachments::get::get_attachment,
        ))
}

fn writing(tools: Tools) -> Tools {
    tools
        .add(Tool::create(
            "upload_attachment",
            "Upload Note Attachment",
            attachments::upload::DESCRIPTION,
            attachments::upload::upload_attachment,
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
}

fn organising(tools: Tools) -> Tools {
    tools
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
