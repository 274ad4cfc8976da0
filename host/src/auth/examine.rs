//! OAuth mode looked at from outside, for `doctor`: the provider, this server's client there, and what is kept on disk.
//!
//! Invariant: nothing is changed that is there already. No key and no database is made, nothing is put aside, and a
//! registration that is made for a look is given back.

use std::path::Path;

use secrecy::SecretString;

use super::folder::{DataFolder, FolderError};
use super::grant;
use super::key::{KeyError, SecretKeys};
use super::key_file::{self, KeyFileError};
use super::place::Place;
use super::registration::{
    self, DatabaseError, HalfClient, Owner, Registrar, Registration, RegistrationError, look_into,
};
use super::resource::of_named;
use super::scope::{Scope, ScopeSet};
use super::seal::Sealer;
use super::upstream::{ClientCredentials, DiscoveryError, Introspection, Upstream, UpstreamError};
use crate::config::OAuthSettings;
use crate::nextcloud::ServiceClient;
use crate::random;

/// What is looked at.
pub(crate) struct Examination {
    pub(crate) place: Place,
    pub(crate) settings: OAuthSettings,
    pub(crate) http: ServiceClient,
}

/// A provider that can be used.
pub(crate) struct SeenProvider(Upstream);

/// This server's client, as far as it is known here.
pub(crate) struct OwnClient {
    credentials: ClientCredentials,
    /// Seconds that it lasts in all, and that are left; nothing if it has no end, or none that is known.
    pub(crate) lasts: Option<(u64, u64)>,
}

/// Where the key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFrom {
    /// `NEXTCLOUD_MCP_SECRET_KEY`.
    Setting,
    /// The key file.
    File,
    /// There is none yet; the first start makes one.
    FirstStart,
    /// There is no place to keep one.
    Nowhere,
}

/// Opens what is stored; without a key, nothing.
#[derive(Default)]
pub(crate) struct Opener(Option<Sealer>);

/// Why the key is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyTrouble {
    #[error(transparent)]
    Setting(#[from] KeyError),
    #[error(transparent)]
    File(#[from] KeyFileError),
}

/// What the database holds for this address at this provider.
pub(crate) enum Kept {
    Nothing,
    /// A registration that no key opens.
    Sealed,
    Client(OwnClient),
}

/// What Nextcloud says of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    Known,
    Unknown,
    /// In its words.
    Unsaid(String),
}

/// For whom a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    /// For this server, as Nextcloud tells its client.
    Here {
        scope: String,
    },
    /// Issued to this server's own client.
    Own,
    /// Nextcloud does not say so.
    NotHere,
    Unsaid(String),
}

/// What is missing of mode B's client, if only half of it is set.
pub(crate) fn half_client(settings: &OAuthSettings) -> Option<HalfClient> {
    registration::configured(settings).err()
}

/// What a token of Nextcloud's may do here that was issued for `scope`; nothing if each request with it is refused.
pub(crate) fn allowed(scope: &str, known: &[Scope], settings: &OAuthSettings) -> Option<String> {
    let default = ScopeSet::parse(&settings.default_scopes.join(" "));
    let allowed = of_named(&ScopeSet::parse(scope), &ScopeSet::of(known), &default);
    allowed.map(|scopes| scopes.to_string())
}

impl SeenProvider {
    pub(crate) fn issuer(&self) -> &str {
        self.0.issuer()
    }

    pub(crate) fn supports_s256(&self) -> bool {
        self.0.supports_s256()
    }

    /// Whether anybody may register a client.
    pub(crate) fn registers(&self) -> bool {
        self.0.registration_endpoint().is_some()
    }

    /// Asks about a token that nobody has: whoever is told that it is not active was known.
    pub(crate) async fn standing(&self, client: &OwnClient) -> Standing {
        let Ok(nobodys) = random::name() else {
            return Standing::Unsaid("this machine gives no random numbers".to_owned());
        };
        let nobodys = SecretString::from(nobodys);
        match self.0.introspect(&client.credentials, &nobodys).await {
            Ok(_) => Standing::Known,
            Err(UpstreamError::UnknownClient) => Standing::Unknown,
            Err(error) => Standing::Unsaid(error.to_string()),
        }
    }

