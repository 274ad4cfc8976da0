//! Tools that say where one is: what this Nextcloud can do, whether it is well, and who the user is. They only read.
//!
//! # Layout
//! A file for each tool: its arguments, the document it reads, its answer.

mod capabilities;
mod document;
mod features;
mod status;
#[cfg(test)]
mod tests;
mod user;

use nextcloud_mcp_plugin::{Tool, Tools};

nextcloud_mcp_plugin::export!(tools);

fn tools() -> Tools {
    Tools::new()
        .add(Tool::read(
            "get_capabilities",
            "Get Capabilities",
            capabilities::DESCRIPTION,
            capabilities::get_capabilities,
        ))
        .add(Tool::read(
            "get_status",
            "Get Status",
            status::DESCRIPTION,
            status::get_status,
        ))
        .add(Tool::read(
            "get_user",
            "Get User",
            user::DESCRIPTION,
            user::get_user,
        ))
}
