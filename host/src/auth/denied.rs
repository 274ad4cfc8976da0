//! What this server gave out, and takes no more although it has not expired: revoked tokens and grants.
//!
//! In memory and of this process alone: nothing about users is kept on disk, and another replica does not know. What
//! was revoked at Nextcloud as well (`broker/revoke`) is dead everywhere within a minute; an access token that was
//! revoked alone, elsewhere lives on until it expires.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use super::grant::{Timestamp, now};

/// Entries held at most, of some 50 bytes each. Each costs its maker a token of ours, and those are limited by client;
/// beyond it those are forgotten first that expire soonest anyway.
const ENTRIES: usize = 100_000;

type Digest = [u8; 32];

/// See the module's documentation.
#[derive(Default)]
pub(super) struct DeniedTokens {
    held: Mutex<HashMap<Digest, Timestamp>>,
}

impl DeniedTokens {
    /// Takes a token no more, until it expires anyway.
    pub(super) fn deny(&self, token: &str, until: Timestamp) {
        self.insert(digest("token", token), until, ENTRIES);
    }

    /// Whether a token of ours was revoked.
    pub(super) fn is_denied(&self, token: &str) -> bool {
        self.holds(&digest("token", token))
    }

    /// Takes no token any more that follows from a grant.
    pub(super) fn deny_grant(&self, grant: &str, until: Timestamp) {
        self.insert(digest("grant", grant), until, ENTRIES);
    }

    /// Whether a grant was revoked, and all its tokens with it.
    pub(super) fn is_grant_denied(&self, grant: &str) -> bool {
        self.holds(&digest("grant", grant))
    }

    fn insert(&self, digest: Digest, until: Timestamp, room: usize) {
        let now = now();
        if until <= now {
            return;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= room {
            held.retain(|_, until| *until > now);
        }
        if held.len() >= room {
            let soonest = held.iter().min_by_key(|(_, until)| **until);
            if let Some(soonest) = soonest.map(|(digest, _)| *digest) {
                held.remove(&soonest);
            }
        }
        held.entry(digest)
            .and_modify(|held| *held = until.max(*held))
            .or_insert(until);
    }

    fn holds(&self, digest: &Digest) -> bool {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(digest).is_some_and(|until| *until > now())
    }
}

fn digest(kind: &str, name: &str) -> Digest {
    Sha256::new()
        .chain_update(kind)
        .chain_update([0])
        .chain_update(name)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_denied_until_its_end_and_nothing_else_is() {
        let denied = DeniedTokens::default();
        denied.deny("a", now() + 60);
        denied.deny("b", now());
        denied.deny_grant("c", now() + 60);
        assert!(denied.is_denied("a") && denied.is_grant_denied("c"));
        assert!(!denied.is_denied("b"), "it has expired");
        assert!(!denied.is_denied("c") && !denied.is_grant_denied("a"));
    }

    #[test]
    fn the_longest_denial_counts() {
        let denied = DeniedTokens::default();
        denied.deny("a", now() + 60);
        denied.deny("a", now() + 1);
        assert!(
            denied
                .held
                .lock()
                .is_ok_and(|held| held.values().all(|until| *until > now() + 50))
        );
    }

    #[test]
    fn memory_is_bounded_and_what_ends_soonest_goes_first() {
        let denied = DeniedTokens::default();
        for (token, seconds) in [("a", 300), ("b", 100), ("c", 200)] {
            denied.insert(digest("token", token), now() + seconds, 2);
        }
        assert!(denied.is_denied("a") && !denied.is_denied("b") && denied.is_denied("c"));
    }
}
