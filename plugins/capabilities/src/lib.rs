//! Tools that say where one is: what this Nextcloud can do, whether it is well, and who the user is. They only read.
//!
//! # Layout
//! - A file for each tool: its arguments, the document it reads, its answer. `resources`: the same by address.
//! - `document`: the capabilities document on the wire. `features`: what its entries mean to people.

mod capabilities;
mod document;
mod features;
mod resources;
mod status;
#[cfg(test)]
mod tests;
mod user;

use nextcloud_mcp_plugin::{Tool, Tools};

use resources::resources;

nextcloud_mcp_plugin::export!(tools, resources);

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
