//! Places for connections: so many in all, and so many for one address, so that nobody takes all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::address::{AddressGroup, Proxies};

/// How many of all places one address may have, as a divisor: four of them together could keep others out.
const SHARE: usize = 4;

/// But never fewer than these: many people come from one address, and browsers open six connections each.
const LEAST: usize = 64;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_one: usize,
    taken: Mutex<HashMap<AddressGroup, usize>>,
    /// Everybody comes from a proxy's address, so it has no share.
    proxies: Arc<Proxies>,
}

/// A place that nobody has yet.
#[derive(Debug)]
pub(super) struct Free(OwnedSemaphorePermit);

/// A place that a connection has until it is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    places: Arc<Places>,
    address: Option<AddressGroup>,
    _place: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(connections: usize, proxies: Arc<Proxies>) -> Self {
        Self {
            all: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            of_one: (connections / SHARE).max(LEAST),
            taken: Mutex::default(),
            proxies,
        }
    }

    /// Waits for a place.
    pub(super) async fn free(&self) -> Option<Free> {
        // Never closed, so there is always an end to the wait.
        Arc::clone(&self.all).acquire_owned().await.ok().map(Free)
    }

    /// Gives the place to a connection from `peer`, unless its address has its share already.
    pub(super) fn take(self: &Arc<Self>, Free(place): Free, peer: IpAddr) -> Option<Taken> {
        // This machine has no share either: what comes from there may be a proxy that is not on the list.
        let shared = peer.to_canonical().is_loopback() || self.proxies.trust(peer);
        let address = (!shared).then(|| AddressGroup::from(peer));
        if let Some(address) = address {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let count = taken.entry(address).or_default();
            if *count >= self.of_one {
                return None;
            }
            *count += 1;
        }
        Some(Taken {
            places: Arc::clone(self),
            address,
            _place: place,
        })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut taken = self
            .places
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&address);
            }
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

    async fn take(places: &Arc<Places>, peer: &str) -> Option<Taken> {
        let free = places.free().await.unwrap();
        places.take(free, peer.parse().unwrap())
    }

    #[tokio::test]
    async fn one_address_has_its_share_and_others_have_places() {
        let places = Arc::new(Places::new(400, Arc::default()));
        let mut held = Vec::new();
        while let Some(place) = take(&places, "192.0.2.1").await {
            held.push(place);
        }
        assert_eq!(held.len(), 100);
        assert!(take(&places, "::ffff:192.0.2.1").await.is_none());
        assert!(take(&places, "192.0.2.2").await.is_some());
        held.pop();
        assert!(take(&places, "192.0.2.1").await.is_some(), "given back");
        drop(held);
        assert!(places.taken.lock().unwrap().is_empty());
        assert_eq!(places.all.available_permits(), 400);
    }

    #[tokio::test]
    async fn a_proxy_and_this_machine_have_no_share() {
        let proxies = Proxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let places = Arc::new(Places::new(400, Arc::new(proxies)));
        for peer in ["10.1.2.3", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let mut held = Vec::new();
            for _ in 0..101 {
                held.push(take(&places, peer).await.unwrap());
            }
        }
    }

    #[tokio::test]
    async fn few_places_are_not_made_fewer() {
        let places = Arc::new(Places::new(80, Arc::default()));
        let mut held = Vec::new();
        while let Some(place) = take(&places, "2001:db8::1").await {
            held.push(place);
        }
        assert_eq!(held.len(), LEAST);
    }
}
