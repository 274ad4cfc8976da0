//! What an author's call has that a client's has not: somebody who watches each step, and a world that stands still, so
//! that a call can be made again and be the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::random::Deterministic;

use crate::nextcloud::FetchError;

/// Random bytes before they come again: as many as a guest may ask for at once.
const RANDOM_BYTES: usize = 64 * 1024;

/// How far a clock moves when it is looked at. One that stood still would hold a guest that waits for the next second.
const STEP: Duration = Duration::from_millis(1);

/// See the module's documentation.
#[derive(Clone)]
pub struct Bench {
    /// Who watches.
    pub witness: Arc<dyn Witness>,
    /// Instead of the system's clocks and randomness.
    pub still: Option<Still>,
}

/// Watches one call. Must not block.
pub trait Witness: Send + Sync {
    /// A request ended.
    fn fetched(&self, fetched: Fetched);

    /// The call ended, however it did.
    fn spent(&self, spent: Spent);
}

/// A request of the guest and what came of it.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// As the guest wrote it.
    pub method: String,
    /// As the guest wrote it.
    pub path: String,
    /// Bytes of its body.
    pub sent: usize,
    /// Status and bytes of the answer, or why there is none.
    pub answer: Result<(u16, usize), FetchError>,
    /// From the guest's asking to its answer.
    pub took: Duration,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// From start to end.
    pub time: Duration,
    /// The part of it in which the guest did not wait for the host.
    pub computing: Duration,
    /// Most memory at once, in bytes.
    pub memory: u64,
}

/// A time that passes only when it is looked at, and randomness that is always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Still {
    /// Since 1970, when the call begins.
    pub clock: Duration,
    /// Another one gives other random bytes.
    pub seed: u64,
}

impl Still {
    pub(super) fn apply(self, wasi: &mut WasiCtxBuilder) {
        wasi.wall_clock(Clock::from(self.clock))
            .monotonic_clock(Clock::from(Duration::ZERO))
            .secure_random(Deterministic::new(self.random("secure")))
            .insecure_random(Deterministic::new(self.random("insecure")))
            .insecure_random_seed(u128::from(self.seed));
    }

    fn random(self, kind: &str) -> Vec<u8> {
        let block = |count: u64| {
            let hash = Sha256::new()
                .chain_update(kind)
                .chain_update(self.seed.to_be_bytes())
                .chain_update(count.to_be_bytes());
            hash.finalize()
        };
        (0..).flat_map(block).take(RANDOM_BYTES).collect()
    }
}

struct Clock(AtomicU64);

impl From<Duration> for Clock {
    fn from(begin: Duration) -> Self {
        Self(AtomicU64::new(nanos(begin)))
    }
}

impl Clock {
    fn tick(&self) -> u64 {
        self.0.fetch_add(nanos(STEP), Ordering::Relaxed)
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        STEP
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.tick())
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        nanos(STEP)
    }

    fn now(&self) -> u64 {
        self.tick()
    }
}

/// Enough for the year 2554.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_and_another_one_others() {
        let still = |seed| Still {
            clock: Duration::ZERO,
            seed,
        };
        assert_eq!(still(1).random("secure"), still(1).random("secure"));
        assert_ne!(still(1).random("secure"), still(2).random("secure"));
        assert_ne!(still(1).random("secure"), still(1).random("insecure"));
        assert_eq!(still(1).random("secure").len(), RANDOM_BYTES);
    }

    #[test]
    fn a_clock_moves_by_being_looked_at() {
        let clock = Clock::from(Duration::from_secs(5));
        let first = HostWallClock::now(&clock);
        assert_eq!(first, Duration::from_secs(5));
        assert_eq!(HostWallClock::now(&clock), first + STEP);
    }
}
