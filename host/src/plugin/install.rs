//! Putting a plugin into the folder, switching it on and off, and taking it out again; each ends in the lock file.
//!
//! What is installed are the bytes that were looked at, never a second reading. Nothing that was not installed is deleted:
//! files that are strange to this, or that changed since, stay where they are and are told.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::lock::{Entry, Lock, LockError, replace, sync, write};
use super::manifest::{MANIFEST_FILE, Manifest};
use super::name::PluginName;
use super::report::PluginDescription;
use super::shown::digest;
use crate::random;

/// Where a plugin will be, and what is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Its folder.
    pub folder: PathBuf,
    /// What is there.
    pub there: There,
}

/// What is where a plugin will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// Nothing yet.
    Nothing,
    /// The files themselves: they only have to be approved.
    Itself,
    /// Another version, or the same once more.
    Another,
}

/// What taking a plugin out means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal {
    /// Its own files, as they were approved: to be deleted.
    pub files: Vec<PathBuf>,
    /// What changed since or was never installed: to be left.
    pub left: Vec<PathBuf>,
    folder: PathBuf,
}

/// Why that cannot be done.
#[derive(Debug, Error)]
pub enum InstallError {
    /// Another plugin is in the way.
    #[error("{} holds another plugin, `{other}`; move it away first", folder.display())]
    Taken {
        /// Where this one would be.
        folder: PathBuf,
        /// Which is there.
        other: PluginName,
    },
    /// Which of two is meant?
    #[error(
        "{} and {} both hold a plugin called `{name}`; remove one of them first", one.display(), other.display()
    )]
    Twice {
        /// The name of both.
        name: PluginName,
        /// One folder.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// Not in the lock file.
    #[error("`{name}` is not in the lock file {}: nothing to do", lock.display())]
    Unknown {
        /// The name.
        name: PluginName,
        /// Where it is not.
        lock: PathBuf,
    },
    /// A file or folder.
    #[error("{} cannot be changed: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// See [`LockError`].
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl InstallError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io {
            path: path.to_owned(),
            error,
        }
    }
}

impl Placement {
    /// Where `plugin` will be in `folder`: where it is, where the lock file says, or in a folder of its name.
    pub fn of(
        plugin: &PluginDescription,
        folder: &Path,
        lock: Option<&Lock>,
    ) -> Result<Self, InstallError> {
        let name = &plugin.manifest.name;
        let mut same_name = folders_of(name, folder);
        if let [one, other, ..] = &same_name[..] {
            return Err(InstallError::Twice {
                name: name.clone(),
                one: one.clone(),
                other: other.clone(),
            });
        }
        let entry = lock.and_then(|lock| lock.entry(name));
        let usual = folder.join(entry.map_or(name.as_str(), |entry| &entry.folder));
        let place = same_name.pop().unwrap_or(usual);
        if plugin
            .source
            .folder()
            .is_some_and(|folder| is_same(&place, folder))
        {
            return Ok(Self {
                folder: place,
                there: There::Itself,
            });
        }
        let there = match Manifest::read(&place) {
            Ok(manifest) if manifest.name != *name => {
                return Err(InstallError::Taken {
                    folder: place,
                    other: manifest.name,
                });
            }
            _ if place.exists() => There::Another,
            _ => There::Nothing,
        };
        Ok(Self {
            folder: place,
            there,
        })
    }

    /// The files that will be replaced, each with whether it was installed as it is: what was not is somebody's own.
    pub fn replaces(
        &self,
        plugin: &PluginDescription,
        lock: Option<&Lock>,
    ) -> Vec<(PathBuf, bool)> {
        if self.there != There::Another {
            return Vec::new();
        }
        let entry = lock.and_then(|lock| lock.entry(&plugin.manifest.name));
        let files = [MANIFEST_FILE, plugin.manifest.component.as_str()];
        let files = files.map(|name| self.folder.join(name)).into_iter();
        files
            .filter(|path| path.exists())
            .map(|path| {
                let ours = entry.is_some_and(|entry| entry.installed(&path));
                (path, ours)
            })
            .collect()
    }

