//! Tools for calendars themselves.

pub(super) mod list_calendars;

use nextcloud_mcp_plugin::{Tool, Tools};

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools.add(Tool::read(
        "list_calendars",
        "List Calendars",
        list_calendars::DESCRIPTION,
        list_calendars::list_calendars,
    ))
}
