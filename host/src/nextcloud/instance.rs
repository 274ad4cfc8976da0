//! One Nextcloud: its address, its limits and the users that are spoken for right now.

use std::sync::Arc;

use super::caller::Caller;
use super::credential::Credential;
use super::origin::Origin;
use super::scopes::Scopes;
use super::settings::{Settings, SetupError};

/// Cheap to clone; all clones are the same instance.
#[derive(Clone)]
pub struct Nextcloud {
    inner: Arc<Inner>,
}

struct Inner {
    origin: Origin,
}

impl Nextcloud {
    /// Checks the settings; nothing is sent.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let origin = Origin::new(&settings)?;
        Ok(Self {
            inner: Arc::new(Inner { origin }),
        })
    }

    /// The user to whom `credential` belongs. Nothing is sent until something is asked for.
    pub fn caller(&self, credential: Credential, scopes: Scopes) -> Caller {
        Caller::new(self.clone(), credential, scopes)
    }

    /// For links that people open, without a slash at the end.
    pub fn public_url(&self) -> String {
        self.inner.origin.public_url()
    }
}
