//! What many measurements of one thing come to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Times in milliseconds. Percentiles are times that were measured (nearest rank), never values between two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many were measured.
    pub count: usize,
    /// The shortest.
    pub min: f64,
    /// The median.
    pub p50: f64,
    /// Nine of ten took at most so long.
    pub p90: f64,
    /// 99 of 100 took at most so long; the longest where there are fewer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Spread {
    /// Of these times, in any order.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self {
            count: times.len(),
            min: millis(rank(&times, 0)),
            p50: millis(rank(&times, 50)),
            p90: millis(rank(&times, 90)),
            p99: millis(rank(&times, 99)),
            max: millis(rank(&times, 100)),
        }
    }
}

/// To the microsecond: finer is noise.
pub(super) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// Of sorted times, the one that `percent` of them do not exceed.
fn rank(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let spread = Spread::of(times);
        assert_eq!((spread.count, spread.min, spread.max), (200, 1.0, 200.0));
        assert_eq!((spread.p50, spread.p90, spread.p99), (100.0, 180.0, 198.0));
        let few = Spread::of(vec![Duration::from_millis(7), Duration::from_millis(3)]);
        assert_eq!((few.p50, few.p90, few.p99), (3.0, 7.0, 7.0));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
