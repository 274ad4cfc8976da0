//! Places for calls: how many run side by side, how many may wait, and for how long.
//!
//! A call passes three lanes: its caller's, its plugin's, and the one of all instances. The caller's comes first, so that
//! whoever waits there for their own earlier calls holds no place that another could use.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Settings;
use super::name::PluginName;
use crate::measure;

/// No place came free in time, or too many wait already. HTTP: 503 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the server is busy; try again in {} s", retry_after.as_secs().max(1))]
pub struct Busy {
    /// When another try is worth it.
    pub retry_after: Duration,
}

/// A call's places. Gives them back when dropped.
#[derive(Debug)]
pub struct Admission {
    _caller: Place<u64>,
    _plugin: Place<PluginName>,
    _instance: Place<()>,
}

/// All lanes of the process.
#[derive(Debug)]
pub(super) struct Lanes {
    callers: Lane<u64>,
    plugins: Lane<PluginName>,
    instances: Lane<()>,
    wait: Duration,
}

impl Lanes {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            callers: Lane::new(settings.calls_per_caller, settings.queue_per_caller),
            plugins: Lane::new(settings.calls_per_plugin, settings.queue),
            instances: Lane::new(settings.instances, settings.queue),
            wait: settings.queue_wait,
        }
    }

    /// A place for a call of `caller` in `plugin`, waiting for it as long as the settings say.
    pub(super) async fn admit(&self, caller: u64, plugin: &PluginName) -> Result<Admission, Busy> {
        let busy = Busy {
            retry_after: self.wait,
        };
        let all = async {
            Some(Admission {
                _caller: self.callers.enter(caller).await?,
                _plugin: self.plugins.enter(plugin.clone()).await?,
                _instance: self.instances.enter(()).await?,
            })
        };
        tokio::time::timeout(self.wait, all)
            .await
            .ok()
            .flatten()
            .ok_or(busy)
            .inspect_err(|_| measure::queue_refused(plugin.as_str()))
    }
}

/// Places for each key, and a bounded queue for each; a key that nobody uses takes no memory.
#[derive(Debug)]
struct Lane<K> {
    places: usize,
    queue: usize,
    keys: Keys<K>,
}

type Keys<K> = Arc<Mutex<HashMap<K, Entry>>>;

#[derive(Debug)]
struct Entry {
    places: Arc<Semaphore>,
    /// How many have a place or wait for one.
    present: usize,
}

impl<K: Hash + Eq + Clone> Lane<K> {
    fn new(places: usize, queue: usize) -> Self {
        Self {
            places: places.min(Semaphore::MAX_PERMITS),
            queue,
            keys: Keys::default(),
        }
    }

    /// Waits for a place, in order of arrival. `None` if the queue is full.
    async fn enter(&self, key: K) -> Option<Place<K>> {
        let (places, presence) = {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = keys.entry(key.clone()).or_insert_with(|| Entry {
                places: Arc::new(Semaphore::new(self.places)),
                present: 0,
            });
            if entry.present >= self.places.saturating_add(self.queue) {
                return None;
            }
            entry.present += 1;
            (
                entry.places.clone(),
                Presence {
                    keys: self.keys.clone(),
                    key,
                },
            )
        };
        // Never closed; were it, nobody would get a place.
        let permit = places.acquire_owned().await.ok()?;
        Some(Place {
            _permit: permit,
            _presence: presence,
        })
    }
}

/// Fields drop in order: the place is free before the entry goes.
#[derive(Debug)]
struct Place<K: Hash + Eq> {
    _permit: OwnedSemaphorePermit,
    _presence: Presence<K>,
}

#[derive(Debug)]
struct Presence<K: Hash + Eq> {
    keys: Keys<K>,
    key: K,
}

impl<K: Hash + Eq> Drop for Presence<K> {
    fn drop(&mut self) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = keys.get_mut(&self.key) {
            entry.present -= 1;
            if entry.present == 0 {
                keys.remove(&self.key);
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

    const WAIT: Duration = Duration::from_millis(100);

    fn lanes(per_caller: usize, per_plugin: usize, instances: usize, queue: usize) -> Lanes {
        Lanes::new(&Settings {
            calls_per_caller: per_caller,
            calls_per_plugin: per_plugin,
            instances,
            queue_per_caller: queue,
            queue,
            queue_wait: WAIT,
            ..Settings::default()
        })
    }

    fn plugin(name: &str) -> PluginName {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn a_caller_waits_for_their_own_calls_while_others_go_on() {
        let lanes = lanes(8, 32, 64, 4);
        let notes = plugin("notes");
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(lanes.admit(1, &notes).await.unwrap());
        }
        assert_eq!(
            lanes.admit(1, &notes).await.unwrap_err(),
            Busy { retry_after: WAIT }
        );
        assert!(
            lanes.admit(2, &notes).await.is_ok(),
            "another caller is served"
        );
        held.pop();
        assert!(
            lanes.admit(1, &notes).await.is_ok(),
            "a place given back is a place"
        );
    }

    #[tokio::test]
    async fn a_full_queue_says_busy_at_once() {
        let lanes = Arc::new(lanes(1, 32, 64, 2));
        let notes = plugin("notes");
        let _held = lanes.admit(1, &notes).await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let (lanes, notes) = (lanes.clone(), notes.clone());
                tokio::spawn(async move { lanes.admit(1, &notes).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        let start = tokio::time::Instant::now();
        assert!(lanes.admit(1, &notes).await.is_err());
        assert!(start.elapsed() < WAIT / 2, "it does not wait");
        for one in waiting {
            assert!(!one.await.unwrap(), "the queue's wait is bounded");
        }
    }

    #[tokio::test]
    async fn one_plugin_cannot_take_all_instances() {
        let lanes = lanes(8, 2, 4, 0);
        let _first = lanes.admit(1, &plugin("slow")).await.unwrap();
        let _second = lanes.admit(2, &plugin("slow")).await.unwrap();
        assert!(lanes.admit(3, &plugin("slow")).await.is_err());
        assert!(lanes.admit(3, &plugin("notes")).await.is_ok());
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_caller_who_left() {
        let lanes = lanes(1, 1, 1, 1);
        for caller in 0..100 {
            drop(lanes.admit(caller, &plugin("notes")).await.unwrap());
        }
        let held = lanes.admit(7, &plugin("notes")).await.unwrap();
        assert!(
            lanes.admit(7, &plugin("notes")).await.is_err(),
            "times out in the queue"
        );
        drop(held);
        assert!(lanes.callers.keys.lock().unwrap().is_empty());
        assert!(lanes.plugins.keys.lock().unwrap().is_empty());
        assert!(lanes.instances.keys.lock().unwrap().is_empty());
    }
}
