//! OAuth mode as a whole: what its parts share, and whether Nextcloud's provider is there yet.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use super::call_seal::CallSeal;
use super::denied::DeniedTokens;
use super::folder::{DataFolder, FolderError};
use super::grant_watch::GrantWatch;
use super::key::{KeyError, SecretKeys};
use super::key_file::{self, KeyFileError};
use super::place::Place;
use super::registration::{self, Clients, HalfClient};
use super::scope::KnownScopes;
use super::seal::Sealer;
use super::start_up::StartUp;
use super::upstream::{DiscoveryError, Upstream};
use crate::config::OAuthSettings;
use crate::nextcloud::{self, Nextcloud};

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

/// What OAuth mode is made of.
pub struct OAuthParts {
    /// Where people sign in.
    pub nextcloud: Nextcloud,
    /// Where this server is.
    pub place: Place,
    /// The operator's word.
    pub settings: OAuthSettings,
    /// What clients can ask for.
    pub known: KnownScopes,
    /// Where things are kept between starts; see [`data_folder`].
    pub folder: Option<DataFolder>,
}

/// Why OAuth mode cannot begin, whatever Nextcloud does later.
#[derive(Debug, Error)]
pub enum OAuthError {
    /// See [`HalfClient`].
    #[error(transparent)]
    Client(#[from] HalfClient),
    /// See [`KeyError`].
    #[error(transparent)]
    Key(#[from] KeyError),
    /// See [`KeyFileError`].
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// See [`FolderError`].
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// See [`nextcloud::SetupError`].
    #[error(transparent)]
    Nextcloud(#[from] nextcloud::SetupError),
    /// What the provider says about itself can never do: `PKCE validation failed`.
    #[error("{0}")]
    Provider(String),
}

impl OAuthError {
    /// Whether another setting, or a command on this machine, would help.
    pub fn is_misuse(&self) -> bool {
        !matches!(
            self,
            Self::Provider(_) | Self::KeyFile(KeyFileError::NoRandomness)
        )
    }
}

impl From<DiscoveryError> for OAuthError {
    fn from(error: DiscoveryError) -> Self {
        Self::Provider(error.to_string())
    }
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
    /// Checks the settings and everything on disk; nothing is sent until [`StartUp::run`].
    pub fn new(parts: OAuthParts) -> Result<(Arc<Self>, StartUp), OAuthError> {
        let OAuthParts {
            nextcloud,
            place,
            settings,
            known,
            folder,
        } = parts;
        let client = registration::configured(&settings)?;
        let keys = keys(&settings, folder.as_ref())?;
        let sealer = Sealer::new(keys, place.issuer());
        let http = nextcloud.service_client()?;
        let (provider, readiness) = watch::channel(None);
        let oauth = Arc::new(Self {
            place,
            settings,
            sealer,
            nextcloud,
            known,
            denied: DeniedTokens::default(),
            grant_watch: GrantWatch::default(),
            readiness,
        });
        let start_up = StartUp::new(Arc::clone(&oauth), http, client, folder, provider);
        Ok((oauth, start_up))
    }

    /// The provider, once it was discovered and a client is there.
    pub(super) fn provider(&self) -> Result<Arc<Provider>, NotReady> {
        self.readiness.borrow().clone().ok_or(NotReady)
    }

    /// What clients are to be given: the address at which MCP is spoken.
    pub fn resource(&self) -> String {
        self.place.resource()
    }

    /// Seals what clients carry from one request of a call to the next.
    pub fn call_seal(&self) -> CallSeal {
        CallSeal::of(&self.sealer)
    }

    /// Whether people can sign in.
    pub fn is_ready(&self) -> bool {
        self.readiness.borrow().is_some()
    }

    /// Waits until people can sign in. `false` if that will not come any more.
    pub async fn ready(&self) -> bool {
        let mut readiness = self.readiness.clone();
        readiness.wait_for(Option::is_some).await.is_ok()
    }
}

/// Opens the folder for what OAuth mode keeps. `None`, and a warning, if there is no place for it or the place is of no
/// use; a folder that others can look into is refused. With both a client and a key of the operator's nothing is kept.
pub fn data_folder(
    settings: &OAuthSettings,
    path: Option<PathBuf>,
) -> Result<Option<DataFolder>, FolderError> {
    if settings.oidc_client_id.is_some() && settings.secret_key.is_some() {
        return Ok(None);
    }
    let Some(path) = path else {
        tracing::warn!(
            "there is no place to keep anything: NEXTCLOUD_MCP_DATA_DIR is not set, and neither is HOME. The OAuth client of this server is lost \
             when it ends"
        );
        return Ok(None);
    };
    match DataFolder::open(&path) {
        Ok(folder) => Ok(Some(folder)),
        Err(error @ FolderError::Unusable { .. }) => {
            tracing::warn!("{error}. The OAuth client of this server is lost when it ends");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The operator's keys, else those of the key file, else one that lasts as long as this process.
fn keys(settings: &OAuthSettings, folder: Option<&DataFolder>) -> Result<SecretKeys, OAuthError> {
    if let Some(text) = &settings.secret_key {
        return Ok(SecretKeys::parse(text)?);
    }
    let trouble = match folder.map(key_file::read_or_make) {
        Some(Err(KeyFileError::Folder(error @ FolderError::Unusable { .. }))) => {
            format!("{error}. ")
        }
        Some(keys) => return Ok(keys?),
        None => String::new(),
    };
    tracing::warn!(
        "{trouble}The key that seals what this server gives out is in memory alone: when it ends, everybody signs in again. Set \
         NEXTCLOUD_MCP_SECRET_KEY (`openssl rand -hex 32` makes one)"
    );
    let (keys, _) = SecretKeys::generate().map_err(KeyFileError::from)?;
    Ok(keys)
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
