//! When to register: at the first start, in good time before a registration ends, and when Nextcloud does not know it
//! any more. And who: of several processes on one database, one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::database::DatabaseError;
use super::dynamic::{Registrar, RegistrationError, Standing};
use super::record::Registration;
use super::store::{Claim, Saved, Store};
use super::{Clients, Kind, Registered};
use crate::auth::grant;

/// How often it is looked whether something is due, or another process registered. No sign-in is faster than that, so
/// a grant that comes from another process's new client is understood here.
const TICK: Duration = Duration::from_secs(1);

/// The pause after a failure, and after a registration until Nextcloud is believed not to know it: ten registrations a
/// minute from one address are all that Nextcloud takes.
const PAUSE: Duration = Duration::from_mins(1);

/// Longest pause after a failure: a registration that is to be renewed has at least that long left.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// How much of a client id is shown.
const SHOWN: usize = 16;

/// Gets the registrations of this server, and keeps them good until told to stop.
pub(in crate::auth) struct Renewal {
    registered: Arc<Registered>,
    office: Office,
    /// Nothing is tried before: the last try failed.
    not_before: Instant,
    /// After the next failure.
    pause: Duration,
    /// Nextcloud's word that it does not know the client has no effect before.
    deaf_until: Instant,
    /// The database's version that was last read.
    seen: Option<i64>,
    /// The registration whose end was told of.
    told_of_end: Option<String>,
}

/// Where registrations come from.
#[derive(Clone)]
pub(in crate::auth) struct Office {
    registrar: Registrar,
    /// `None`: they are kept in memory alone.
    store: Option<Store>,
}

impl Office {
    pub(in crate::auth) fn new(registrar: Registrar, store: Option<Store>) -> Self {
        Self { registrar, store }
    }

    /// The registration to start with, stored or new, and what keeps it good.
    pub(in crate::auth) async fn open(&self) -> Result<(Clients, Renewal), RegistrationError> {
        let useless = self.useless().await;
        let (current, others) = self.obtain(useless.as_deref()).await?;
        let registered = Arc::new(Registered::new(current, others));
        let clients = Clients(Arc::new(Kind::Registered(Arc::clone(&registered))));
        let renewal = Renewal {
            registered,
            office: self.clone(),
            not_before: Instant::now(),
            pause: PAUSE,
            deaf_until: Instant::now(),
            seen: None,
            told_of_end: None,
        };
        Ok((clients, renewal))
    }

    /// Lets other processes register at once, if this one was about to.
    pub(in crate::auth) async fn close(&self) {
        if let Some(store) = &self.store {
            noted(store.release().await);
        }
    }

    /// The id of the stored registration if Nextcloud has it no more.
    async fn useless(&self) -> Option<String> {
        let stored = noted(self.store.as_ref()?.all().await)?;
        let newest = stored.into_iter().next()?;
        if !newest.is_alive(grant::now()) {
            tracing::info!("Stored client has expired");
            return None;
        }
        if self.registrar.standing(&newest).await != Standing::Gone {
            return None;
        }
        tracing::warn!(
            "Nextcloud does not know the stored OAuth client any more; this server registers anew, and clients whose grants belong \
             to it sign in again"
        );
        Some(newest.client_id)
    }

    /// A fresh registration and all others that are known: one that is stored, or that another process makes right now,
    /// or a new one.
    async fn obtain(
        &self,
        replaced: Option<&str>,
    ) -> Result<(Registration, Vec<Registration>), RegistrationError> {
        let mut told = false;
        loop {
            let claim = match &self.store {
                Some(store) => noted(store.claim(replaced).await),
                None => None,
            };
            match claim {
                Some(Claim::Use(current, others)) => {
                    tell_of(&current);
                    return Ok((current, others));
                }
                Some(Claim::Register(others)) => {
                    return self.register(replaced, others).await;
                }
                Some(Claim::Wait) => {
                    if !told {
                        tracing::info!(
                            "another process registers at Nextcloud right now; waiting for it"
                        );
                        told = true;
                    }
                    sleep(TICK).await;
                }
                None => return self.register(replaced, Vec::new()).await,
            }
        }
    }

