//! The key that this server makes for itself where the operator gives none: `secret.key` in the data folder.
//!
//! Who has it opens everything that was sealed; who loses it signs everybody out. So it is written once, by one of the
//! processes that need it, as a whole or not at all, and a file that holds no key is never written over.

use std::fs;
use std::io::{self, Write as _};

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::folder::{DataFolder, FolderError};
use super::key::SecretKeys;
use crate::random;

/// In the data folder.
const FILE: &str = "secret.key";

/// Why there is no key to seal with.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// See [`FolderError`].
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Somebody changed it.
    #[error(
        "{0} does not hold a key. Put back what stood there, or remove the file: then a new key is made, and everybody \
         signs in again"
    )]
    Damaged(String),
    /// Not even random numbers.
    #[error("the operating system gives no random numbers, without which nothing can be sealed")]
    NoRandomness,
}

impl From<random::NoRandomness> for KeyFileError {
    fn from(_: random::NoRandomness) -> Self {
        Self::NoRandomness
    }
}

/// The keys in the folder's file, which is made if there is none.
pub(super) fn read_or_make(folder: &DataFolder) -> Result<SecretKeys, KeyFileError> {
    if let Some(keys) = read(folder)? {
        return Ok(keys);
    }
    make(folder)?;
    // What stands there now: another process may have been faster.
    read(folder)?.ok_or_else(|| {
        let gone = io::Error::from(io::ErrorKind::NotFound);
        unusable(folder)(gone).into()
    })
}

/// The keys in the folder's file, if there is one.
pub(super) fn read(folder: &DataFolder) -> Result<Option<SecretKeys>, KeyFileError> {
    if !folder.holds(FILE)? {
        return Ok(None);
    }
    let path = folder.path_of(FILE);
    let text: SecretString = fs::read_to_string(&path).map_err(unusable(folder))?.into();
    let keys = SecretKeys::parse(&text);
    // What exactly is wrong is worded for the setting, and of no use here.
    let keys = keys.map_err(|_| KeyFileError::Damaged(path.display().to_string()))?;
    Ok(Some(keys))
}

/// Written under another name first, so that nobody reads half a key. A hard link, unlike a renaming, never takes the
/// place of a file that another process put there meanwhile.
fn make(folder: &DataFolder) -> Result<(), KeyFileError> {
    let (_, text) = SecretKeys::generate()?;
    let draft = format!(".{FILE}-{}", random::name()?);
    let write = || {
        let mut file = folder.create(&draft)?;
        writeln!(file, "{}", text.expose_secret())?;
        file.sync_all()?;
        let linked = fs::hard_link(folder.path_of(&draft), folder.path_of(FILE));
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked.and_then(|()| folder.sync()),
        }
    };
    let written = write();
    // It may not be there at all, on a disk that is full.
    let _ = fs::remove_file(folder.path_of(&draft));
    Ok(written.map_err(unusable(folder))?)
}

fn unusable(folder: &DataFolder) -> impl FnOnce(io::Error) -> FolderError {
    let path = folder.path_of(FILE);
    move |source| FolderError::Unusable { path, source }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn folder() -> (tempfile::TempDir, DataFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&parent.path().join("data")).unwrap();
        (parent, folder)
    }

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let (_parent, folder) = folder();
        let made = read_or_make(&folder).unwrap();
        let found = read_or_make(&folder).unwrap();
        assert_eq!(made.first(), found.first());
        assert!(folder.holds(FILE).unwrap(), "and it is ours alone");
        let files = fs::read_dir(folder.path_of("")).unwrap().count();
        assert_eq!(files, 1, "no draft is left");
    }

    #[test]
    fn many_that_start_at_once_agree_on_one_key() {
        let (_parent, folder) = folder();
        let start = Barrier::new(16);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        *read_or_make(&folder).unwrap().first()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_file_that_holds_no_key_is_kept_and_pointed_out_without_being_repeated() {
        let (_parent, folder) = folder();
        folder.create(FILE).unwrap().write_all(b"canary").unwrap();
        let said = read_or_make(&folder).unwrap_err().to_string();
        assert!(
            said.contains("secret.key") && !said.contains("canary"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(folder.path_of(FILE)).unwrap(), "canary");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_parent, folder) = folder();
        read_or_make(&folder).unwrap();
        fs::set_permissions(folder.path_of(FILE), fs::Permissions::from_mode(0o644)).unwrap();
        let said = read_or_make(&folder).unwrap_err().to_string();
        assert!(said.contains("chmod 600"), "{said}");
    }
}
