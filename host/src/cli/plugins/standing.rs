//! How a plugin stands to the lock file.

use std::fmt;

use serde_json::{Value, json};

use crate::plugin::{Lock, PluginDescription};

/// What the lock file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It came with the program, and was approved with it.
    Bundled,
    /// There is no lock file.
    NoLock,
    /// It was never approved.
    Unknown,
    /// It is what was approved; whether it is switched on.
    Approved(bool),
    /// What of it is not what was approved.
    Differs(Vec<&'static str>),
}

impl Standing {
    pub(super) fn of(plugin: &PluginDescription, lock: Option<&Lock>) -> Self {
        if plugin.source.folder().is_none() {
            return Self::Bundled;
        }
        let Some(lock) = lock else {
            return Self::NoLock;
        };
        let Some(entry) = lock.entry(&plugin.manifest.name) else {
            return Self::Unknown;
        };
        let parts = [
            ("its component", entry.component_sha256 == plugin.digest),
            (
                "its manifest",
                entry.manifest_sha256 == plugin.manifest_sha256,
            ),
            ("what it may send", entry.allow == plugin.manifest.allow),
            ("what it says of itself", entry.shown() == plugin.shown),
        ];
        let differs = parts.into_iter().filter(|(_, same)| !same);
        let differs: Vec<_> = differs.map(|(what, _)| what).collect();
        if differs.is_empty() {
            Self::Approved(entry.enabled)
        } else {
            Self::Differs(differs)
        }
    }

    pub(super) fn json(&self) -> Value {
        let (state, differs) = match self {
            Self::Bundled => ("bundled", &[][..]),
            Self::NoLock => ("no lock file", &[][..]),
            Self::Unknown => ("not approved", &[][..]),
            Self::Approved(true) => ("approved", &[][..]),
            Self::Approved(false) => ("disabled", &[][..]),
            Self::Differs(what) => ("differs", &what[..]),
        };
        json!({ "state": state, "differs": differs })
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bundled => f.write_str("Part of this program, and approved with it"),
            Self::NoLock => f.write_str("Not pinned: there is no lock file"),
            Self::Unknown => f.write_str(
                "Not in the lock file: it is not loaded until `plugins install` approves it",
            ),
            Self::Approved(true) => f.write_str("Approved: it is what the lock file says"),
            Self::Approved(false) => {
                f.write_str("Approved and switched off: it is what the lock file says")
            }
            Self::Differs(what) => write!(
                f,
                "Not what was approved: {}. It is not loaded until `plugins install` approves it",
                what.join(", ")
            ),
        }
    }
}
