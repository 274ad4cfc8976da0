//! One user, as the rest of the host sees them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio::time::timeout;

use super::account::Account;
use super::fetch;
use crate::trace::Trace;

use super::{Access, Budget, Credential, FetchError, Grant, Nextcloud, Request, Response, Scopes};

/// Who a user is, by Nextcloud's own word (`ocs/v2.php/cloud/user`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `ocs.data.id`, raw; never a login name.
    pub id: String,
    /// What Nextcloud shows for the user.
    pub display_name: String,
    /// Where the user has one.
    pub email: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// BCP 47.
    pub language: String,
    /// Group ids.
    pub groups: Vec<String>,
}

/// Where the user's Nextcloud is and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// For links that people open, without a slash at the end (`NEXTCLOUD_PUBLIC_URL`, else the host's address).
    pub url: String,
    /// What hrefs in DAV answers begin with: empty, or such as `/nextcloud`.
    pub web_root: String,
    /// Such as `33.0.3`.
    pub version: String,
}

/// What the host knows about the one who calls: their scopes and how to speak to Nextcloud as them. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    nextcloud: Nextcloud,
    credential: Credential,
    scopes: Arc<Scopes>,
}

impl Caller {
    pub(super) fn new(nextcloud: Nextcloud, credential: Credential, scopes: Scopes) -> Self {
        Self {
            nextcloud,
            credential,
            scopes: Arc::new(scopes),
        }
    }

    /// Sends one request as this user, if `grant` (built from manifest and operator) and `access` (of the running
    /// tool) allow it and the budget lasts. The only function through which a plugin's request leaves the host.
    pub async fn fetch(
        &self,
        grant: &Grant,
        access: Access,
        budget: &Budget,
        request: Request,
    ) -> Result<Response, FetchError> {
        let fetched = self
            .in_time(async |account| fetch::fetch(&account, grant, access, budget, request).await)
            .await;
        fetched.inspect_err(|error| {
            if matches!(error, FetchError::Forbidden(_)) {
                Trace::refused();
            }
        })
    }

    /// Who the user is; cached with the credential.
    pub async fn whoami(&self) -> Result<Arc<Identity>, FetchError> {
        self.in_time(async |account| account.identity().await).await
    }

    /// Asks Nextcloud now, without cookies, whose credential this is, and whether it still stands; shared by all who ask
    /// meanwhile. [`FetchError::Unauthorized`] is Nextcloud's definite no, every other error says nothing.
    pub async fn prove(&self) -> Result<Arc<Identity>, FetchError> {
        self.in_time(async |account| account.identity_now().await)
            .await
    }

    /// Whether Nextcloud refused this credential lately; nothing can be sent with it. Asks nobody.
    pub fn is_refused(&self) -> bool {
        self.nextcloud.has_refused(self.credential.id())
    }

    /// Where and what the user's Nextcloud is; cached with the credential.
    pub async fn server(&self) -> Result<Arc<ServerInfo>, FetchError> {
        let capabilities = self
            .in_time(async |account| account.capabilities().await)
            .await?;
        Ok(Arc::new(ServerInfo {
            url: self.nextcloud.public_url(),
            web_root: self.nextcloud.web_root().to_owned(),
            version: capabilities.version.clone(),
        }))
    }

    /// Top-level keys of the user's capabilities document (`notes`, `dav`, ...), cached with the credential for
    /// [`CAPABILITIES_TTL`](super::CAPABILITIES_TTL). Decides which plugins' tools the user is shown.
    pub async fn capabilities(&self) -> Result<Arc<BTreeSet<String>>, FetchError> {
        let capabilities = self
            .in_time(async |account| account.capabilities().await)
            .await?;
        Ok(Arc::clone(&capabilities.keys))
    }

    /// By what name the user is known before Nextcloud is asked: the id that the sign-in named, or Basic mode's user name.
    pub fn name(&self) -> Option<&str> {
        self.credential.user().or(self.credential.login())
    }

    /// Whether the caller holds a scope such as `notes.write`. In Basic mode every scope is held.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// Stable for one credential while the process runs, meaningless outside: keys queues and counters. Not a secret.
    pub fn key(&self) -> u64 {
        self.credential.id().short()
    }

    /// Runs `work` with the credential's state, for at most [`Limits::total_timeout`](super::Limits::total_timeout).
    async fn in_time<T>(
        &self,
        work: impl AsyncFnOnce(Arc<Account>) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let account = self.nextcloud.account(&self.credential).await?;
        // Boxed: the future of a whole exchange is large, and every caller's future would hold it.
        let work = Box::pin(work(account));
        timeout(self.nextcloud.limits().total_timeout, work)
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("credential", &self.credential.id())
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
