//! OAuth mode as a whole: what its parts share, and whether Nextcloud's provider is there yet.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use super::denied::DeniedTokens;
use super::grant_watch::GrantWatch;
use super::place::Place;
use super::registration::Clients;
use super::scope::KnownScopes;
use super::seal::Sealer;
use super::upstream::Upstream;
use crate::config::OAuthSettings;
use crate::nextcloud::Nextcloud;

/// See the module's documentation.
pub struct OAuth {
    pub(super) place: Place,
    pub(super) settings: OAuthSettings,
    pub(super) sealer: Sealer,
    pub(super) nextcloud: Nextcloud,
    pub(super) known: KnownScopes,
    /// What was revoked here before its end.
    pub(super) denied: DeniedTokens,
    /// Who must know when a grant's access tokens die.
    pub(super) grant_watch: GrantWatch,
    readiness: watch::Receiver<Option<Arc<Provider>>>,
}

/// Nextcloud's provider and our clients there.
pub(super) struct Provider {
    pub(super) upstream: Upstream,
    pub(super) clients: Clients,
}

/// Discovery or registration has not succeeded yet: 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this server has not reached Nextcloud's sign-in yet; try again in a few seconds")]
pub(super) struct NotReady;

impl NotReady {
    /// When to come back.
    pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);
}

impl OAuth {
    /// The provider, once it was discovered and a client is there.
    pub(super) fn provider(&self) -> Result<Arc<Provider>, NotReady> {
        self.readiness.borrow().clone().ok_or(NotReady)
    }
}

#[cfg(test)]
impl OAuth {
    /// Never ready: for tests of what needs no Nextcloud.
    pub(super) fn without_provider(
        place: Place,
        settings: OAuthSettings,
        sealer: Sealer,
        nextcloud: Nextcloud,
        known: KnownScopes,
    ) -> Self {
        Self {
            place,
            settings,
            sealer,
            nextcloud,
            known,
            denied: DeniedTokens::default(),
            grant_watch: GrantWatch::default(),
            readiness: watch::channel(None).1,
        }
    }
}
