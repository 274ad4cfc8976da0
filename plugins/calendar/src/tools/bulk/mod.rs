//! Changes of many events at once, shown before they are made.

use nextcloud_mcp_plugin::Tools;

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools
}