    async fn register(
        &self,
        replaced: Option<&str>,
        others: Vec<Registration>,
    ) -> Result<(Registration, Vec<Registration>), RegistrationError> {
        tracing::info!("Attempting dynamic client registration...");
        let new = match self.registrar.register().await {
            Ok(new) => new,
            Err(error) => {
                self.close().await;
                return Err(error);
            }
        };
        tracing::info!("Dynamic client registration successful");
        tell_of(&new);
        let Some(store) = &self.store else {
            return Ok((new, others));
        };
        match noted(store.save(&new, replaced).await) {
            Some(Saved::Kept) => {
                tracing::info!("Saved OAuth client credentials to SQLite database");
                Ok((new, others))
            }
            Some(Saved::Superseded(current, others)) => {
                // Nobody was sent to Nextcloud with it yet, so no grant belongs to it.
                self.registrar.delete(&new).await;
                tell_of(&current);
                Ok((current, others))
            }
            None => Ok((new, others)),
        }
    }
}

impl Renewal {
    /// Watches until `stop`.
    pub(in crate::auth) async fn run(mut self, stop: CancellationToken) {
        let office = self.office.clone();
        let watch = async {
            loop {
                self.look().await;
                self.wait().await;
            }
        };
        let stopped = stop.run_until_cancelled(watch).await;
        debug_assert!(stopped.is_none(), "the watch never ends by itself");
        office.close().await;
    }

    async fn wait(&self) {
        tokio::select! {
            () = sleep(TICK) => {}
            () = self.registered.reported.notified() => {}
        }
    }

    async fn look(&mut self) {
        self.learn().await;
        let current = self.registered.current();
        let (now, instant) = (grant::now(), Instant::now());
        if !current.is_alive(now) && self.told_of_end.as_ref() != Some(&current.client_id) {
            tracing::info!("Stored client has expired");
            self.told_of_end = Some(current.client_id.clone());
        }
        let unknown = self.registered.is_unknown(&current.client_id) && self.deaf_until <= instant;
        if (unknown || !current.is_fresh(now)) && self.not_before <= instant {
            self.renew(&current, unknown).await;
        }
    }

    /// Takes over what another process registered.
    async fn learn(&mut self) {
        let Some(store) = &self.office.store else {
            return;
        };
        // A disk that is out of order is told of when something is to be saved.
        let Ok(version) = store.version().await else {
            return;
        };
        if self.seen == Some(version) {
            return;
        }
        let Ok(mut rows) = store.all().await else {
            return;
        };
        self.seen = Some(version);
        let current = self.registered.current();
        let newest = rows.first();
        if newest.is_some_and(|newest| newest.issued > current.issued) {
            self.registered.adopt(rows.remove(0), rows);
        } else {
            self.registered.adopt(current, rows);
        }
    }

    async fn renew(&mut self, current: &Registration, unknown: bool) {
        if unknown {
            tracing::warn!(
                "Nextcloud does not know this server's OAuth client any more; this server registers anew"
            );
        }
        let replaced = unknown.then_some(&*current.client_id);
        match self.office.obtain(replaced).await {
            Ok((new, others)) => {
                self.registered.adopt(new, others);
                self.pause = PAUSE;
                self.deaf_until = Instant::now() + PAUSE;
            }
            Err(error) => {
                tracing::warn!("{error}");
                self.not_before = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn tell_of(registration: &Registration) {
    let shown: String = registration.client_id.chars().take(SHOWN).collect();
    tracing::info!("OAuth client ready: {shown}...");
}

/// What the disk gave, or `None` and a warning: the server goes on in memory.
fn noted<T>(result: Result<T, DatabaseError>) -> Option<T> {
    result
        .inspect_err(|error| {
            tracing::warn!(
                "{error}. This server's OAuth client is kept in memory; after a restart it registers anew, and clients whose grants belong to \
                 the lost one sign in again"
            );
        })
        .ok()
}
