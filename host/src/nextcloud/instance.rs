//! One Nextcloud: its address, its limits and the users that are spoken for right now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use rustls::ClientConfig;
use url::Url;

use super::FetchError;
use super::account::Account;
use super::caller::Caller;
use super::credential::{Credential, CredentialId};
use super::http_cache::Room;
use super::origin::Origin;
use super::public::PublicClient;
use super::scopes::Scopes;
use super::service::ServiceClient;
use super::settings::{Limits, Settings, SetupError};
use super::tape::Tape;
use super::tls::ClientFactory;

/// Refused credentials remembered at once; the longest unused is forgotten first.
const REFUSED_CREDENTIALS: u64 = 10_000;

/// Longest time for which a refused credential is remembered: no sign-in here lasts longer.
const REFUSED_AT_MOST: Duration = Duration::from_hours(90 * 24);

/// Nobody's cookies are used any more once this many sessions in a row were refused at their first use, none taken
/// between: a single one may be a proxy's doing, or a user's who ended it that moment.
const SESSIONS_REFUSED: u32 = 3;

/// Cheap to clone; all clones are the same instance.
#[derive(Clone)]
pub struct Nextcloud {
    shared: Arc<Shared>,
    /// One account for each credential in use: bounded, and dropped when idle.
    accounts: Cache<CredentialId, Arc<Account>>,
}

/// What all accounts have in common, none of it a user's.
pub(super) struct Shared {
    pub(super) origin: Origin,
    pub(super) limits: Limits,
    pub(super) clients: ClientFactory,
    pub(super) http_cache: bool,
    pub(super) tape: Option<Arc<dyn Tape>>,
    pub(super) cache_room: Room,
    /// Credentials that got a 401, each with how long it is not tried again.
    refused: Cache<CredentialId, Duration>,
    /// How many new sessions in a row this server refused, up to [`SESSIONS_REFUSED`].
    sessions_refused: AtomicU32,
}

