//! What lies on the disk.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::peer::Installed;
use crate::harness::Peer;

/// A file, or a folder with everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// What.
    pub what: String,
    /// Bytes.
    pub bytes: u64,
}

pub(super) fn measure(peer: Option<&Installed>) -> Result<Vec<Size>> {
    let mut sizes = vec![Size {
        what: "the server's executable".to_owned(),
        bytes: fs::metadata(Peer::Server.required())?.len(),
    }];
    let mut folders: Vec<_> = fs::read_dir(Peer::Plugins.required())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        sizes.push(Size {
            what: format!("component {name}"),
            bytes: fs::metadata(folder.join(format!("{name}.wasm")))?.len(),
        });
    }
    if let Some(folder) = peer.and_then(Installed::folder) {
        sizes.push(Size {
            what: "the Python server and its packages, without Python".to_owned(),
            bytes: all_of(&folder)?,
        });
    }
    Ok(sizes)
}

/// Of all files in a folder, links left out: a virtual environment links to its Python.
fn all_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            bytes += all_of(&entry.path())?;
        } else if kind.is_file() {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes)
}
