//! This server's own OAuth client at Nextcloud: given by the operator (mode B), or registered and kept here (mode A).
//!
//! Never here: the MCP clients that register with us (see `broker/`).

use super::upstream::ClientCredentials;

/// The clients that this server can speak to Nextcloud as: the current one, and those before it as long as grants may
/// still belong to them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Clients {}

impl Clients {
    /// For new grants, introspection and everything else that is not tied to an older one.
    pub(super) fn current(&self) -> ClientCredentials {
        todo!()
    }

    /// The client to which a grant belongs; `None` if it is gone, and the grant with it.
    pub(super) fn of_grant(&self, _client_id: &str) -> Option<ClientCredentials> {
        todo!()
    }

    /// Whether a client id is one of ours, also of an ended registration that is still remembered.
    pub(super) fn is_ours(&self, _client_id: &str) -> bool {
        todo!()
    }

    /// Nextcloud said that it does not know this client: registers anew at once (mode A), or says what to do (mode B).
    pub(super) fn report_unknown(&self, _client_id: &str) {
        todo!()
    }
}
