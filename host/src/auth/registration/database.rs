//! The `SQLite` file itself: where it is, who may read it, its schema, and what happens when it is broken.
//!
//! All that can be lost here is a registration, which can be made anew. So a broken file is put aside for whoever wants
//! to look at it, and never keeps the server from serving.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Error, ErrorCode, OpenFlags, TransactionBehavior};
use thiserror::Error as ThisError;

use crate::auth::folder::{DataFolder, FolderError};
use crate::auth::grant;

/// In the data folder.
pub(super) const FILE: &str = "oauth.sqlite3";

/// What `SQLite` puts beside it. With the mode of the file itself, but never checked by `SQLite`.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Held while the file is opened, so that no process puts aside what another has just made.
const LOCK: &str = "oauth.lock";

/// How long one process waits for another's transaction; each takes milliseconds.
const BUSY: Duration = Duration::from_secs(5);

/// The layout of the tables. Another one gets another number.
const VERSION: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE registrations (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        issuer TEXT NOT NULL,
        server_url TEXT NOT NULL,
        client_id TEXT NOT NULL,
        sealed TEXT NOT NULL,
        issued INTEGER NOT NULL,
        expires INTEGER,
        UNIQUE (issuer, server_url, client_id)
    ) STRICT;
    CREATE TABLE leases (
        issuer TEXT NOT NULL,
        server_url TEXT NOT NULL,
        holder TEXT NOT NULL,
        until INTEGER NOT NULL,
        PRIMARY KEY (issuer, server_url)
    ) STRICT;
";

/// Why nothing can be kept on disk.
#[derive(Debug, ThisError)]
pub(crate) enum DatabaseError {
    /// See [`FolderError`].
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A full or read-only disk, mostly. `SQLite`'s own words, which hold no value.
    #[error("the database {FILE} cannot be used: {0}")]
    Sqlite(#[from] Error),
    /// Somebody went back to this version.
    #[error(
        "the database {FILE} was written by a newer version of this server (layout {0}, this one knows {VERSION}); use \
         that version, or move the file away"
    )]
    Newer(i64),
    /// What was to be kept cannot be sealed.
    #[error(transparent)]
    Seal(#[from] crate::auth::seal::SealError),
}

/// Whether the file itself is broken, rather than out of reach or in use.
pub(super) fn is_broken(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Opens the database, makes it if there is none, and puts a broken one aside.
pub(super) fn open(folder: &DataFolder) -> Result<Connection, DatabaseError> {
    let _alone = folder.lock(LOCK)?;
    let exists = folder.holds(FILE)?;
    for end in BESIDE {
        folder.holds(&format!("{FILE}{end}"))?;
    }
    let path = folder.path_of(FILE);
    if !exists {
        // SQLite would leave its mode to the umask.
        let unusable = |source| FolderError::Unusable {
            path: path.clone(),
            source,
        };
        folder.create(FILE).map_err(unusable)?;
    }
    match connect(&path) {
        Err(DatabaseError::Sqlite(error)) if is_broken(&error) => {
            put_aside(folder, &error)?;
            connect(&path)
        }
        result => result,
    }
}

/// Opens the database as it is, to look into it. `None` if there is none; nothing is made or changed.
pub(super) fn look(folder: &DataFolder) -> Result<Option<Connection>, DatabaseError> {
    if !folder.holds(FILE)? {
        return Ok(None);
    }
    for end in BESIDE {
        folder.holds(&format!("{FILE}{end}"))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.path_of(FILE), flags)?;
    connection.busy_timeout(BUSY)?;
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(broken(check).into());
    }
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        // Made a moment ago by a process that has not got further.
        0 => Ok(None),
        VERSION => Ok(Some(connection)),
        newer => Err(DatabaseError::Newer(newer)),
    }
}

fn connect(path: &Path) -> Result<Connection, DatabaseError> {
    // Each call holds the connection alone (see `Store`).
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // What is deleted is written over.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    let check: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Err(broken(check).into());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(DatabaseError::Newer(version));
    }
    if version == 0 {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(connection)
}

fn broken(what: String) -> Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Error::SqliteFailure(code, Some(what))
}

/// Gives the file and what is beside it another name, and says so.
fn put_aside(folder: &DataFolder, why: &Error) -> Result<(), FolderError> {
    let name = format!("{FILE}.broken-{}", grant::now());
    for end in ["", BESIDE[0], BESIDE[1]] {
        let from = folder.path_of(&format!("{FILE}{end}"));
        match fs::rename(&from, folder.path_of(&format!("{name}{end}"))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result.map_err(|source| FolderError::Unusable { path: from, source })?,
        }
    }
    tracing::warn!(
        "the database {FILE} in the data folder is broken ({why}); it is kept as {name}, a new one takes its place, and this server \
         registers anew at Nextcloud. Clients whose grants belong to the lost registration sign in again"
    );
    let path = folder.path_of(FILE);
    match folder.create(FILE) {
        Ok(_) => Ok(()),
        Err(source) => Err(FolderError::Unusable { path, source }),
    }
}
