//! Tools for events: list, read, create, change and delete them.

pub(crate) mod create_event;
pub(super) mod delete_event;
pub(crate) mod filter;
mod found;
pub(super) mod get_event;
pub(super) mod list_events;
pub(crate) mod new_event;
mod page;
pub(crate) mod range;
pub(crate) mod search;
pub(crate) mod store;
pub(crate) mod upcoming;
pub(super) mod update_event;

use nextcloud_mcp_plugin::{Tool, Tools};

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools
        .add(Tool::read(
            "list_events",
            "List Calendar Events",
            list_events::DESCRIPTION,
            list_events::list_events,
        ))
        .add(Tool::read(
            "get_upcoming_events",
            "Get Upcoming Events",
            upcoming::DESCRIPTION,
            upcoming::get_upcoming_events,
        ))
        .add(Tool::read(
            "get_event",
            "Get Calendar Event",
            get_event::DESCRIPTION,
            get_event::get_event,
        ))
        .add(Tool::create(
            "create_event",
            "Create Calendar Event",
            create_event::DESCRIPTION,
            create_event::create_event,
        ))
        .add(
            Tool::update(
                "update_event",
                "Update Calendar Event",
                update_event::DESCRIPTION,
                update_event::update_event,
            )
            .idempotent(),
        )
        .add(
            Tool::delete(
                "delete_event",
                "Delete Calendar Event",
                delete_event::DESCRIPTION,
                delete_event::delete_event,
            )
            .idempotent(),
        )
}
