//! The provider's keys, kept here: fetched when needed, renewed while in use, and the last good set outlives an outage.
//!
//! Nextcloud has one key and replaces it without overlap, so a key that is not known is worth a question; but tokens
//! come from anybody, so there is a pause between questions, and everybody who waits shares one.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::exchange::Exchange;
use super::key_set::{Key, KeySet};
use super::{Flaw, UpstreamError};

/// When the keys are asked for.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// A set older than this is renewed at its next use.
    pub(super) fresh: Duration,
    /// Between two questions, whatever the answer: long enough that made-up key names cost Nextcloud nothing, short
    /// enough that nobody notices a new key.
    pub(super) pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            fresh: Duration::from_mins(10),
            pause: Duration::from_secs(15),
        }
    }
}

/// See the module's documentation.
pub(super) struct Keys(Arc<Shared>);

struct Shared {
    exchange: Exchange,
    url: Url,
    pace: Pace,
    current: ArcSwapOption<Fetched>,
    /// When the last question after the first set was asked; held while one is under way.
    asked: Mutex<Option<Instant>>,
}

struct Fetched {
    set: KeySet,
    at: Instant,
}

impl Keys {
    pub(super) fn new(exchange: Exchange, url: Url) -> Self {
        Self::with_pace(exchange, url, Pace::default())
    }

    pub(super) fn with_pace(exchange: Exchange, url: Url, pace: Pace) -> Self {
        Self(Arc::new(Shared {
            exchange,
            url,
            pace,
            current: ArcSwapOption::empty(),
            asked: Mutex::new(None),
        }))
    }

    /// The key that a token names, asked for if it is not known.
    pub(super) async fn find(&self, kid: Option<&str>) -> Result<Key, UpstreamError> {
        let usable = |fetched: &Fetched| fetched.set.find(kid).is_some();
        let fetched = self.0.get(usable).await?;
        let key = fetched.set.find(kid).cloned();
        key.ok_or(UpstreamError::Invalid(Flaw::Key))
    }

    /// Makes sure that there are keys.
    pub(super) async fn prepare(&self) -> Result<(), UpstreamError> {
        self.0.get(|_| true).await.map(|_| ())
    }
}

impl Shared {
    /// The current set if it is fresh and `usable`, else what asking gives, else the current set as it is.
    async fn get(
        self: &Arc<Self>,
        usable: impl Fn(&Fetched) -> bool,
    ) -> Result<Arc<Fetched>, UpstreamError> {
        let current = self.current.load_full();
        let seen = current.as_ref().map(|current| current.at);
        if let Some(current) = current.filter(|current| usable(current)) {
            // One caller renews an old set; whoever comes meanwhile takes it as it is.
            if current.at.elapsed() < self.pace.fresh || self.asked.try_lock().is_err() {
                return Ok(current);
            }
        }
        // In a task of its own: a caller who leaves must not make the others wait for the next question.
        let this = Arc::clone(self);
        let asking = tokio::spawn(async move { this.ask(seen).await });
        asking
            .await
            .unwrap_or_else(|_| Err(away("the question for its keys was broken off")))
    }

    /// Asks unless the set is newer than the one that was `seen`, or the last question was a moment ago.
    async fn ask(&self, seen: Option<Instant>) -> Result<Arc<Fetched>, UpstreamError> {
        let mut asked = self.asked.lock().await;
        let current = self.current.load_full();
        if let Some(newer) = current.as_ref().filter(|current| Some(current.at) != seen) {
            return Ok(Arc::clone(newer));
        }
        if asked.is_some_and(|asked| asked.elapsed() < self.pace.pause) {
            return current.ok_or_else(|| away("its keys could not be fetched a moment ago"));
        }
        let result = self.fetch().await;
        // The first set answers no unknown key: one that is rotated right after it is found at once.
        if current.is_some() || result.is_err() {
            *asked = Some(Instant::now());
        }
        match (result, current) {
            (Ok(set), _) => {
                let at = Instant::now();
                let fetched = Arc::new(Fetched { set, at });
                self.current.store(Some(Arc::clone(&fetched)));
                Ok(fetched)
            }
            (Err(error), Some(current)) => {
                tracing::warn!(cause = %error, "Nextcloud's keys could not be renewed; the last ones stay in use");
                Ok(current)
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn fetch(&self) -> Result<KeySet, UpstreamError> {
        let answer = self.exchange.get(&self.url, None).await?;
        let set = answer
            .status()
            .is_success()
            .then(|| KeySet::parse(answer.body()));
        set.flatten()
            .ok_or_else(|| away("it publishes no RSA key to verify tokens with"))
    }
}

fn away(why: &str) -> UpstreamError {
    UpstreamError::Away(why.to_owned())
}
