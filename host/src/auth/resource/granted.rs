//! What was found out about a token: whose it is, how to speak to Nextcloud with it, and what it may do.

use std::sync::Arc;

use super::super::grant::{ClientDigest, Timestamp};
use super::super::scope::ScopeSet;
use crate::nextcloud::{Credential, Scopes};

/// A token that Nextcloud vouched for. Holds no secret that could be printed.
#[derive(Clone)]
pub(super) struct Found {
    /// Bound to the user whom Nextcloud named.
    pub(super) credential: Credential,
    /// Nextcloud's user id.
    pub(super) user: Arc<str>,
    pub(super) granted: Granted,
    /// When it ends by itself, where that is known.
    pub(super) expires: Option<Timestamp>,
    /// For the log.
    pub(super) grant: Option<String>,
    /// For the log.
    pub(super) client: Option<ClientDigest>,
}

/// What a token may do here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Granted {
    /// Everything that the operator leaves: an app password, which carries no scopes.
    Everything,
    /// What its user agreed to on our consent page.
    Consented(ScopeSet),
    /// What Nextcloud says that it was issued for; what of it means something here depends on the plugins.
    Named(ScopeSet),
}

/// The scopes of ours that a token names; else what the operator gives to those that name none. Nothing if that is
/// nothing.
pub(in crate::auth) fn of_named(
    named: &ScopeSet,
    known: &ScopeSet,
    default: &ScopeSet,
) -> Option<ScopeSet> {
    let candidates = [named.within(known), default.within(known)];
    candidates.into_iter().find(|scopes| !scopes.is_empty())
}

impl From<ScopeSet> for Scopes {
    fn from(scopes: ScopeSet) -> Self {
        Self::Only(scopes.into_names())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_for_those_that_name_no_scope_of_ours() {
        let known = ScopeSet::parse("notes.read notes.write calendar.read");
        let of = |named: &str, default: &str| {
            of_named(&ScopeSet::parse(named), &known, &ScopeSet::parse(default))
                .map(|scopes| scopes.to_string())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("openid notes.read", "notes.write"), some("notes.read"));
        assert_eq!(of("openid", "notes.read nope.read"), some("notes.read"));
        assert_eq!(of("openid deck.read", ""), None);
        assert_eq!(of("", "deck.read"), None);
    }
}
