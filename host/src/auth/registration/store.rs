//! The registrations of this server, kept in `SQLite` so that a restart goes on with them, and the lease that lets only
//! one of several processes register.
//!
//! Secrets are sealed before they get here. `SQLite` blocks, so every call runs on a thread of its own. A row whose seal
//! no key opens is as good as none.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::database::{self, DatabaseError};
use super::record::{REMEMBERED, Registration};
use crate::auth::folder::DataFolder;
use crate::auth::grant::{self, Timestamp};
use crate::auth::seal::{Purpose, Sealer};
use crate::random::{self, NoRandomness};

/// How long a process may take to register before another may try: longer than a request to Nextcloud may take.
const LEASE: Duration = Duration::from_secs(45);

/// Whose registrations: those of one server at one provider. A changed address needs another registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::auth) struct Owner {
    /// Nextcloud's.
    pub(in crate::auth) issuer: String,
    /// Ours.
    pub(in crate::auth) server_url: String,
}

/// What to do about a registration that is needed.
pub(super) enum Claim {
    /// Use the first, which another process may have made; the others may still have grants.
    Use(Registration, Vec<Registration>),
    /// Register; no other process does until the lease is over. These are known.
    Register(Vec<Registration>),
    /// Another process registers right now.
    Wait,
}

/// What became of a new registration.
pub(super) enum Saved {
    Kept,
    /// Another process had registered meanwhile: its registration is to be used, the new one is not kept.
    Superseded(Registration, Vec<Registration>),
}

/// See the module's documentation. Cheap to clone.
#[derive(Clone)]
pub(in crate::auth) struct Store(Arc<Shared>);

struct Shared {
    folder: DataFolder,
    owner: Owner,
    sealer: Sealer,
    /// Names this process in the lease.
    holder: String,
    /// How long a lease lasts.
    lease: Duration,
    connection: Mutex<Option<Connection>>,
    told_of_unopened: AtomicBool,
}

impl Store {
    /// Opens the database, or makes it.
    pub(in crate::auth) async fn open(
        folder: DataFolder,
        owner: Owner,
        sealer: Sealer,
    ) -> Result<Self, DatabaseError> {
        Self::open_with_lease(folder, owner, sealer, LEASE).await
    }

    pub(super) async fn open_with_lease(
        folder: DataFolder,
        owner: Owner,
        sealer: Sealer,
        lease: Duration,
    ) -> Result<Self, DatabaseError> {
        let holder = random::name().map_err(|NoRandomness| crate::auth::seal::SealError)?;
        let store = Self(Arc::new(Shared {
            folder,
            owner,
            sealer,
            holder,
            lease,
            connection: Mutex::default(),
            told_of_unopened: AtomicBool::new(false),
        }));
        store.run(|_, _| Ok(())).await?;
        Ok(store)
    }

    /// The same over another connection.
    #[cfg(test)]
    pub(super) fn on(&self, connection: Connection) -> Self {
        let shared = &self.0;
        Self(Arc::new(Shared {
            folder: shared.folder.clone(),
            owner: shared.owner.clone(),
            sealer: shared.sealer.clone(),
            holder: shared.holder.clone(),
            lease: shared.lease,
            connection: Mutex::new(Some(connection)),
            told_of_unopened: AtomicBool::new(false),
        }))
    }

    /// All that are remembered, newest first.
    pub(super) async fn all(&self) -> Result<Vec<Registration>, DatabaseError> {
        self.run(Shared::rows).await
    }

    /// A number that changes when another process writes. Costs next to nothing.
    pub(super) async fn version(&self) -> Result<i64, DatabaseError> {
        self.with(|_, connection| {
            connection.pragma_query_value(None, "data_version", |row| row.get(0))
        })
        .await
    }

    /// Finds a fresh registration, or takes the lease to make one. `replaced` is known to be of no use.
    pub(super) async fn claim(&self, replaced: Option<&str>) -> Result<Claim, DatabaseError> {
        let replaced = replaced.map(str::to_owned);
        self.run(move |shared, transaction| {
            let now = grant::now();
            let rows = match served(shared.rows(transaction)?, replaced.as_deref(), now) {
                Ok((current, others)) => return Ok(Claim::Use(current, others)),
                Err(rows) => rows,
            };
            let holder = shared.holder_now(transaction, now)?;
            if holder.is_some_and(|holder| holder != shared.holder) {
                return Ok(Claim::Wait);
            }
            transaction.execute(
                "INSERT OR REPLACE INTO leases (issuer, server_url, holder, until) VALUES (?1, ?2, ?3, ?4)",
                params![shared.owner.issuer, shared.owner.server_url, shared.holder, signed(now + shared.lease.as_secs())],
            )?;
            Ok(Claim::Register(rows))
        })
        .await
    }

    /// Gives the lease back without a registration.
    pub(super) async fn release(&self) -> Result<(), DatabaseError> {
        self.run(Shared::give_back).await
    }

    /// Keeps a registration that was made under the lease, and gives the lease back; forgets those that ended long ago.
    pub(super) async fn save(
        &self,
        new: &Registration,
        replaced: Option<&str>,
    ) -> Result<Saved, DatabaseError> {
        let sealed = self.0.sealer.seal(Purpose::Stored, new)?;
        let replaced = replaced.map(str::to_owned);
        let (client_id, issued, expires) = (new.client_id.clone(), new.issued, new.expires);
        self.run(move |shared, transaction| {
            let Owner { issuer, server_url } = &shared.owner;
            let now = grant::now();
            if shared.holder_now(transaction, now)?.as_ref() != Some(&shared.holder) {
                // The lease ran out, and another process may have used it.
                let rows = shared.rows(transaction)?;
                if let Ok((current, others)) = served(rows, replaced.as_deref(), now) {
                    return Ok(Saved::Superseded(current, others));
                }
            }
            transaction.execute(
                "INSERT OR REPLACE INTO registrations (issuer, server_url, client_id, sealed, issued, expires) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![issuer, server_url, client_id, sealed, signed(issued), expires.map(signed)],
            )?;
            transaction.execute(
                "DELETE FROM registrations WHERE expires < ?1",
                [signed(now.saturating_sub(REMEMBERED.as_secs()))],
            )?;
            shared.give_back(transaction)?;
            Ok(Saved::Kept)
        })
        .await
    }

