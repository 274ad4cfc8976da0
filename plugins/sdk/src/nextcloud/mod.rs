//! The caller's Nextcloud, and nothing else. The host adds the credentials: a plugin can name neither a host, nor a
//! token, nor another user; it names a path, and the plugin's manifest, the operator and the tool's access decide.
//!
//! A status is data ([`Response`]), no answer is a [`Failure`]. [`Response::ok`] turns a status that is not a success
//! into a failure whose words a model can act on; where a tool knows better what a status means, it looks at
//! [`Response::status`] first.

mod explain;
mod path;
mod request;
mod response;

pub use path::Path;
pub(crate) use path::encode;
pub use request::{Request, send_all};
pub use response::Response;

pub use crate::bindings::nextcloud_mcp::plugin::nextcloud::{Account, FetchError, Server};
use crate::{Failure, host};

/// Who is calling.
///
/// # Errors
/// As [`Request::send`]: the host may have to ask Nextcloud.
pub fn whoami() -> Result<Account, Failure> {
    host::nextcloud::whoami().map_err(Failure::from)
}

/// Where the caller's Nextcloud is (for links and for hrefs in DAV answers) and which version it runs.
///
/// # Errors
/// As [`Request::send`]: the host may have to ask Nextcloud.
pub fn server() -> Result<Server, Failure> {
    host::nextcloud::where_am_i().map_err(Failure::from)
}
