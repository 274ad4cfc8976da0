//! Finds the provider's document at Nextcloud, and says what to do where there is none.
//!
//! A stock web server in front of Nextcloud redirects the well-known path to `/index.php` (`oidc/001`): one redirect is
//! followed, by hand, and the request for it goes to `NEXTCLOUD_HOST` whatever scheme and port it names, because a server
//! behind a proxy does not know its own. Where the web server knows no such path, the `oidc` app's own is tried.

use bytes::Bytes;
use http::header::{ACCEPT, LOCATION};
use http::{Request, Response, StatusCode};
use thiserror::Error;
use url::Url;

use super::exchange::{ANSWER_BYTES, WITHIN, is_json};
use crate::nextcloud::{FetchError, ServiceClient};

/// OIDC Discovery 1.0, section 4.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// The same document by the app's own route (`oidc/003`).
const OF_THE_APP: &str = "/index.php/apps/oidc/openid-configuration";

/// Why there is no provider. Each text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum DiscoveryError {
    /// No answer.
    #[error("OIDC discovery failed: {0}. Check NEXTCLOUD_HOST, and that Nextcloud runs")]
    Unreachable(String),
    /// `occ maintenance:mode`, or an upgrade (`errors/069`).
    #[error(
        "OIDC discovery failed: Nextcloud is in maintenance mode; this server becomes ready when it is out of it"
    )]
    Maintenance,
    /// Nobody answers at the documents' addresses.
    #[error(
        "OIDC discovery failed: this Nextcloud has no OpenID Connect provider; install and enable its app `oidc` (`occ app:install oidc`), \
         and check that NEXTCLOUD_HOST is where Nextcloud is"
    )]
    NoProvider,
    /// `errors/028`: status 400 with a page.
    #[error(
        "OIDC discovery failed: Nextcloud does not trust the name in NEXTCLOUD_HOST; add it to `trusted_domains` in config.php"
    )]
    UntrustedDomain,
    /// Somebody in front wants to see a browser, or Nextcloud lives elsewhere.
    #[error(
        "OIDC discovery failed: NEXTCLOUD_HOST redirects to {0}; set it to the address where Nextcloud itself answers"
    )]
    Redirected(String),
    /// Any other status.
    #[error("OIDC discovery failed: NEXTCLOUD_HOST answered with status {0}")]
    Status(u16),
    /// Not what the specification asks for.
    #[error("OIDC discovery failed: the provider's document cannot be used: {0}")]
    Document(String),
    /// What its tokens are to be verified with is missing.
    #[error(
        "OIDC discovery failed: the provider's keys (its jwks_uri) cannot be used: {0}; its app `oidc` makes them when it is enabled"
    )]
    Keys(String),
    /// Another provider, or the same under a name that we were not told.
    #[error(
        "OIDC discovery failed: the provider calls itself `{found}`, and `{expected}` was expected; make NEXTCLOUD_HOST or \
         NEXTCLOUD_PUBLIC_URL that address, set `overwrite.cli.url`, `overwritehost` and `overwriteprotocol` in Nextcloud's config.php, \
         or set NEXTCLOUD_OIDC_ISSUER to `{found}` if you know that it is yours"
    )]
    Issuer {
        /// What it may be.
        expected: String,
        /// What it says.
        found: String,
    },
    /// An endpoint at another origin: our secrets would go there.
    #[error(
        "OIDC discovery failed: the provider's {endpoint} is at {origin}; if it is yours, add it to NEXTCLOUD_OIDC_ENDPOINT_ORIGINS"
    )]
    Elsewhere {
        /// As the document calls it.
        endpoint: &'static str,
        /// Scheme, host and port.
        origin: String,
    },
    /// Our secrets would travel in the clear.
    #[error(
        "OIDC discovery failed: the provider's {endpoint} is at {origin}, over plain http; set `overwriteprotocol` to `https` in Nextcloud's \
         config.php, or NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP=true if the network between is trusted"
    )]
    PlainHttp {
        /// As the document calls it.
        endpoint: &'static str,
        /// Scheme, host and port.
        origin: String,
    },
    /// Sign-in without S256 could be stolen on its way; OAuth 2.1 and MCP ask for it.
    #[error(
        "PKCE validation failed: the provider advertises code challenge methods without S256 ({advertised}); update Nextcloud's app `oidc`"
    )]
    Pkce {
        /// As advertised.
        advertised: String,
    },
    /// Nothing of Nextcloud's.
    #[error(
        "OIDC discovery failed: NEXTCLOUD_MCP_SERVER_URL makes no redirect URI ({0}); write it like https://mcp.example.com"
    )]
    OwnAddress(String),
}

