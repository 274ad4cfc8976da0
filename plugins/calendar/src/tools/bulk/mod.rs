//! Changes of many events at once, shown before they are made.

mod answer;
mod bulk_operations;
mod carry_out;
mod order;
mod prepare;
mod select;

use nextcloud_mcp_plugin::{Tool, Tools};

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools.add(Tool::delete(
        "bulk_operations",
        "Bulk Calendar Operations",
        bulk_operations::DESCRIPTION,
        bulk_operations::bulk_operations,
    ))
}