impl Nextcloud {
    /// Checks the settings and reads the certificates; nothing is sent.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let origin = Origin::new(&settings)?;
        let clients = ClientFactory::new(&settings)?;
        let limits = settings.limits;
        let refused = Cache::builder()
            .max_capacity(REFUSED_CREDENTIALS)
            .eviction_policy(EvictionPolicy::lru());
        let accounts = Cache::builder()
            .max_capacity(limits.accounts)
            .eviction_policy(EvictionPolicy::lru());
        Ok(Self {
            accounts: accounts.time_to_idle(limits.account_idle).build(),
            shared: Arc::new(Shared {
                origin,
                clients,
                http_cache: settings.http_cache,
                tape: settings.tape,
                cache_room: Room::new(limits.cache_total),
                refused: refused.expire_after(AsLongAsSaid).build(),
                sessions_refused: AtomicU32::new(0),
                limits,
            }),
        })
    }

    /// The user to whom `credential` belongs. Nothing is sent until something is asked for.
    pub fn caller(&self, credential: Credential, scopes: Scopes) -> Caller {
        Caller::new(self.clone(), credential, scopes)
    }

    /// Drops everything that belongs to a credential, at once: its account, connections, cookies and cached answers.
    /// What is under way with it can send nothing more, but for the one exchange of an account that the pool had dropped
    /// for room just then. To be called when the credential was given back or replaced.
    pub async fn forget(&self, id: CredentialId) {
        if let Some(account) = self.accounts.remove(&id).await {
            account.close();
        }
    }

    /// Where this server reaches it, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.shared.origin.base_url()
    }

    /// Whether what is sent to Nextcloud cannot be read on the way: it is reached by https, or on this machine.
    pub fn is_confidential(&self) -> bool {
        self.shared.origin.is_confidential()
    }

    /// A client for what this server itself asks Nextcloud, as nobody. Connections are its own.
    pub fn service_client(&self) -> Result<ServiceClient, SetupError> {
        let client = self.shared.clients.client()?;
        Ok(ServiceClient::new(client, self.shared.origin.clone()))
    }

    /// A client for public documents of third parties, whose addresses strangers choose. `allow_loopback` is for a
    /// developer's machine; see [`PublicClient`].
    pub fn public_client(&self, allow_loopback: bool) -> Result<PublicClient, SetupError> {
        PublicClient::new(&self.shared.clients, allow_loopback)
    }

    /// Whether this Nextcloud refused a session cookie that it had just made (see `cookies_refused`).
    pub fn refuses_sessions(&self) -> bool {
        self.shared.sessions_refused.load(Ordering::Relaxed) > 0
    }

    /// Where a certificate can be looked at; not behind a proxy, which has its own way there.
    pub(super) fn tls_address(&self) -> Option<(String, u16)> {
        if self.shared.clients.has_proxy() {
            return None;
        }
        let url = Url::parse(&self.shared.origin.base_url()).ok()?;
        if url.scheme() != "https" {
            return None;
        }
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some((host, url.port_or_known_default()?))
    }

    pub(super) fn tls_config(&self) -> ClientConfig {
        self.shared.clients.tls()
    }

    /// For links that people open, without a slash at the end.
    pub fn public_url(&self) -> String {
        self.shared.origin.public_url()
    }

    /// The state of a credential, made on its first use.
    pub(super) async fn account(
        &self,
        credential: &Credential,
    ) -> Result<Arc<Account>, FetchError> {
        let id = credential.id();
        if self.has_refused(id) {
            return Err(FetchError::Unauthorized);
        }
        if self
            .accounts
            .get(&id)
            .await
            .is_some_and(|account| account.is_ended())
        {
            self.accounts.invalidate(&id).await;
        }
        let shared = Arc::clone(&self.shared);
        let made = async { Account::new(credential.clone(), shared).map(Arc::new) };
        let account = self
            .accounts
            .try_get_with(id, made)
            .await
            .map_err(|error| FetchError::Other(error.to_string()))?;
        if let Some(user) = credential.user() {
            account.expect(user).await?;
        }
        Ok(account)
    }

    pub(super) fn has_refused(&self, id: CredentialId) -> bool {
        self.shared.refused.contains_key(&id)
    }

    /// State for a credential that is used once: it is in no pool, and gone when it is dropped.
    pub(super) fn lone_account(&self, credential: Credential) -> Result<Arc<Account>, FetchError> {
        Account::new(credential, Arc::clone(&self.shared))
            .map(Arc::new)
            .map_err(|error| FetchError::Other(error.to_string()))
    }

    /// A credential that is no more: whoever still comes with it is refused here, without a failed login there.
    pub(super) async fn retire(&self, id: CredentialId) {
        self.shared.refused.insert(id, REFUSED_AT_MOST).await;
        self.forget(id).await;
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(super) fn web_root(&self) -> &str {
        self.shared.origin.web_root()
    }
}

impl Shared {
    /// Remembers a credential that Nextcloud refused, and says so once. One whose end is known is never sent again.
    pub(super) async fn refuse(&self, credential: &Credential) {
        let id = credential.id();
        if self.refused.contains_key(&id) {
            return;
        }
        let time = credential.lasts().unwrap_or(self.limits.refused_for);
        let time = time.min(REFUSED_AT_MOST);
        tracing::warn!(
            credential = ?id,
            minutes = time.as_secs() / 60,
            "Nextcloud refused a credential (401); it is not sent again meanwhile, because repeated failures lock out everybody who uses this server"
        );
        self.refused.insert(id, time).await;
    }

    pub(super) fn cookies_work(&self) -> bool {
        self.sessions_refused.load(Ordering::Relaxed) < SESSIONS_REFUSED
    }

    /// The server took a session cookie.
    pub(super) fn cookies_taken(&self) {
        if self.cookies_work() {
            self.sessions_refused.store(0, Ordering::Relaxed);
        }
    }

    /// The server refused a session cookie that it had just made.
    pub(super) fn cookies_refused(&self) {
        if self.sessions_refused.fetch_add(1, Ordering::Relaxed) + 1 == SESSIONS_REFUSED {
            tracing::warn!(
                "this Nextcloud refuses its own session cookies (user_oidc 8.7 to 8.10 do); every request now makes a session of its own, \
                 which is slow: updating user_oidc helps"
            );
        }
    }
}

/// Keeps an entry for as long as it says.
struct AsLongAsSaid;

impl Expiry<CredentialId, Duration> for AsLongAsSaid {
    fn expire_after_create(
        &self,
        _: &CredentialId,
        time: &Duration,
        _: Instant,
    ) -> Option<Duration> {
        Some(*time)
    }
}
