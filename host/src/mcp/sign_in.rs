//! What passes between the edge, which knows how a caller signed in, and a call, which finds out that it is over.
//!
//! rmcp answers a handler's error with 200. What HTTP must say instead (401, 403) is left here for the edge to find: a
//! [`SignIn`] in the request's extensions, [`MissingScopes`] in the response's. The edge adds what this folder does not
//! know: the challenge (RFC 6750, section 3).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One caller's own sign-in, in the extensions of each of their requests. Absent where the operator signed in for
/// everybody: then no client could do anything about a refusal.
#[derive(Debug, Clone)]
pub struct SignIn {
    grant: Option<Arc<str>>,
    client: Option<Arc<str>>,
    kind: &'static str,
    refused: Arc<AtomicBool>,
}

impl SignIn {
    /// For the log: the name of the grant that the user gave, and a digest that stands for the client that has it, where
    /// there are any. Neither is a secret.
    /// `kind` says what they proved themselves with, in a word.
    pub fn new(grant: Option<&str>, client: Option<&str>, kind: &'static str) -> Self {
        Self {
            grant: grant.map(Into::into),
            client: client.map(Into::into),
            kind,
            refused: Arc::default(),
        }
    }

    /// Whether Nextcloud refused the sign-in (401) while the request was answered. Then the answer is worth nothing and
    /// the client has to sign in again.
    pub fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }

    pub(super) fn refuse(&self) {
        self.refused.store(true, Ordering::Release);
    }

    pub(super) fn grant(&self) -> Option<&str> {
        self.grant.as_deref()
    }

    pub(super) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(super) fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }
}

/// In the extensions of a 403: the scopes that the operation needs, all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingScopes(pub Vec<String>);
