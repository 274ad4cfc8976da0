//! How much is measured: enough for figures that hold, or just enough to see that the bench works.

use std::time::Duration;

/// How often each thing is done.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whether starts with nothing compiled are measured: seconds each, minutes for a debug build on a busy machine.
    pub compiling: bool,
    /// Starts of each server over HTTP, and as many over pipes.
    pub starts: usize,
    /// Calls before those that are measured: they fill caches and connections.
    pub warm_up: usize,
    /// Rounds of all kinds of calls, after which memory is looked at.
    pub rounds: usize,
    /// Calls of each kind, one at a time.
    pub calls: usize,
    /// Clients that call at once.
    pub clients: &'static [usize],
    /// Calls of all those clients together.
    pub load_calls: usize,
    /// Users that each sign in and call.
    pub users: usize,
    /// Notes of the usual account.
    pub notes: usize,
    /// Notes of the large account.
    pub many_notes: usize,
    /// Calls of each kind in the large account.
    pub large_calls: usize,
    /// How long a server is left alone before its memory is looked at again.
    pub rest: Duration,
}

impl Plan {
    /// What `just bench` does: about five minutes with the Python server, two without.
    pub fn full() -> Self {
        Self {
            compiling: true,
            starts: 5,
            warm_up: 20,
            rounds: 100,
            calls: 300,
            clients: &[1, 8, 32],
            load_calls: 960,
            users: 25,
            notes: 200,
            many_notes: 5_000,
            large_calls: 5,
            rest: Duration::from_secs(10),
        }
    }

    /// What the test does: every question, and as little of it as answers it.
    pub fn quick() -> Self {
        Self {
            compiling: false,
            starts: 1,
            warm_up: 1,
            rounds: 2,
            calls: 3,
            clients: &[1, 4],
            load_calls: 8,
            users: 2,
            notes: 20,
            many_notes: 60,
            large_calls: 1,
            rest: Duration::from_millis(50),
        }
    }
}
