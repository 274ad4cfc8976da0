//! The data folder: a place on disk that belongs to this server alone.
//!
//! Everything here is about who else can look: what others could have read or changed is refused with the command that
//! mends it, never quietly put right, because nobody knows what happened before. On systems without mode bits nothing
//! is checked.
//!
//! Never here: what the files hold.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::random;

/// Why a folder is no place for secrets.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A full or read-only disk, a folder that cannot be made: a state of the world, which a server can live with.
    #[error("{path} cannot be used: {source}", path = path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others could have read or changed what is in it.
    #[error(
        "{path} holds this server's secrets, and its mode {mode:03o} lets other users of this machine at it; run \
         `chmod {wanted:03o} {path}`{or}",
        path = path.display()
    )]
    Exposed {
        /// The folder or file.
        path: PathBuf,
        /// Its mode's last nine bits.
        mode: u32,
        /// The mode that it must have.
        wanted: u32,
        /// Another way out, as the end of the sentence; may be empty.
        or: &'static str,
    },
    /// Somebody else's.
    #[error(
        "{path} holds this server's secrets, but belongs to another user (id {owner}); give it to the user that this \
         server runs as (`chown -R USER {path}`), or start this server as that one",
        path = path.display()
    )]
    Foreign {
        /// The folder or file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// A link, a device: whatever it leads to was not checked.
    #[error("{path} holds this server's secrets, but is not a plain file; remove it", path = path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
}

impl FolderError {
    fn unusable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Unusable {
            path: path.to_owned(),
            source,
        }
    }
}

/// See the module's documentation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct DataFolder {
    path: PathBuf,
    /// As whom we write, as the file system sees it. `None` where there are no users.
    owner: Option<u32>,
}

impl DataFolder {
    /// Makes the folder with all that lead to it, or checks the one that is there. It may turn out to be full or read-only
    /// when something is put into it; what it holds can be used all the same.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = FolderError::unusable;
        private_folders().create(path).map_err(unusable(path))?;
        let found = fs::metadata(path).map_err(unusable(path))?;
        hold_private(
            path,
            &found,
            0o700,
            ", or set NEXTCLOUD_MCP_DATA_DIR to a new folder inside it",
        )?;
        let owner = match try_writing(path) {
            Ok(us) => us,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && is_open(&found) => {
                let owner = owner_of(&found).unwrap_or_default();
                let path = path.to_owned();
                return Err(FolderError::Foreign { path, owner });
            }
            Err(_) => owner_of(&found),
        };
        hold_owner(path, &found, owner)?;
        Ok(Self {
            path: path.to_owned(),
            owner,
        })
    }

    /// Whether something can be put into it now; a read-only disk takes nothing.
    pub(super) fn check_writable(&self) -> Result<(), FolderError> {
        let tried = try_writing(&self.path).map(drop);
        tried.map_err(FolderError::unusable(&self.path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a file of it is.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether a file is there, and ours alone if so.
    pub(super) fn holds(&self, name: &str) -> Result<bool, FolderError> {
        let path = self.path_of(name);
        // Not through a link, which could lead anywhere.
        let found = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            found => found.map_err(FolderError::unusable(&path))?,
        };
        if !found.is_file() {
            return Err(FolderError::NotAFile { path });
        }
        hold_private(&path, &found, 0o600, "")?;
        hold_owner(&path, &found, self.owner)?;
        Ok(true)
    }

    /// A new, empty file that only we can read; an error if there is one.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        create_private(&self.path_of(name))
    }

    /// Holds off every other process that asks for the same, until the file is dropped. Where the file system has no
    /// locks, nobody is held off.
    pub(super) fn lock(&self, name: &str) -> Result<File, FolderError> {
        let path = self.path_of(name);
        let file = if self.holds(name)? {
            File::open(&path)
        } else {
            // Another process may have been faster.
            self.create(name).or_else(|_| File::open(&path))
        };
        let file = file.map_err(FolderError::unusable(&path))?;
        match file.lock() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => {
                Err(FolderError::Unusable {
                    path,
                    source: error,
                })
            }
            _ => Ok(file),
        }
    }

    /// Makes names that were just given to files last through a loss of power.
    pub(super) fn sync(&self) -> io::Result<()> {
        // Some file systems cannot; the names are there all the same.
        match File::open(&self.path)?.sync_all() {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            result => result,
        }
    }
}