    /// `work` as one transaction that no other process's comes between.
    async fn run<T: Send + 'static>(
        &self,
        work: impl Fn(&Shared, &Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.with(move |shared, connection| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(shared, &transaction)?;
            transaction.commit()?;
            Ok(result)
        })
        .await
    }

    /// `work` on the open connection. A file that turns out to be broken is opened anew, which puts it aside.
    async fn with<T: Send + 'static>(
        &self,
        work: impl Fn(&Shared, &mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let shared = Arc::clone(&self.0);
        let blocking = move || {
            let mut slot = shared
                .connection
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let mut connection = match slot.take() {
                Some(connection) => connection,
                None => database::open(&shared.folder)?,
            };
            let result = match work(&shared, &mut connection) {
                Err(error) if database::is_broken(&error) => {
                    drop(connection);
                    connection = database::open(&shared.folder)?;
                    work(&shared, &mut connection)
                }
                result => result,
            };
            *slot = Some(connection);
            Ok(result?)
        };
        match tokio::task::spawn_blocking(blocking).await {
            Ok(result) => result,
            // Only while the runtime ends: nobody waits for the answer.
            Err(_) => Err(DatabaseError::Sqlite(rusqlite::Error::InvalidQuery)),
        }
    }
}

impl Shared {
    /// The remembered registrations whose seals open, newest first.
    fn rows(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Vec<Registration>> {
        let now = grant::now();
        let mut registrations = Vec::new();
        for (client_id, sealed) in sealed_rows(transaction, &self.owner)? {
            match opened(&self.sealer, &client_id, &sealed) {
                Some(one) => registrations.push(one),
                None => self.tell_of_unopened(),
            }
        }
        registrations.retain(|one| one.is_remembered(now));
        Ok(registrations)
    }

    fn tell_of_unopened(&self) {
        if !self.told_of_unopened.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a stored OAuth client of this server does not open with NEXTCLOUD_MCP_SECRET_KEY or the key file: the key has changed. \
                 This server registers anew; keep the old key behind the new one to lose nothing at the next change"
            );
        }
    }

    /// Who registers right now.
    fn holder_now(
        &self,
        transaction: &Transaction<'_>,
        now: Timestamp,
    ) -> rusqlite::Result<Option<String>> {
        // One that lasts longer than any lease was taken before the clock was set back.
        transaction
            .query_row(
                "SELECT holder FROM leases WHERE issuer = ?1 AND server_url = ?2 AND until > ?3 AND until <= ?4",
                params![
                    self.owner.issuer,
                    self.owner.server_url,
                    signed(now),
                    signed(now + self.lease.as_secs())
                ],
                |row| row.get(0),
            )
            .optional()
    }

    fn give_back(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute("DELETE FROM leases WHERE holder = ?1", [&self.holder])?;
        Ok(())
    }
}

/// The registrations that are kept for `owner` and open, newest first, and whether there are others that do not. Nothing is
/// changed.
pub(in crate::auth) async fn look_into(
    folder: DataFolder,
    owner: Owner,
    sealer: Option<Sealer>,
) -> Result<(Vec<Registration>, bool), DatabaseError> {
    let looking = move || {
        let Some(connection) = database::look(&folder)? else {
            return Ok((Vec::new(), false));
        };
        let rows = sealed_rows(&connection, &owner)?;
        let mut found = Vec::new();
        let mut others = false;
        for (client_id, text) in rows {
            let opened = sealer
                .as_ref()
                .and_then(|sealer| opened(sealer, &client_id, &text));
            others |= opened.is_none();
            found.extend(opened);
        }
        Ok((found, others))
    };
    match tokio::task::spawn_blocking(looking).await {
        Ok(result) => result,
        Err(_) => Err(DatabaseError::Sqlite(rusqlite::Error::InvalidQuery)),
    }
}

/// Client ids and what is sealed of each, newest first.
fn sealed_rows(connection: &Connection, owner: &Owner) -> rusqlite::Result<Vec<(String, String)>> {
    let Owner { issuer, server_url } = owner;
    let mut query = connection.prepare(
        "SELECT client_id, sealed FROM registrations WHERE issuer = ?1 AND server_url = ?2 ORDER BY number DESC",
    )?;
    let rows = query.query_map([issuer, server_url], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// A seal that was moved to another row is of no use either.
fn opened(sealer: &Sealer, client_id: &str, text: &str) -> Option<Registration> {
    let opened = sealer.open::<Registration>(Purpose::Stored, text);
    opened.ok().filter(|one| one.client_id == client_id)
}

/// The newest registration and the others, if it is one to go on with; else all of them.
fn served(
    mut newest_first: Vec<Registration>,
    replaced: Option<&str>,
    now: Timestamp,
) -> Result<(Registration, Vec<Registration>), Vec<Registration>> {
    let newest = newest_first.first();
    let good = newest.is_some_and(|one| one.is_fresh(now) && Some(&*one.client_id) != replaced);
    if good {
        Ok((newest_first.remove(0), newest_first))
    } else {
        Err(newest_first)
    }
}

/// `SQLite`'s integers have a sign; times that need the last bit do not come up.
fn signed(time: Timestamp) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}
