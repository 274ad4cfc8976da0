//! Tools that concern other people: meetings, invitations, availability.

mod create_meeting;
mod find_availability;
mod guests;
mod list_invitations;
mod range;
mod respond_to_invitation;
#[cfg(test)]
mod tests;

pub(super) use guests::{guests, may_invite, told};

use nextcloud_mcp_plugin::{Tool, Tools};

/// Adds the tools of this group.
pub(crate) fn add(tools: Tools) -> Tools {
    tools
        .add(Tool::create(
            "create_meeting",
            "Create Meeting",
            create_meeting::DESCRIPTION,
            create_meeting::create_meeting,
        ))
        .add(Tool::read(
            "list_invitations",
            "List Invitations",
            list_invitations::DESCRIPTION,
            list_invitations::list_invitations,
        ))
        .add(
            Tool::update(
                "respond_to_invitation",
                "Respond to Invitation",
                respond_to_invitation::DESCRIPTION,
                respond_to_invitation::respond_to_invitation,
            )
            .idempotent(),
        )
        .add(Tool::read(
            "find_availability",
            "Find Availability",
            find_availability::DESCRIPTION,
            find_availability::find_availability,
        ))
}
