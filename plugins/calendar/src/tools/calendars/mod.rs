//! Tools for calendars themselves, for their trash bin, and for moving things between them.

mod create_calendar;
mod delete_calendar;
pub(super) mod list_calendars;
mod list_trash;
pub(super) mod locate;
mod manage_calendar;
mod move_event;
mod name;
mod restore_from_trash;
mod update_calendar;

use nextcloud_mcp_plugin::{Tool, Tools};

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools
        .add(Tool::read(
            "list_calendars",
            "List Calendars",
            list_calendars::DESCRIPTION,
            list_calendars::list_calendars,
        ))
        .add(Tool::delete(
            "manage_calendar",
            "Manage Calendar",
            manage_calendar::DESCRIPTION,
            manage_calendar::manage_calendar,
        ))
        .add(Tool::read(
            "list_trash",
            "List Trash Bin",
            list_trash::DESCRIPTION,
            list_trash::list_trash,
        ))
        .add(
            Tool::update(
                "restore_from_trash",
                "Restore From Trash Bin",
                restore_from_trash::DESCRIPTION,
                restore_from_trash::restore_from_trash,
            )
            .idempotent(),
        )
        .add(Tool::update(
            "move_event",
            "Move Event Or Task",
            move_event::DESCRIPTION,
            move_event::move_event,
        ))
}