impl DiscoveryError {
    /// Whether asking again is no use: the provider answered, and the answer is no. Everything else can change while this
    /// server waits.
    pub(in crate::auth) fn is_final(&self) -> bool {
        matches!(self, Self::Pkce { .. })
    }
}

/// Where discovery begins.
pub(super) fn address(client: &ServiceClient) -> String {
    format!("{}{WELL_KNOWN}", client.base_url())
}

/// The provider's document, still unread.
pub(super) async fn document(client: &ServiceClient) -> Result<Bytes, DiscoveryError> {
    match follow(client, &address(client)).await {
        Err(DiscoveryError::NoProvider) => {
            follow(client, &format!("{}{OF_THE_APP}", client.base_url())).await
        }
        result => result,
    }
}

/// With at most one redirect.
async fn follow(client: &ServiceClient, address: &str) -> Result<Bytes, DiscoveryError> {
    let answer = get(client, address).await?;
    if !answer.status().is_redirection() {
        return read(answer);
    }
    let next = same_host(client, address, &answer)?;
    let answer = get(client, &next).await?;
    if answer.status().is_redirection() {
        return Err(DiscoveryError::Redirected(
            "one address after another".to_owned(),
        ));
    }
    read(answer)
}

async fn get(client: &ServiceClient, address: &str) -> Result<Response<Bytes>, DiscoveryError> {
    let request = Request::get(address)
        .header(ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|error| DiscoveryError::Unreachable(error.to_string()))?;
    client
        .send(request, ANSWER_BYTES, WITHIN)
        .await
        .map_err(|error| match error {
            FetchError::TooLarge(_) => DiscoveryError::Document(error.to_string()),
            error => DiscoveryError::Unreachable(error.to_string()),
        })
}

/// Where a redirect leads, at `NEXTCLOUD_HOST`'s own origin. Another host is refused, with its name.
fn same_host(
    client: &ServiceClient,
    from: &str,
    answer: &Response<Bytes>,
) -> Result<String, DiscoveryError> {
    let nowhere = || DiscoveryError::Redirected("nowhere".to_owned());
    let location = answer
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(nowhere)?;
    let here = Url::parse(from).map_err(|_| nowhere())?;
    let target = here.join(location).map_err(|_| nowhere())?;
    let public = Url::parse(&client.public_url()).map_err(|_| nowhere())?;
    let known = [here.host(), public.host()];
    if target.host().is_none() || !known.contains(&target.host()) {
        return Err(DiscoveryError::Redirected(
            target.origin().ascii_serialization(),
        ));
    }
    let origin = here.origin().ascii_serialization();
    let query = target.query().map(|query| format!("?{query}"));
    Ok(format!(
        "{origin}{}{}",
        target.path(),
        query.unwrap_or_default()
    ))
}

fn read(answer: Response<Bytes>) -> Result<Bytes, DiscoveryError> {
    let json = is_json(answer.headers());
    match answer.status() {
        StatusCode::OK if json => Ok(answer.into_body()),
        // A page instead: of a single-page application, or of a proxy that asks for a password.
        StatusCode::OK | StatusCode::NOT_FOUND => Err(DiscoveryError::NoProvider),
        StatusCode::SERVICE_UNAVAILABLE => Err(DiscoveryError::Maintenance),
        StatusCode::BAD_REQUEST if !json => Err(DiscoveryError::UntrustedDomain),
        status => Err(DiscoveryError::Status(status.as_u16())),
    }
}
