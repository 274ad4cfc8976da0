//! Where a plugin's manifest and component come from: a folder of the operator's, or this program itself.
//!
//! `host/build.rs` puts the bundled plugins in. A debug build has none unless it was given some.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::load::LoadError;
use super::manifest::{MANIFEST_FILE, Manifest, ManifestError, read_file};
use super::shown::digest;

// `static BUNDLED: &[Bundled]`, ordered by name.
include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// A plugin within this program.
#[derive(PartialEq, Eq)]
pub struct Bundled {
    pub(super) name: &'static str,
    pub(super) manifest: &'static str,
    pub(super) component: &'static [u8],
}

impl Bundled {
    /// All that this program was built with, ordered by name.
    pub fn all() -> &'static [Self] {
        BUNDLED
    }

    /// What it is called.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Bundled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundled")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Where one plugin comes from. Shown as `bundled`, or as the path of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// This program.
    Bundled(&'static Bundled),
    /// A folder with the manifest and the component.
    Folder(PathBuf),
}

/// Where a component's bytes are. They are read once: what was digested is what is compiled.
#[derive(Debug, Clone)]
pub(super) enum Binary {
    /// Not read yet.
    File(PathBuf),
    /// Already here.
    Memory(Bytes),
    /// Read and digested: SHA-256 in hex.
    Digested(String, Bytes),
}

impl Source {
    /// The manifest, read and checked.
    pub fn manifest(&self) -> Result<Manifest, ManifestError> {
        Manifest::parse(&self.manifest_bytes()?, &self.place().join(MANIFEST_FILE))
    }

    pub(super) fn manifest_bytes(&self) -> Result<Vec<u8>, ManifestError> {
        match self {
            Self::Bundled(plugin) => Ok(plugin.manifest.as_bytes().to_owned()),
            Self::Folder(folder) => read_file(&folder.join(MANIFEST_FILE)),
        }
    }

    /// The component that the manifest calls `name`.
    pub(super) fn binary(&self, name: &str) -> Binary {
        match self {
            Self::Bundled(plugin) => Binary::Memory(Bytes::from_static(plugin.component)),
            Self::Folder(folder) => Binary::File(folder.join(name)),
        }
    }

    /// The folder, if it is in one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Bundled(_) => None,
            Self::Folder(folder) => Some(folder),
        }
    }

    /// A path for messages.
    pub(super) fn place(&self) -> PathBuf {
        match self {
            Self::Bundled(plugin) => Path::new("bundled").join(plugin.name),
            Self::Folder(folder) => folder.clone(),
        }
    }

    /// What a sentence about the plugin begins with.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Bundled(plugin) => format!("{} (bundled)", plugin.name),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled(_) => f.write_str("bundled"),
            Self::Folder(folder) => folder.display().fmt(f),
        }
    }
}

impl Binary {
    /// SHA-256 of the component in hex, and its bytes, if a file of at most `limit`. What is in memory was held against a limit
    /// already, or is bundled.
    pub(super) fn read(self, limit: u64) -> Result<(String, Bytes), LoadError> {
        let bytes = match self {
            Self::File(path) => read(&path, limit)?.into(),
            Self::Memory(bytes) => bytes,
            Self::Digested(digest, bytes) => return Ok((digest, bytes)),
        };
        Ok((digest(&bytes), bytes))
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |error| LoadError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(LoadError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}
