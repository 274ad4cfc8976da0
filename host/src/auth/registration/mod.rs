//! This server's own OAuth client at Nextcloud: given by the operator (mode B), or registered and kept here (mode A).
//!
//! Never here: the MCP clients that register with us (see `broker/`). Invariants, each held by a test:
//! - A secret lies on disk only sealed, in a file and a folder that are this server's alone.
//! - Several processes on one database register once, also when they renew.
//! - Whatever happens to the disk, the server goes on; no more than the registration is lost.
//!
//! Reading order: [`Clients`] here; `renewal` (when to register), `dynamic` (how, RFC 7591 and 7592), `record` (what is
//! known of a registration), `store` and `database` (where it is kept).

mod database;
mod dynamic;
mod record;
mod renewal;
mod store;
#[cfg(test)]
pub(super) mod tests;

use std::collections::HashSet;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use thiserror::Error;
use tokio::sync::Notify;

pub(crate) use database::DatabaseError;
pub(super) use dynamic::Registrar;
pub(crate) use dynamic::RegistrationError;
pub(super) use record::Registration;
pub(super) use renewal::{Office, Renewal};
pub(super) use store::{Owner, Store, look_into};

use super::grant;
use super::upstream::ClientCredentials;
use crate::config::OAuthSettings;

/// How often it is said that Nextcloud does not know the operator's client, while every request shows it.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// The clients that this server can speak to Nextcloud as: the current one, and those before it as long as grants may
/// still belong to them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Clients(Arc<Kind>);

enum Kind {
    /// Mode B.
    Given {
        credentials: ClientCredentials,
        said: Mutex<Option<Instant>>,
    },
    /// Mode A.
    Registered(Arc<Registered>),
}

/// What this process knows of its registrations.
struct Registered {
    known: RwLock<Known>,
    /// The one that Nextcloud was last said not to know.
    unknown: Mutex<Option<String>>,
    reported: Notify,
}

struct Known {
    current: Registration,
    /// Those that are still remembered.
    others: Vec<Registration>,
}

impl Clients {
    /// The one that the operator made.
    pub(super) fn given(credentials: ClientCredentials) -> Self {
        Self(Arc::new(Kind::Given {
            credentials,
            said: Mutex::default(),
        }))
    }

    /// For new grants, introspection and everything else that is not tied to an older one.
    pub(super) fn current(&self) -> ClientCredentials {
        match &*self.0 {
            Kind::Given { credentials, .. } => credentials.clone(),
            Kind::Registered(registered) => registered.current().credentials(),
        }
    }

    /// The client to which a grant belongs; `None` if it is gone, and the grant with it.
    pub(super) fn of_grant(&self, client_id: &str) -> Option<ClientCredentials> {
        match &*self.0 {
            Kind::Given { credentials, .. } => {
                (credentials.id == client_id).then(|| credentials.clone())
            }
            Kind::Registered(registered) => registered
                .find(client_id)
                .filter(|found| found.is_alive(grant::now()))
                .map(|found| found.credentials()),
        }
    }

    /// Whether a client id is one of ours, also of an ended registration that is still remembered.
    pub(super) fn is_ours(&self, client_id: &str) -> bool {
        match &*self.0 {
            Kind::Given { credentials, .. } => credentials.id == client_id,
            Kind::Registered(registered) => registered.find(client_id).is_some(),
        }
    }

    /// Nextcloud said that it does not know this client: registers anew at once (mode A), or says what to do (mode B).
    pub(super) fn report_unknown(&self, client_id: &str) {
        match &*self.0 {
            Kind::Given { credentials, said } if credentials.id == client_id => {
                say_once_a_minute(said, client_id);
            }
            Kind::Given { .. } => {}
            Kind::Registered(registered) => {
                let mut unknown = registered
                    .unknown
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner);
                *unknown = Some(client_id.to_owned());
                registered.reported.notify_one();
            }
        }
    }
}

fn say_once_a_minute(said: &Mutex<Option<Instant>>, client_id: &str) {
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    if said.is_none_or(|when| when.elapsed() >= SAY_AGAIN) {
        *said = Some(Instant::now());
        tracing::error!(
            "Nextcloud does not know the OAuth client {client_id}, or not with this secret. Compare NEXTCLOUD_OIDC_CLIENT_ID and \
             NEXTCLOUD_OIDC_CLIENT_SECRET with `occ oidc:list`, and make the client anew (`occ oidc:create`) if it is gone"
        );
    }
}

impl Registered {
    fn new(current: Registration, others: Vec<Registration>) -> Self {
        Self {
            known: RwLock::new(Known { current, others }),
            unknown: Mutex::default(),
            reported: Notify::new(),
        }
    }

    fn current(&self) -> Registration {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.current.clone()
    }

    fn find(&self, client_id: &str) -> Option<Registration> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = iter::once(&known.current).chain(&known.others);
        all.find(|one| one.client_id == client_id).cloned()
    }

    /// Whether Nextcloud was last said not to know this one.
    fn is_unknown(&self, client_id: &str) -> bool {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        unknown.as_deref() == Some(client_id)
    }

    /// From now on `current` is the current one. Nothing that is remembered is forgotten: what is known here alone was
    /// not saved.
    fn adopt(&self, current: Registration, others: Vec<Registration>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let now = grant::now();
        let mut all = others;
        let before = iter::once(known.current.clone()).chain(known.others.drain(..));
        all.extend(before);
        all.retain(|one| one.client_id != current.client_id && one.is_remembered(now));
        let mut seen = HashSet::new();
        all.retain(|one| seen.insert(one.client_id.clone()));
        *known = Known {
            current,
            others: all,
        };
    }
}

/// Half a client is a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "{missing} is not set, but {set} is. Set both to use a client that was made by hand, or neither to let this server register itself"
)]
pub struct HalfClient {
    set: &'static str,
    missing: &'static str,
}

/// Mode B's client, if the settings name one.
pub(super) fn configured(
    settings: &OAuthSettings,
) -> Result<Option<ClientCredentials>, HalfClient> {
    const ID: &str = "NEXTCLOUD_OIDC_CLIENT_ID";
    const SECRET: &str = "NEXTCLOUD_OIDC_CLIENT_SECRET";
    let half = |set, missing| Err(HalfClient { set, missing });
    let pair: (&Option<String>, &Option<SecretString>) =
        (&settings.oidc_client_id, &settings.oidc_client_secret);
    match pair {
        (Some(id), Some(secret)) => Ok(Some(ClientCredentials {
            id: id.clone(),
            secret: secret.clone(),
        })),
        (Some(_), None) => half(ID, SECRET),
        (None, Some(_)) => half(SECRET, ID),
        (None, None) => Ok(None),
    }
}
