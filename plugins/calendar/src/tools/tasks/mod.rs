//! Tools for tasks (VTODO): list, search, read, create, change, complete and delete them.

mod collect;
pub(super) mod complete_todo;
pub(crate) mod create_todo;
pub(super) mod delete_todo;
mod family;
mod filter;
pub(super) mod get_todo;
pub(super) mod list_todos;
mod page;
pub(super) mod search_todos;
mod shared;
#[cfg(test)]
mod tests;
pub(super) mod update_todo;

use nextcloud_mcp_plugin::{Tool, Tools};

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    let tools = tools
        .add(Tool::read(
            "list_todos",
            "List Todo Tasks",
            list_todos::DESCRIPTION,
            list_todos::list_todos,
        ))
        .add(Tool::read(
            "search_todos",
            "Search Todo Tasks",
            search_todos::DESCRIPTION,
            search_todos::search_todos,
        ))
        .add(Tool::read(
            "get_todo",
            "Get Todo Task",
            get_todo::DESCRIPTION,
            get_todo::get_todo,
        ));
    tools
        .add(Tool::create(
            "create_todo",
            "Create Todo Task",
            create_todo::DESCRIPTION,
            create_todo::create_todo,
        ))
        .add(
            Tool::update(
                "update_todo",
                "Update Todo Task",
                update_todo::DESCRIPTION,
                update_todo::update_todo,
            )
            .idempotent(),
        )
        .add(Tool::update(
            "complete_todo",
            "Complete Todo Task",
            complete_todo::DESCRIPTION,
            complete_todo::complete_todo,
        ))
        .add(
            Tool::delete(
                "delete_todo",
                "Delete Todo Task",
                delete_todo::DESCRIPTION,
                delete_todo::delete_todo,
            )
            .idempotent(),
        )
}