    /// Puts the plugin there, and what was approved into the lock file.
    pub fn install(&self, plugin: &PluginDescription, lock: &Path) -> Result<(), InstallError> {
        let files = [
            (plugin.manifest.component.as_str(), &plugin.component[..]),
            (MANIFEST_FILE, &plugin.manifest_bytes[..]),
        ];
        match self.there {
            There::Itself => {}
            There::Another => {
                for (name, bytes) in files {
                    let path = self.folder.join(name);
                    replace(&path, bytes).map_err(InstallError::io(&path))?;
                }
            }
            There::Nothing => self.put(&files).map_err(InstallError::io(&self.folder))?,
        }
        let folder = self.folder.file_name().unwrap_or_default();
        let entry = Entry {
            version: plugin.manifest.version.clone(),
            enabled: true,
            folder: folder.to_string_lossy().into_owned(),
            component: plugin.manifest.component.clone(),
            component_sha256: plugin.digest.clone(),
            manifest_sha256: plugin.manifest_sha256.clone(),
            says_sha256: plugin.shown.digest.clone(),
            allow: plugin.manifest.allow.clone(),
            tools: plugin.shown.tools.clone(),
        };
        Lock::edit(lock, |entries| {
            entries.insert(plugin.manifest.name.clone(), entry);
        })?;
        Ok(())
    }

    /// A new folder appears whole: it is filled under a hidden name first, which nothing loads.
    fn put(&self, files: &[(&str, &[u8])]) -> io::Result<()> {
        let above = self.folder.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(above)?;
        let name = random::name().map_err(io::Error::other)?;
        let hidden = above.join(format!(".{name}.new"));
        fs::create_dir(&hidden)?;
        let filled = files
            .iter()
            .try_for_each(|(name, bytes)| write(&hidden.join(name), bytes))
            .and_then(|()| sync(&hidden))
            .and_then(|()| fs::rename(&hidden, &self.folder));
        if filled.is_err() {
            // It is ours and new; that it could not be filled is the error to tell.
            let _ = fs::remove_dir_all(&hidden);
        }
        filled?;
        sync(above)
    }
}

impl Removal {
    /// What taking `name` out of `folder` would delete and leave.
    pub fn of(name: &PluginName, folder: &Path, lock: &Path) -> Result<Self, InstallError> {
        let known = Lock::read(lock)?;
        let Some(entry) = known.as_ref().and_then(|known| known.entry(name)) else {
            return Err(InstallError::Unknown {
                name: name.clone(),
                lock: lock.to_owned(),
            });
        };
        let place = folder.join(&entry.folder);
        let mut removal = Self {
            folder: place.clone(),
            ..Self::default()
        };
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(removal),
            entries => entries.map_err(InstallError::io(&place))?,
        };
        for found in entries {
            let path = found.map_err(InstallError::io(&place))?.path();
            if entry.installed(&path) {
                removal.files.push(path);
            } else {
                removal.left.push(path);
            }
        }
        removal.files.sort();
        removal.left.sort();
        Ok(removal)
    }

    /// Does it. The lock file first: from then on nothing of it is loaded.
    pub fn remove(&self, name: &PluginName, lock: &Path) -> Result<(), InstallError> {
        Lock::edit(lock, |entries| entries.remove(name))?;
        for path in &self.files {
            fs::remove_file(path).map_err(InstallError::io(path))?;
        }
        if self.left.is_empty() && self.folder.exists() {
            fs::remove_dir(&self.folder).map_err(InstallError::io(&self.folder))?;
        }
        Ok(())
    }
}

impl Entry {
    /// Whether a file is one that was installed, byte for byte.
    fn installed(&self, path: &Path) -> bool {
        let expected = match path.file_name().and_then(|name| name.to_str()) {
            Some(MANIFEST_FILE) => &self.manifest_sha256,
            Some(name) if name == self.component => &self.component_sha256,
            _ => return false,
        };
        path.is_file() && fs::read(path).is_ok_and(|bytes| digest(&bytes) == *expected)
    }
}

/// Switches a plugin on or off in the lock file; says whether that changed anything.
pub fn set_enabled(name: &PluginName, enabled: bool, lock: &Path) -> Result<bool, InstallError> {
    let unknown = || InstallError::Unknown {
        name: name.clone(),
        lock: lock.to_owned(),
    };
    if Lock::read(lock)?.is_none() {
        return Err(unknown());
    }
    let changed = Lock::edit(lock, |entries| {
        let entry = entries.get_mut(name)?;
        let before = std::mem::replace(&mut entry.enabled, enabled);
        Some(before != enabled)
    })?;
    changed.ok_or_else(unknown)
}

/// Every folder in `folder` that holds a plugin of this name.
fn folders_of(name: &PluginName, folder: &Path) -> Vec<PathBuf> {
    // What cannot be read holds nothing that could be found; the next step says why.
    let folders = super::folder::plugin_folders(folder).unwrap_or_default();
    let holds = |folder: &PathBuf| Manifest::read(folder).is_ok_and(|one| one.name == *name);
    folders.into_iter().filter(holds).collect()
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
