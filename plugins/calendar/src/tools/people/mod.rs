//! Tools that concern other people: meetings, invitations, availability.

use nextcloud_mcp_plugin::Tools;

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools
}
