//! Which scopes a caller holds, such as `notes.read`: the host enforces them, since Nextcloud does not (`bearer/022`).

use std::collections::BTreeSet;

/// What the caller's token was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// Every scope: Basic mode, where the operator is the user.
    All,
    /// These and no others.
    Only(BTreeSet<String>),
}

impl Scopes {
    /// Whether `scope` is among them.
    pub fn contains(&self, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(scopes) => scopes.contains(scope),
        }
    }
}
