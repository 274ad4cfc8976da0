//! How often one client may ask at the token and revocation endpoints. Limits by address are the server's edge's.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::error::TokenError;
use crate::auth::grant::ClientDigest;

/// Requests a minute of one client. Hosted assistants are one client for all their users: a thousand of these who
/// refresh every 15 minutes ask 67 times a minute, and after an outage all at once.
const REQUESTS_A_MINUTE: NonZeroU32 = NonZeroU32::new(600).unwrap();

/// Clients remembered before those are dropped that have asked nothing lately.
const CLIENTS: usize = 10_000;

/// See the module's documentation.
pub(super) struct ClientLimit {
    limiter: DefaultKeyedRateLimiter<ClientDigest>,
    clock: DefaultClock,
}

impl ClientLimit {
    pub(super) fn new() -> Self {
        Self::with(REQUESTS_A_MINUTE)
    }

    pub(super) fn with(a_minute: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_minute(a_minute)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a request that brought something which was given to this client. Its id alone is no proof: a public
    /// client's is known to everybody, who could then use up what its users need.
    pub(super) fn count(&self, client: &ClientDigest) -> Result<(), TokenError> {
        if self.limiter.len() > CLIENTS {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(client).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            TokenError::SlowDown(wait + Duration::from_secs(1))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_too_many_requests_are_refused_and_no_other_clients() {
        let limit = ClientLimit::with(NonZeroU32::MIN);
        let (noisy, quiet) = (ClientDigest::of("noisy"), ClientDigest::of("quiet"));
        assert!(limit.count(&noisy).is_ok());
        let refused = limit.count(&noisy);
        assert!(
            matches!(refused, Err(TokenError::SlowDown(wait)) if wait > Duration::from_secs(30))
        );
        assert!(limit.count(&quiet).is_ok());
    }
}
