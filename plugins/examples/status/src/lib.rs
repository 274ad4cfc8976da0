//! The `status` tools: what others see of the user's presence. An example of a plugin in Rust.
//!
//! - `own`: what Nextcloud says the status is now
//! - `change`: setting it, and its message
//!
//! Never here: statuses of other users.

mod change;
mod own;
#[cfg(test)]
mod tests;

use nextcloud_mcp_plugin::{Tool, Tools};

nextcloud_mcp_plugin::export!(tools);

fn tools() -> Tools {
    Tools::new()
        .add(Tool::read(
            "get_status",
            "Get Status",
            own::DESCRIPTION,
            own::get_status,
        ))
        .add(
            Tool::update(
                "set_status",
                "Set Status",
                change::DESCRIPTION,
                change::set_status,
            )
            .idempotent(),
        )
        .add(
            Tool::update(
                "clear_message",
                "Clear Status Message",
                change::CLEAR_DESCRIPTION,
                change::clear_message,
            )
            .idempotent(),
        )
}
