//! Clients that listen for changes of the lists (`subscriptions/listen` since 2026-07-28): how many, how long, and what they
//! are told. Nextcloud tells nobody when a note or an event changes, so no single resource can be listened to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::service::{SubscriptionContext, SubscriptionSendError, SubscriptionSink};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::rules::Rules;
use crate::nextcloud::{Caller, FetchError};
use crate::plugin::{Changed, Plugins};

/// Streams of one caller: some windows of a few clients. In Basic mode everybody is one caller.
const PER_CALLER: usize = 16;

/// Streams in all: each holds a connection, and this is a quarter of those that are open at most (unless set otherwise).
const IN_ALL: usize = 256;

/// When to come back where there is no place: streams end by themselves, but not soon.
pub(super) const RETRY_AFTER: Duration = Duration::from_mins(1);

/// How long a stream goes on.
#[derive(Debug, Clone, Copy)]
pub struct Streams {
    /// How often Nextcloud is asked whether the listener's sign-in still stands: 200 ms of its time each.
    pub check_every: Duration,
    /// How long one may last. Whoever listens on comes again, with a token that is looked at again.
    pub last: Duration,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            check_every: Duration::from_mins(5),
            last: Duration::from_hours(1),
        }
    }
}

/// Who listens.
#[derive(Clone, Default)]
pub(super) struct Listeners(Arc<Mutex<HashMap<u64, usize>>>);

/// A place among them. Given back when dropped.
pub(super) struct Listening {
    listeners: Listeners,
    caller: u64,
}

impl Listeners {
    /// `None` if the caller, or everybody together, has as many streams as they may have.
    pub(super) fn enter(&self, caller: &Caller) -> Option<Listening> {
        self.enter_as(caller.key())
    }

    fn enter_as(&self, caller: u64) -> Option<Listening> {
        let mut streams = self.streams();
        let own = streams.get(&caller).copied().unwrap_or_default();
        if own >= PER_CALLER || streams.values().sum::<usize>() >= IN_ALL {
            return None;
        }
        streams.insert(caller, own + 1);
        Some(Listening {
            listeners: self.clone(),
            caller,
        })
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut streams = self.listeners.streams();
        if let Some(own) = streams.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                streams.remove(&self.caller);
            }
        }
    }
}

/// Tells one listener of every change, until they go, their sign-in ends, the server stops or the stream has lasted long
/// enough.
pub(super) async fn serve(
    subscription: &SubscriptionContext,
    plugins: &Plugins,
    caller: &Caller,
    rules: &Rules,
) {
    let mut generation = plugins.changes();
    let mut known = plugins.catalogue();
    let Streams { check_every, last } = rules.streams;
    let mut check = interval_at(Instant::now() + check_every, check_every);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut end = std::pin::pin!(sleep(last));
    loop {
        tokio::select! {
            () = subscription.cancelled() => return,
            () = rules.stop.cancelled() => return,
            () = &mut end => return,
            _ = check.tick() => {
                if has_ended(caller).await {
                    return;
                }
            }
            another = generation.changed() => {
                if another.is_err() {
                    return;
                }
                let now = plugins.catalogue();
                if tell(subscription.sink(), Changed::between(&known, &now)).await.is_err() {
                    return;
                }
                known = now;
            }
        }
    }
}

/// Whether Nextcloud said no to the sign-in. One that cannot be asked said nothing.
async fn has_ended(caller: &Caller) -> bool {
    caller.is_refused() || matches!(caller.prove().await, Err(FetchError::Unauthorized))
}

async fn tell(sink: &SubscriptionSink, changed: Changed) -> Result<(), SubscriptionSendError> {
    let wants = sink.accepted();
    if changed.tools && wants.tools_list_changed == Some(true) {
        sink.notify_tool_list_changed().await?;
    }
    if changed.prompts && wants.prompts_list_changed == Some(true) {
        sink.notify_prompt_list_changed().await?;
    }
    if changed.resources && wants.resources_list_changed == Some(true) {
        sink.notify_resource_list_changed().await?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn one_caller_cannot_take_the_places_of_all_and_gives_theirs_back() {
        let listeners = Listeners::default();
        let mut held: Vec<_> = (0..PER_CALLER)
            .map(|_| listeners.enter_as(1).unwrap())
            .collect();
        assert!(listeners.enter_as(1).is_none());
        let other = listeners.enter_as(2);
        assert!(other.is_some());
        held.pop();
        assert!(listeners.enter_as(1).is_some());
        drop((held, other));
        assert!(listeners.streams().is_empty());
    }

    #[test]
    fn there_are_so_many_places_and_no_more() {
        let listeners = Listeners::default();
        let held: Vec<_> = (0..1000)
            .filter_map(|caller| listeners.enter_as(caller))
            .collect();
        assert_eq!(held.len(), IN_ALL);
    }
}
