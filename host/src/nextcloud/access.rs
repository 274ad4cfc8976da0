//! What a tool may do to the user's data: an ordered scale, enforced on every request that the tool sends.

use std::fmt;

/// Each level includes the ones before it. See `wit/types.wit`, `access`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Looks only.
    Read,
    /// Adds what was not there.
    Create,
    /// Changes what is there.
    Update,
    /// Removes what is there.
    Delete,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}
