//! How often one client may ask at the token and revocation endpoints. Limits by address are the server's edge's.

use std::time::Duration;

use super::error::TokenError;
use crate::auth::grant::ClientDigest;
use crate::rate::Limiter;

/// Requests a minute of one client. Hosted assistants are one client for all their users: a thousand of these who
/// refresh every 15 minutes ask 67 times a minute, and after an outage all at once.
const REQUESTS_A_MINUTE: u32 = 600;

/// See the module's documentation.
pub(super) struct ClientLimit(Limiter<ClientDigest>);

impl ClientLimit {
    pub(super) fn new() -> Self {
        Self::with(REQUESTS_A_MINUTE)
    }

    pub(super) fn with(a_minute: u32) -> Self {
        Self(Limiter::per_minute(a_minute))
    }

    /// Counts a request that brought something which was given to this client. Its id alone is no proof: a public
    /// client's is known to everybody, who could then use up what its users need.
    pub(super) fn count(&self, client: &ClientDigest) -> Result<(), TokenError> {
        let counted = self.0.take(client.clone());
        counted.map_err(|wait| TokenError::SlowDown(wait + Duration::from_secs(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_too_many_requests_are_refused_and_no_other_clients() {
        let limit = ClientLimit::with(1);
        let (noisy, quiet) = (ClientDigest::of("noisy"), ClientDigest::of("quiet"));
        assert!(limit.count(&noisy).is_ok());
        let refused = limit.count(&noisy);
        assert!(
            matches!(refused, Err(TokenError::SlowDown(wait)) if wait > Duration::from_secs(30))
        );
        assert!(limit.count(&quiet).is_ok());
    }
}
