//! Scopes: what a client may do as its user, such as `notes.read`. Each belongs to a loaded plugin.
//!
//! Never here: enforcing them (see `Caller::has_scope`).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Scopes kept of what a request names, at most; a server has two a plugin.
const SCOPES: usize = 64;

/// Longest scope, in characters.
const SCOPE_LENGTH: usize = 64;

/// The scopes that there are now, in words: two for each loaded plugin. Asked anew each time, since plugins come and go.
pub type KnownScopes = Arc<dyn Fn() -> Vec<Scope> + Send + Sync>;

/// One scope, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Such as `notes.read`.
    pub name: String,
    /// Such as `Notes: read`.
    pub title: String,
    /// Whether it lets a client change things.
    pub writes: bool,
}

/// A set of scope names, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ScopeSet(BTreeSet<String>);

impl ScopeSet {
    /// RFC 6749, section 3.3: words separated by spaces. In lower case, as Nextcloud makes them (it lowers every scope);
    /// what is too long to be one is left out.
    pub(super) fn parse(text: &str) -> Self {
        let words = text.split_ascii_whitespace();
        let fitting = words.filter(|word| word.len() <= SCOPE_LENGTH);
        Self(fitting.take(SCOPES).map(str::to_ascii_lowercase).collect())
    }

    /// All of them.
    pub(super) fn of(known: &[Scope]) -> Self {
        Self(known.iter().map(|scope| scope.name.clone()).collect())
    }

    /// Those that are in both.
    pub(super) fn within(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    pub(super) fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// For whoever enforces them.
    pub(super) fn into_names(self) -> BTreeSet<String> {
        self.0
    }
}

/// As RFC 6749 writes them.
impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_sorted_lowered_once_each_and_bounded() {
        let set = ScopeSet::parse("notes.write  Notes.Read notes.read");
        assert_eq!(set.to_string(), "notes.read notes.write");
        assert!(ScopeSet::parse(&"x".repeat(SCOPE_LENGTH + 1)).is_empty());
        let many = (0..1000)
            .map(|n| format!("s{n}"))
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(ScopeSet::parse(&many).iter().count(), SCOPES);
    }

    #[test]
    fn nothing_is_granted_that_was_not_asked_for() {
        let asked = ScopeSet::parse("notes.read openid");
        let known = ScopeSet::parse("notes.read notes.write");
        assert_eq!(asked.within(&known).to_string(), "notes.read");
    }
}
