//! The lock file: which plugins the operator approved, and with what. TOML, meant to be read by people and kept under
//! version control; written by the `plugins` commands.
//!
//! Where it is, only what stands in it is loaded, and only as it was approved: component, manifest, allow lines, and what the
//! plugin says of itself. It is always replaced as a whole, never half written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::manifest::{AllowLine, is_file_name};
use super::name::PluginName;
use super::shown::{Shown, ShownTool};
use crate::random;

/// The lock file's name in the folder of plugins.
pub const LOCK_FILE: &str = "plugins.lock";

/// Largest lock file in bytes: 128 tools of a plugin are 12 kB.
const LOCK_BYTES: u64 = 4 * 1024 * 1024;

/// The form of the file.
const VERSION: u32 = 1;

/// Written at its top.
const HEADER: &str = "\
# Which plugins are loaded, and exactly what was approved. `nextcloud-mcp-server plugins install`, `enable`, `disable` and
# `remove` write this file; `plugins verify` holds the folder against it. What differs from it is not loaded.

";

/// See the module's documentation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<PluginName, Entry>,
}

/// One plugin as it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// Its own version, for people.
    pub version: String,
    /// Whether it is loaded.
    pub enabled: bool,
    /// Its folder's name in the folder of plugins.
    pub folder: String,
    /// Its component's file name there.
    pub component: String,
    /// SHA-256 of the component.
    pub component_sha256: String,
    /// SHA-256 of the manifest.
    pub manifest_sha256: String,
    /// SHA-256 of what it says of itself: its tools, resources and prompts.
    pub says_sha256: String,
    /// What was granted: the manifest's allow lines.
    #[serde(default)]
    pub allow: Vec<AllowLine>,
    /// Each tool with its access and a digest of what it says.
    pub tools: BTreeMap<String, ShownTool>,
}

/// The file's own form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(default)]
    plugins: BTreeMap<PluginName, Entry>,
}

/// Why there is no telling what was approved; then nothing is loaded.
#[derive(Debug, Error)]
pub enum LockError {
    /// Not readable.
    #[error("the lock file {} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Not TOML, or not these keys, or of another version of this server.
    #[error(
        "the lock file {} is not one that this server writes: {problem}. Put back the one you had, or remove it and approve each plugin anew \
         with `plugins install`",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Where and what.
        problem: String,
    },
    /// Not writable.
    #[error("the lock file {} cannot be written: {error}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Lock {
    /// Reads the file; `None` if there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, LockError> {
        let unreadable = |error| LockError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let size = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            found => found.map_err(unreadable)?.len(),
        };
        let wrong = |problem| LockError::Format {
            path: path.to_owned(),
            problem,
        };
        if size > LOCK_BYTES {
            return Err(wrong(format!("it is larger than {LOCK_BYTES} bytes")));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let written: Written = toml::from_str(&text)
            .map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        if written.version != VERSION {
            return Err(wrong(format!(
                "its version is {}, not {VERSION}",
                written.version
            )));
        }
        let plain = |entry: &Entry| is_file_name(&entry.folder) && is_file_name(&entry.component);
        match written.plugins.iter().find(|(_, entry)| !plain(entry)) {
            Some((name, _)) => Err(wrong(format!("`{name}` is not in a folder of its own"))),
            None => Ok(Some(Self {
                entries: written.plugins,
            })),
        }
    }

    /// Changes the file, or makes it. Of several processes that do so at the same time each sees what the one before wrote.
    pub(super) fn edit<T>(
        path: &Path,
        change: impl FnOnce(&mut BTreeMap<PluginName, Entry>) -> T,
    ) -> Result<T, LockError> {
        let unwritable = |error| LockError::Unwritable {
            path: path.to_owned(),
            error,
        };
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(unwritable)?;
        let held = hold(folder).map_err(unwritable)?;
        let mut lock = Self::read(path)?.unwrap_or_default();
        let result = change(&mut lock.entries);
        let text = lock.text().map_err(io::Error::other).map_err(unwritable)?;
        replace(path, text.as_bytes()).map_err(unwritable)?;
        drop(held);
        Ok(result)
    }

    /// What was approved of one plugin.
    pub fn entry(&self, name: &PluginName) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// All of them, by name.
    pub fn entries(&self) -> impl Iterator<Item = (&PluginName, &Entry)> {
        self.entries.iter()
    }

    /// The same as if every plugin were enabled.
    pub(super) fn all_enabled(mut self) -> Self {
        for entry in self.entries.values_mut() {
            entry.enabled = true;
        }
        self
    }

    fn text(&self) -> Result<String, toml::ser::Error> {
        let written = Written {
            version: VERSION,
            plugins: self.entries.clone(),
        };
        Ok(format!("{HEADER}{}", toml::to_string_pretty(&written)?))
    }
}

impl Entry {
    /// What it says of itself, as it was approved.
    pub fn shown(&self) -> Shown {
        Shown {
            digest: self.says_sha256.clone(),
            tools: self.tools.clone(),
        }
    }
}

/// Writes a file so that whoever reads it finds the old one or the new one, whole, even after a loss of power.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let name = random::name().map_err(io::Error::other)?;
    let beside = folder.join(format!(".{name}.new"));
    let written = write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Nothing of it is left behind; that it could not be written is the error to tell.
        let _ = fs::remove_file(&beside);
    }
    written?;
    sync(folder)
}

/// A new file, on the disk when this returns.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes names last that were just given. Some file systems cannot; the names are there all the same.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

/// Holds off other processes that would write. Where the file system has no locks, nobody is held off.
fn hold(folder: &Path) -> io::Result<File> {
    let file = File::open(folder)?;
    match file.lock() {
        Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        _ => Ok(file),
    }
}

/// Where a file lies. A bare file name lies in the working directory.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
#[path = "lock_tests.rs"]
mod tests;
