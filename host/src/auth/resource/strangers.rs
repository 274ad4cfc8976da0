//! How much strangers may cost everybody: after ten failed logins from one address within half an hour, Nextcloud
//! refuses every login from there, the right ones, too (`errors/074`), and all users of this server share its address.
//!
//! Only app passwords count: Nextcloud takes a wrong one for a failed login.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use moka::future::Cache;

use crate::nextcloud::CredentialId;

/// Failed logins that strangers may cause within [`WINDOW`]. Half of what Nextcloud takes; the rest is for users whose
/// password was revoked.
const FAILURES: usize = 5;

/// As long as Nextcloud counts them.
const WINDOW: Duration = Duration::from_mins(30);

/// When to come back if others are being tried just now.
const BUSY: Duration = Duration::from_secs(2);

/// App passwords that worked, remembered at once; a day after their last use they are strangers again.
const ACQUAINTED: u64 = 10_000;

const ACQUAINTED_FOR: Duration = Duration::from_hours(24);

/// See the module's documentation.
pub(super) struct Strangers {
    acquainted: Cache<CredentialId, ()>,
    tries: Mutex<Tries>,
}

#[derive(Default)]
struct Tries {
    /// When each failed, the oldest first.
    failed: VecDeque<Instant>,
    /// Being tried now; each may fail.
    open: usize,
}

/// A login that is being tried. Counts as failed unless it is said to have worked, or to have said nothing.
pub(super) struct Attempt<'a> {
    strangers: &'a Strangers,
    id: CredentialId,
    /// Not if it worked before: then it counts for nothing.
    counted: bool,
}

impl Strangers {
    pub(super) fn new() -> Self {
        Self {
            acquainted: Cache::builder()
                .max_capacity(ACQUAINTED)
                .time_to_idle(ACQUAINTED_FOR)
                .build(),
            tries: Mutex::default(),
        }
    }

    /// Whether a login may be tried; else when to come back.
    pub(super) async fn attempt(&self, id: CredentialId) -> Result<Attempt<'_>, Duration> {
        if self.acquainted.get(&id).await.is_some() {
            return Ok(Attempt {
                strangers: self,
                id,
                counted: false,
            });
        }
        let mut tries = self.tries();
        while tries
            .failed
            .front()
            .is_some_and(|at| at.elapsed() >= WINDOW)
        {
            tries.failed.pop_front();
        }
        if tries.failed.len() + tries.open >= FAILURES {
            let oldest = tries.failed.front().filter(|_| tries.open == 0);
            return Err(oldest.map_or(BUSY, |at| WINDOW.saturating_sub(at.elapsed())));
        }
        tries.open += 1;
        Ok(Attempt {
            strangers: self,
            id,
            counted: true,
        })
    }

    /// The lock guards plain data that is whole between any two statements.
    fn tries(&self) -> MutexGuard<'_, Tries> {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// Nextcloud took it.
    pub(super) async fn worked(mut self) {
        if mem::take(&mut self.counted) {
            self.strangers.tries().open -= 1;
            self.strangers.acquainted.insert(self.id, ()).await;
        }
    }

    /// Nextcloud refused it. One that worked before is a stranger from now on: programs go on sending what their user
    /// deleted, and a few of them would otherwise fail again and again without being counted.
    pub(super) async fn refused(self) {
        self.strangers.acquainted.invalidate(&self.id).await;
    }

    /// Nextcloud was not reached, or said nothing about it.
    pub(super) fn said_nothing(mut self) {
        if mem::take(&mut self.counted) {
            self.strangers.tries().open -= 1;
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if mem::take(&mut self.counted) {
            let mut tries = self.strangers.tries();
            tries.open -= 1;
            tries.failed.push_back(Instant::now());
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn id(n: usize) -> CredentialId {
        CredentialId::of(n.to_string().as_bytes()).unwrap()
    }

    #[tokio::test]
    async fn strangers_may_fail_a_few_times_and_those_who_are_known_go_on() {
        let strangers = Strangers::new();
        strangers.attempt(id(100)).await.unwrap().worked().await;
        for n in 0..FAILURES {
            drop(strangers.attempt(id(n)).await.unwrap());
        }
        let wait = strangers.attempt(id(200)).await.err().unwrap();
        assert!(wait + Duration::from_mins(1) > WINDOW, "{wait:?}");
        assert!(strangers.attempt(id(100)).await.is_ok());
    }

    #[tokio::test]
    async fn tries_side_by_side_are_counted_before_they_fail() {
        let strangers = Strangers::new();
        let mut open = Vec::new();
        for n in 0..FAILURES {
            open.push(strangers.attempt(id(n)).await.unwrap());
        }
        assert_eq!(strangers.attempt(id(200)).await.err(), Some(BUSY));
        for attempt in open {
            attempt.said_nothing();
        }
        assert!(strangers.attempt(id(200)).await.is_ok());
    }

    #[tokio::test]
    async fn who_is_known_and_refused_is_a_stranger_from_then_on() {
        let strangers = Strangers::new();
        strangers.attempt(id(100)).await.unwrap().worked().await;
        strangers.attempt(id(100)).await.unwrap().refused().await;
        for n in 0..FAILURES {
            strangers.attempt(id(n)).await.unwrap().refused().await;
        }
        assert!(strangers.attempt(id(100)).await.is_err());
    }
}
