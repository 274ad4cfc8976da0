//! Lines for the operator's log. The host adds plugin, tool and request id, and bounds how much one call may write.
//! Never write what a user stored: contents, titles, addresses.

pub use crate::bindings::nextcloud_mcp::plugin::log::Level;

/// What helps an author only.
pub fn debug(message: impl AsRef<str>) {
    write(Level::Debug, message);
}

/// What an operator may want to know.
pub fn info(message: impl AsRef<str>) {
    write(Level::Info, message);
}

/// What an operator should look at: Nextcloud answered in a way that the plugin does not understand.
pub fn warn(message: impl AsRef<str>) {
    write(Level::Warn, message);
}

/// A mistake in the plugin.
pub fn error(message: impl AsRef<str>) {
    write(Level::Error, message);
}

fn write(level: Level, message: impl AsRef<str>) {
    crate::host::log::write(level, message.as_ref());
}
