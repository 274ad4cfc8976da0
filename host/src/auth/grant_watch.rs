//! Who must know that a grant's access tokens have died: whoever remembers that they were valid, or holds connections
//! and cookies that they opened (`resource/`).
//!
//! A refresh kills the access token before it at Nextcloud (`oidc-flow/017`); only the grant's id is known then, since
//! nothing is kept here of what was given out.

use std::sync::{PoisonError, RwLock};

type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct GrantWatch {
    listeners: RwLock<Vec<Listener>>,
}

impl GrantWatch {
    /// `listener` gets the id of every grant that is renewed or ends. It is called in passing, so it must not block.
    pub(super) fn on_grant_renewed(&self, listener: impl Fn(&str) + Send + Sync + 'static) {
        let mut listeners = self
            .listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }

    /// All access tokens given out for this grant so far are dead.
    pub(super) fn renewed(&self, grant: &str) {
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener(grant);
        }
    }
}