/// Makes a file and removes it again: whose it is tells as whom we write, without asking the system for it.
fn try_writing(folder: &Path) -> io::Result<Option<u32>> {
    let name = random::name().map_err(io::Error::other)?;
    let path = folder.join(format!(".try-{name}"));
    let owner = create_private(&path)?.metadata();
    fs::remove_file(&path)?;
    Ok(owner_of(&owner?))
}

fn private_folders() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn hold_owner(path: &Path, found: &fs::Metadata, us: Option<u32>) -> Result<(), FolderError> {
    match (owner_of(found), us) {
        (Some(owner), Some(us)) if owner != us => Err(FolderError::Foreign {
            path: path.to_owned(),
            owner,
        }),
        _ => Ok(()),
    }
}

/// Whether its owner can do everything in it.
#[cfg(unix)]
fn is_open(found: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(found) & 0o700 == 0o700
}

#[cfg(not(unix))]
fn is_open(_found: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
#[allow(
    clippy::unnecessary_wraps,
    reason = "elsewhere files have no owner that is a number"
)]
fn owner_of(found: &fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::uid(found))
}

#[cfg(not(unix))]
fn owner_of(_found: &fs::Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
fn hold_private(
    path: &Path,
    found: &fs::Metadata,
    wanted: u32,
    or: &'static str,
) -> Result<(), FolderError> {
    let mode = std::os::unix::fs::MetadataExt::mode(found) & 0o777;
    if mode & 0o077 != 0 {
        return Err(FolderError::Exposed {
            path: path.to_owned(),
            mode,
            wanted,
            or,
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn hold_private(
    _path: &Path,
    _found: &fs::Metadata,
    _wanted: u32,
    _or: &'static str,
) -> Result<(), FolderError> {
    Ok(())
}

#[cfg(all(test, unix))]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_folder_and_its_files_are_made_for_us_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/data");
        let folder = DataFolder::open(&path).unwrap();
        folder.create("file").unwrap();
        assert_eq!((mode(&path), mode(&path.join("file"))), (0o700, 0o600));
        assert!(folder.holds("file").unwrap() && !folder.holds("other").unwrap());
        assert!(folder.create("file").is_err(), "never over what is there");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "nothing is left");
    }

    #[test]
    fn what_others_can_read_is_refused_with_the_command_that_mends_it() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let folder = DataFolder::open(&path).unwrap();
        folder.create("file").unwrap();
        for open in [0o640, 0o604, 0o620, 0o602] {
            set_mode(&path.join("file"), open);
            let said = folder.holds("file").unwrap_err().to_string();
            assert!(
                said.contains(&format!("chmod 600 {}", path.join("file").display())),
                "{said}"
            );
        }
        for open in [0o750, 0o705, 0o720, 0o711] {
            set_mode(&path, open);
            let said = DataFolder::open(&path).unwrap_err().to_string();
            assert!(
                said.contains(&format!("chmod 700 {}", path.display())),
                "{said}"
            );
            assert_eq!(mode(&path), open, "never quietly put right");
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_file_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&parent.path().join("data")).unwrap();
        symlink("/dev/null", folder.path_of("file")).unwrap();
        assert!(matches!(
            folder.holds("file"),
            Err(FolderError::NotAFile { .. })
        ));
    }

    #[test]
    fn somebody_elses_folder_is_told_from_ours() {
        let parent = tempfile::tempdir().unwrap();
        let found = fs::metadata(parent.path()).unwrap();
        let us = owner_of(&found).unwrap();
        assert!(hold_owner(parent.path(), &found, Some(us)).is_ok());
        let said = hold_owner(parent.path(), &found, Some(us + 1)).unwrap_err();
        assert!(said.to_string().contains(&format!("(id {us})")), "{said}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_state_of_the_world() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let said = DataFolder::open(&file.path().join("data")).unwrap_err();
        assert!(matches!(said, FolderError::Unusable { .. }), "{said}");
    }
}
