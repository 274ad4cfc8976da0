//! The way into OAuth mode: discovery, PKCE, a client; again and again while Nextcloud is away.
//!
//! The lines that it logs stand in guides and alerts, and stay as they are.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::folder::{DataFolder, FolderError};
use super::oauth::{OAuth, OAuthError, Provider};
use super::registration::{
    Clients, DatabaseError, Office, Owner, Registrar, RegistrationError, Renewal, Store,
};
use super::upstream::{ClientCredentials, DiscoveryError, Upstream};
use crate::nextcloud::ServiceClient;
use crate::random;

/// Between the first two tries; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// An administrator who has just put something right does not wait longer.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Makes OAuth mode ready, and keeps its client good.
pub struct StartUp {
    oauth: Arc<OAuth>,
    http: ServiceClient,
    /// Mode B.
    client: Option<ClientCredentials>,
    folder: Option<DataFolder>,
    provider: watch::Sender<Option<Arc<Provider>>>,
}

/// Why a try did not succeed.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// Others can look into the database: only the operator can put that right.
    #[error(transparent)]
    Folder(FolderError),
}

/// What was said already, since tries are many and their news few.
#[derive(Default)]
struct Said {
    looked: bool,
    discovered: bool,
    trouble: Option<String>,
}

impl StartUp {
    pub(super) fn new(
        oauth: Arc<OAuth>,
        http: ServiceClient,
        client: Option<ClientCredentials>,
        folder: Option<DataFolder>,
        provider: watch::Sender<Option<Arc<Provider>>>,
    ) -> Self {
        Self {
            oauth,
            http,
            client,
            folder,
            provider,
        }
    }

    /// Tries until it succeeds, then keeps the client good; both until `stop`. An error is one that no waiting mends.
    pub async fn run(self, stop: CancellationToken) -> Result<(), OAuthError> {
        tracing::info!("Configuring MCP server for OAuth mode");
        let Some((provider, renewal)) = self.until_ready(&stop).await? else {
            return Ok(());
        };
        self.provider.send_replace(Some(Arc::new(provider)));
        tracing::info!("OAuth initialization complete");
        match renewal {
            Some(renewal) => renewal.run(stop).await,
            None => stop.cancelled().await,
        }
        Ok(())
    }

    /// `None` when told to stop.
    async fn until_ready(
        &self,
        stop: &CancellationToken,
    ) -> Result<Option<(Provider, Option<Renewal>)>, OAuthError> {
        let mut said = Said::default();
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(tried) = self.attempt(&mut said, stop).await else {
                return Ok(None);
            };
            match tried {
                Ok(made) => return Ok(Some(made)),
                Err(Failure::Folder(error)) => return Err(error.into()),
                Err(Failure::Discovery(error)) if error.is_final() => return Err(error.into()),
                Err(failure) => said.trouble(&failure, &self.oauth),
            }
            if stop
                .run_until_cancelled(sleep(jittered(pause)))
                .await
                .is_none()
            {
                return Ok(None);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None` when told to stop.
    async fn attempt(
        &self,
        said: &mut Said,
        stop: &CancellationToken,
    ) -> Option<Result<(Provider, Option<Renewal>), Failure>> {
        let upstream = match stop.run_until_cancelled(self.discover(said)).await? {
            Ok(upstream) => upstream,
            Err(error) => return Some(Err(error.into())),
        };
        if let Some(client) = &self.client {
            tracing::info!("Using pre-configured OAuth client: {}", client.id);
            let clients = Clients::given(client.clone());
            return Some(Ok((Provider { upstream, clients }, None)));
        }
        let office = match stop.run_until_cancelled(self.office(&upstream)).await? {
            Ok(office) => office,
            Err(error) => return Some(Err(Failure::Folder(error))),
        };
        let Some(opened) = stop.run_until_cancelled(office.open()).await else {
            office.close().await;
            return None;
        };
        Some(
            opened
                .map_err(Failure::from)
                .map(|(clients, renewal)| (Provider { upstream, clients }, Some(renewal))),
        )
    }

    async fn discover(&self, said: &mut Said) -> Result<Upstream, DiscoveryError> {
        let OAuth {
            place, settings, ..
        } = &*self.oauth;
        said.looking(&Upstream::discovery_url(&self.http));
        let upstream = Upstream::discover(&self.http, place, settings).await?;
        said.found(&upstream);
        Ok(upstream)
    }

    /// Where registrations come from; in memory alone if the disk cannot keep them.
    async fn office(&self, upstream: &Upstream) -> Result<Office, FolderError> {
        let OAuth { place, sealer, .. } = &*self.oauth;
        let registrar = Registrar::new(self.http.clone(), upstream.clone(), place);
        let Some(folder) = self.folder.clone() else {
            return Ok(Office::new(registrar, None));
        };
        let owner = Owner {
            issuer: upstream.issuer().to_owned(),
            server_url: place.issuer().to_owned(),
        };
        let store = match Store::open(folder, owner, sealer.clone()).await {
            Ok(store) => Some(store),
            Err(DatabaseError::Folder(
                error @ (FolderError::Exposed { .. }
                | FolderError::Foreign { .. }
                | FolderError::NotAFile { .. }),
            )) => return Err(error),
            Err(error) => {
                tracing::warn!(
                    "{error}. The OAuth client of this server is kept in memory, and lost when it ends"
                );
                None
            }
        };
        Ok(Office::new(registrar, store))
    }
}

impl Said {
    fn looking(&mut self, url: &str) {
        if self.looked {
            tracing::debug!("Performing OIDC discovery: {url}");
        } else {
            tracing::info!("Performing OIDC discovery: {url}");
        }
        self.looked = true;
    }

    fn found(&mut self, upstream: &Upstream) {
        if self.discovered {
            return;
        }
        self.discovered = true;
        if upstream.supports_s256() {
            tracing::info!("✓ PKCE support validated: ['S256']");
        } else {
            tracing::warn!(
                "Nextcloud does not say that it checks PKCE (no code_challenge_methods_supported). This server sends its S256 challenge all the same, \
                 but if Nextcloud ignores it, a stolen authorization code can be redeemed by whoever also has this server's client secret; updating \
                 Nextcloud's app `oidc` helps"
            );
        }
        tracing::info!("OIDC discovery successful");
    }

    fn trouble(&mut self, failure: &Failure, oauth: &OAuth) {
        let text = failure.to_string();
        if self.trouble.as_ref() == Some(&text) {
            tracing::debug!("{text}");
            return;
        }
        tracing::warn!(
            "{text}. {} answers 503 until this server has succeeded; it keeps trying",
            oauth.place.resource()
        );
        self.trouble = Some(text);
    }
}

#[cfg(test)]
#[path = "start_up_tests.rs"]
mod tests;

/// Up to a quarter longer, so that many servers do not ask at once after an outage.
fn jittered(pause: Duration) -> Duration {
    let [random] = random::bytes::<1>().unwrap_or_default();
    pause + pause.mul_f64(f64::from(random) / 1024.0)
}
