//! How often each of many may do something: so many times a minute, all at once if they like.
//!
//! The generic cell rate algorithm, which needs one instant for each key. Written here, and not taken from a crate,
//! because two things are asked of it that those do not do: to say whether there is room without counting, and to keep a
//! bounded number of keys without ever forgetting what somebody owes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a rate is counted over.
const WINDOW: Duration = Duration::from_mins(1);

/// Most keys. One request keeps its key for a minute divided by the rate, so that more keys than this are alive only
/// while tens of thousands of requests arrive in that time.
const KEYS: usize = 1 << 16;

/// How often dead keys are looked for while there is no room, which takes a walk over all.
const SWEEP_WHEN_FULL: Duration = Duration::from_secs(1);

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Limiter<K> {
    /// How long one request is remembered.
    interval: Duration,
    keys: usize,
    ledger: Mutex<Ledger<K>>,
}

#[derive(Debug)]
struct Ledger<K> {
    /// When each key has nothing left to be remembered.
    clear_at: HashMap<K, Instant>,
    /// The same for all together who came when there was no room for another key.
    newcomers: Instant,
    swept: Instant,
}

impl<K: Hash + Eq> Limiter<K> {
    /// `rate` requests a minute; at least one.
    pub(crate) fn per_minute(rate: u32) -> Self {
        let now = Instant::now();
        Self {
            interval: WINDOW / rate.max(1),
            keys: KEYS,
            ledger: Mutex::new(Ledger {
                clear_at: HashMap::new(),
                newcomers: now,
                swept: now,
            }),
        }
    }

    /// Counts one request of `key`, or says how long until there is room for it.
    pub(crate) fn take(&self, key: K) -> Result<(), Duration> {
        self.take_at(key, Instant::now())
    }

    /// Whether [`take`](Self::take) would find room; counts nothing.
    pub(crate) fn room(&self, key: &K) -> Result<(), Duration> {
        self.room_at(key, Instant::now())
    }

    fn take_at(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut ledger = self.ledger();
        ledger.sweep(now, self.keys);
        let clear_at = ledger.entry(key, now, self.keys);
        let next = (*clear_at).max(now) + self.interval;
        over(next, now)?;
        *clear_at = next;
        Ok(())
    }

    fn room_at(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let ledger = self.ledger();
        let clear_at = match ledger.clear_at.get(key) {
            Some(clear_at) => *clear_at,
            None if ledger.clear_at.len() >= self.keys => ledger.newcomers,
            None => now,
        };
        over(clear_at.max(now) + self.interval, now)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger<K>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Ledger<K> {
    /// Forgets who owes nothing: once a minute, and more often while there is no room.
    fn sweep(&mut self, now: Instant, keys: usize) {
        let full = self.clear_at.len() >= keys;
        let after = if full { SWEEP_WHEN_FULL } else { WINDOW };
        if now.duration_since(self.swept) >= after {
            self.clear_at.retain(|_, clear_at| *clear_at > now);
            self.swept = now;
        }
    }

    fn entry(&mut self, key: K, now: Instant, keys: usize) -> &mut Instant {
        if self.clear_at.len() >= keys && !self.clear_at.contains_key(&key) {
            return &mut self.newcomers;
        }
        self.clear_at.entry(key).or_insert(now)
    }
}

/// How far `next` is behind the window that begins now.
fn over(next: Instant, now: Instant) -> Result<(), Duration> {
    match next.duration_since(now).saturating_sub(WINDOW) {
        Duration::ZERO => Ok(()),
        wait => Err(wait),
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

    fn taken<K: Hash + Eq + Copy>(
        limiter: &Limiter<K>,
        key: K,
        times: usize,
        now: Instant,
    ) -> usize {
        (0..times)
            .filter(|_| limiter.take_at(key, now).is_ok())
            .count()
    }

    #[test]
    fn a_minutes_worth_may_come_at_once_and_comes_back_one_by_one() {
        for rate in [1, 7, 60, 1200] {
            let (limiter, mut now) = (Limiter::per_minute(rate), Instant::now());
            assert_eq!(taken(&limiter, 'a', 5000, now), rate as usize);
            let wait = limiter.take_at('a', now).unwrap_err();
            assert!(wait <= WINDOW / rate, "{wait:?}");
            assert_eq!(limiter.room_at(&'a', now), Err(wait));
            now += wait;
            assert_eq!(limiter.room_at(&'a', now), Ok(()));
            assert_eq!(taken(&limiter, 'a', 5, now), 1);
            now += WINDOW;
            assert_eq!(taken(&limiter, 'a', 5000, now), rate as usize);
        }
    }

    #[test]
    fn one_does_not_use_up_what_another_has() {
        let (limiter, now) = (Limiter::per_minute(3), Instant::now());
        assert_eq!(taken(&limiter, 'a', 10, now), 3);
        assert_eq!(limiter.room_at(&'b', now), Ok(()));
        assert_eq!(taken(&limiter, 'b', 10, now), 3);
    }

    #[test]
    fn newcomers_without_a_place_share_one_and_nobody_is_forgiven() {
        let limiter = Limiter {
            keys: 2,
            ..Limiter::per_minute(60)
        };
        let now = Instant::now();
        assert_eq!(taken(&limiter, 1, 100, now), 60);
        assert_eq!(taken(&limiter, 2, 1, now), 1);
        let newcomers: usize = (3..1000).map(|key| taken(&limiter, key, 1, now)).sum();
        assert_eq!(newcomers, 60);
        assert!(
            limiter.take_at(1, now).is_err(),
            "others did not push it out"
        );
        assert!(limiter.room_at(&7, now).is_err() && limiter.room_at(&2, now).is_ok());
        assert_eq!(limiter.ledger().clear_at.len(), 2);
        let later = now + Duration::from_secs(2);
        assert_eq!(taken(&limiter, 4, 1, later), 1);
        assert!(
            limiter.ledger().clear_at.contains_key(&4),
            "2 owes nothing any more and made room"
        );
    }

    #[test]
    fn an_address_is_not_kept_longer_than_it_counts() {
        let (limiter, now) = (Limiter::per_minute(60), Instant::now());
        taken(&limiter, 'a', 1, now);
        taken(&limiter, 'b', 1, now + WINDOW + SWEEP_WHEN_FULL);
        assert_eq!(limiter.ledger().clear_at.len(), 1);
    }
}
