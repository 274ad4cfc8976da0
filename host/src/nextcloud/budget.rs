//! What one call may still spend upstream: requests and bytes of answers.

use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

use super::FetchError;

/// What a call has used up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UsedUp {
    /// Its requests.
    #[error("no requests are left for this call")]
    Requests,
    /// Its bytes of answers; so many are left.
    #[error("{0} bytes of answers are left for this call")]
    Bytes(u64),
}

/// Shared by all requests of one tool call, also by those that run side by side.
#[derive(Debug)]
pub struct Budget {
    requests: AtomicU64,
    bytes: AtomicU64,
    /// Largest single answer, in bytes.
    per_answer: u64,
}

impl Budget {
    /// `requests` and `bytes` are for the whole call, `per_answer` (bytes) for each answer.
    pub fn new(requests: u64, bytes: u64, per_answer: u64) -> Self {
        Self {
            requests: AtomicU64::new(requests),
            bytes: AtomicU64::new(bytes),
            per_answer,
        }
    }

    /// Takes one request out of the budget.
    pub fn take_request(&self) -> Result<(), FetchError> {
        take(&self.requests, 1).map_err(|_| FetchError::Limited(UsedUp::Requests))
    }

    /// Takes `count` bytes of an answer out of the budget.
    pub fn take_bytes(&self, count: u64) -> Result<(), FetchError> {
        take(&self.bytes, count).map_err(|left| FetchError::Limited(UsedUp::Bytes(left)))
    }

    /// Takes a whole answer of `bytes` out of the budget, if it is not too large for one.
    pub fn take_answer(&self, bytes: usize) -> Result<(), FetchError> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if bytes > self.per_answer {
            Err(FetchError::TooLarge(self.per_answer))
        } else {
            self.take_bytes(bytes)
        }
    }

    /// Largest single answer, in bytes.
    pub fn per_answer(&self) -> u64 {
        self.per_answer
    }
}

fn take(from: &AtomicU64, count: u64) -> Result<(), u64> {
    from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(count)
    })
    .map(|_| ())
}