    /// Asks as `client` for whom a token is.
    pub(crate) async fn meant(&self, client: &OwnClient, token: &SecretString) -> Meant {
        match self.0.introspect(&client.credentials, token).await {
            Ok(Introspection::Inactive) => Meant::NotHere,
            Ok(Introspection::Active { client_id, .. }) if client_id == client.credentials.id => {
                Meant::Own
            }
            Ok(Introspection::Active { scope, .. }) => Meant::Here { scope },
            Err(error) => Meant::Unsaid(error.to_string()),
        }
    }
}

impl Examination {
    /// As start-up does.
    pub(crate) async fn provider(&self) -> Result<SeenProvider, DiscoveryError> {
        Upstream::discover(&self.http, &self.place, &self.settings)
            .await
            .map(SeenProvider)
    }

    /// Mode B's client.
    pub(crate) fn configured(&self) -> Result<Option<OwnClient>, HalfClient> {
        let client = registration::configured(&self.settings)?;
        Ok(client.map(|credentials| OwnClient {
            credentials,
            lasts: None,
        }))
    }

    /// Registers and gives the registration back. What it was, and whether it is gone.
    pub(crate) async fn try_registering(
        &self,
        provider: &SeenProvider,
    ) -> Result<(OwnClient, bool), RegistrationError> {
        let registrar = Registrar::new(self.http.clone(), provider.0.clone(), &self.place);
        let registration = registrar.register().await?;
        let is_gone = registrar.delete(&registration).await;
        Ok((OwnClient::of(&registration), is_gone))
    }

    /// The folder, if it is there; what is wrong with who can look into it.
    pub(crate) fn folder(path: &Path) -> Result<Option<DataFolder>, FolderError> {
        if path.exists() {
            DataFolder::open(path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Whether anything can be kept in it.
    pub(crate) fn is_writable(folder: &DataFolder) -> Result<(), FolderError> {
        folder.check_writable()
    }

    /// Where the key comes from, and what opens what is stored under it.
    pub(crate) fn key(
        &self,
        folder: Option<&DataFolder>,
        has_place: bool,
    ) -> Result<(KeyFrom, Opener), KeyTrouble> {
        let opener = |keys: SecretKeys| Opener(Some(Sealer::new(keys, self.place.issuer())));
        if let Some(text) = &self.settings.secret_key {
            return Ok((KeyFrom::Setting, opener(SecretKeys::parse(text)?)));
        }
        match folder.map(key_file::read).transpose()?.flatten() {
            Some(keys) => Ok((KeyFrom::File, opener(keys))),
            None if has_place => Ok((KeyFrom::FirstStart, Opener::default())),
            None => Ok((KeyFrom::Nowhere, Opener::default())),
        }
    }

    /// What is stored of this server's client at `provider`; without one, only whether the database can be used.
    pub(crate) async fn kept(
        &self,
        folder: DataFolder,
        Opener(sealer): Opener,
        provider: Option<&SeenProvider>,
    ) -> Result<Kept, DatabaseError> {
        let owner = Owner {
            issuer: provider.map_or_else(String::new, |provider| provider.issuer().to_owned()),
            server_url: self.place.issuer().to_owned(),
        };
        let (found, others) = look_into(folder, owner, sealer).await?;
        Ok(match found.first() {
            Some(newest) => Kept::Client(OwnClient::of(newest)),
            None if others => Kept::Sealed,
            None => Kept::Nothing,
        })
    }
}

impl OwnClient {
    fn of(registration: &Registration) -> Self {
        let lasts = registration.expires.map(|expires| {
            let life = expires.saturating_sub(registration.issued);
            (life, expires.saturating_sub(grant::now()))
        });
        Self {
            credentials: registration.credentials(),
            lasts,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.credentials.id
    }
}
