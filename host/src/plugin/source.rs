//! Where a plugin's manifest and component come from: a folder of the operator's, or this program itself.
//!
//! `host/build.rs` puts the bundled plugins in. A debug build has none unless it was given some.

use std::borrow::Cow;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::load::LoadError;
use super::manifest::{MANIFEST_FILE, Manifest, ManifestError};

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

impl Source {
    /// The manifest, read and checked.
    pub fn manifest(&self) -> Result<Manifest, ManifestError> {
        match self {
            Self::Bundled(plugin) => {
                let place = Path::new("bundled").join(plugin.name).join(MANIFEST_FILE);
                Manifest::parse(plugin.manifest, &place)
            }
            Self::Folder(folder) => Manifest::read(folder),
        }
    }

    /// The component that the manifest calls `name`. `limit` in bytes is for files: what is bundled is known.
    pub(super) fn component(
        &self,
        name: &str,
        limit: u64,
    ) -> Result<Cow<'static, [u8]>, LoadError> {
        match self {
            Self::Bundled(plugin) => Ok(Cow::Borrowed(plugin.component)),
            Self::Folder(folder) => read(&folder.join(name), limit).map(Cow::Owned),
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
