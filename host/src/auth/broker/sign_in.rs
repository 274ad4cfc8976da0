//! The way to Nextcloud's sign-in, as far as the pages need it. A seam: what is behind it needs a Nextcloud.

use super::request::RequestError;
use crate::auth::oauth::{NotReady, OAuth};
use crate::auth::upstream::{Departure, UpstreamError};

pub(super) trait SignIn: Send + Sync {
    /// Whether there is one yet.
    fn ready(&self) -> Result<(), NotReady>;

    /// A departure to Nextcloud, and our client there for which it is.
    fn depart(&self, state: &str, scopes: &[&str]) -> Result<(Departure, String), RequestError>;
}

impl SignIn for OAuth {
    fn ready(&self) -> Result<(), NotReady> {
        self.provider().map(drop)
    }

    fn depart(&self, state: &str, scopes: &[&str]) -> Result<(Departure, String), RequestError> {
        let provider = self.provider().map_err(|_| RequestError::Away)?;
        let client = provider.clients.current();
        let departure = provider.upstream.departure(&client, state, scopes);
        let departure = departure.map_err(|error| {
            tracing::error!("nobody can be sent to Nextcloud's sign-in: {error}");
            match error {
                UpstreamError::Away(_) => RequestError::Away,
                _ => RequestError::Server,
            }
        })?;
        Ok((departure, client.id))
    }
}
