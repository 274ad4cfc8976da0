//! Brute-force protection: after ten failed logins an address is refused for good and all, with good credentials
//! too (errors/072-074). A real server forgets after a day; the stand-in when told to.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Failed logins that are let through before the refusals begin.
const ATTEMPTS: u32 = 10;

/// Failed logins by address.
#[derive(Debug, Default)]
pub(super) struct Throttle(BTreeMap<IpAddr, u32>);

impl Throttle {
    /// Counts a failed login.
    pub(super) fn failed(&mut self, from: IpAddr) {
        *self.0.entry(from).or_default() += 1;
    }

    /// Whether this address is refused now.
    pub(super) fn refuses(&self, from: IpAddr) -> bool {
        self.0
            .get(&from)
            .is_some_and(|&failures| failures >= ATTEMPTS)
    }

    /// Forgets all failures.
    pub(super) fn reset(&mut self) {
        self.0.clear();
    }
}
