//! Client ID metadata documents: a client whose id is the address of a document about it
//! (draft-ietf-oauth-client-id-metadata-document).
//!
//! Fetched from wherever a stranger says, so: through a client that reaches public addresses only, sends nothing of
//! ours and takes little; one request for all who wait; what came, and that nothing came, is remembered for a while.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, Response, StatusCode};
use moka::Expiry;
use moka::future::Cache;
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use super::client::{shown_name, shown_uri};
use super::redirect::{self, REDIRECT_URIS, RedirectError};
use super::{Client, ClientAuth};
use crate::auth::oauth::OAuth;
use crate::config::Authority;

/// Longest address of a document in bytes; the draft asks for short ones.
const ADDRESS_BYTES: usize = 256;

/// Documents remembered at once, each of 5 KiB at most.
const DOCUMENTS: u64 = 1000;

/// Documents that are fetched at the same time, so that nobody makes this server send a flood.
const FETCHES: usize = 8;

/// How long somebody waits for that. Strangers can name hosts that never answer, and who waits holds a place of the pages'.
const FETCH_SOON: Duration = Duration::from_secs(5);

/// How long it is remembered that there was no time for a fetch: it says nothing about the document.
const BUSY: Duration = Duration::from_secs(1);

/// A document is believed at least this long, however often its server says that it changes.
const FRESH_AT_LEAST: Duration = Duration::from_mins(5);

/// And at most this long.
const FRESH_AT_MOST: Duration = Duration::from_hours(24);

/// If its server says nothing.
const FRESH: Duration = Duration::from_hours(1);

/// How long a failure is remembered: a person who tries again waits, a stranger who insists makes no traffic.
const FAILED: Duration = Duration::from_secs(30);

/// Why a metadata document makes no client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum DocumentError {
    #[error("the client's metadata document could not be fetched: {0}")]
    Fetch(String),
    #[error(
        "this server fetches as many clients' metadata documents as it may right now; try again in a few seconds"
    )]
    Busy,
    #[error("the client's metadata document is not there: its host answered with status {0}")]
    Status(u16),
    #[error(
        "the client's metadata document is not a JSON document, or a field of it has another type than RFC 7591 gives it"
    )]
    NotJson,
    #[error("the client's metadata document names another client_id than its own address")]
    OtherClient,
    #[error(
        "the client's metadata document asks for token_endpoint_auth_method `{0}`; this server takes `none` from such clients"
    )]
    AuthMethod(String),
    #[error("the client's metadata document holds a secret, which anybody can read there")]
    Secret,
    #[error("the client's metadata document has no redirect URI, or more than {}", REDIRECT_URIS.end())]
    RedirectUris,
    #[error(
        "the client's metadata document has a redirect URI that this server does not accept: {0}"
    )]
    RedirectUri(#[from] RedirectError),
    #[error("the client's metadata document leaves out the code flow, which is the only one here")]
    Flow,
}

type Fetching = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send>>;

/// Fetches a document without following a redirect, or says in words why not.
pub(super) type Fetch = Arc<dyn Fn(Url) -> Fetching + Send + Sync>;

/// From the public web. From loopback, too, if this server itself is somebody's own on plain http there.
pub(super) fn from_the_web(oauth: &OAuth) -> Fetch {
    let place = &oauth.place;
    let developing = !place.is_secure() && Authority::any_port(place.host()).is_loopback();
    match oauth.nextcloud.public_client(developing) {
        Ok(client) => Arc::new(move |url| {
            let client = client.clone();
            Box::pin(async move { client.fetch(&url).await.map_err(|error| error.to_string()) })
        }),
        Err(error) => {
            tracing::error!("no metadata document of a client can be fetched: {error}");
            Arc::new(|_| Box::pin(async { Err("this server cannot fetch any".to_owned()) }))
        }
    }
}

/// See the module's documentation.
pub(super) struct Documents {
    fetch: Fetch,
    known: Cache<Url, Entry>,
    places: Semaphore,
    /// [`FETCH_SOON`], but in tests.
    soon: Duration,
}

#[derive(Clone)]
struct Entry {
    client: Result<Arc<Client>, DocumentError>,
    keep: Duration,
}

impl Documents {
    pub(super) fn new(fetch: Fetch) -> Self {
        let known = Cache::builder().max_capacity(DOCUMENTS);
        Self {
            fetch,
            known: known.expire_after(KeepAsTold).build(),
            places: Semaphore::new(FETCHES),
            soon: FETCH_SOON,
        }
    }

    /// The client that the document at `url` describes.
    pub(super) async fn client(&self, url: Url) -> Result<Client, DocumentError> {
        let entry = self.known.get_with_by_ref(&url, self.look(&url)).await;
        entry.client.map(|client| Client::clone(&client))
    }

    async fn look(&self, url: &Url) -> Entry {
        let Ok(Ok(_place)) = timeout(self.soon, self.places.acquire()).await else {
            return Entry {
                client: Err(DocumentError::Busy),
                keep: BUSY,
            };
        };
        let fetched = (self.fetch)(url.clone()).await;
        let fetched = fetched.map_err(DocumentError::Fetch);
        let read =
            fetched.and_then(|fetched| Ok((read(url, &fetched)?, freshness(fetched.headers()))));
        match read {
            Ok((client, keep)) => Entry {
                client: Ok(Arc::new(client)),
                keep,
            },
            Err(error) => {
                tracing::info!(host = url.host_str(), "{error}");
                Entry {
                    client: Err(error),
                    keep: FAILED,
                }
            }
        }
    }
}

struct KeepAsTold;

impl Expiry<Url, Entry> for KeepAsTold {
    fn expire_after_create(&self, _: &Url, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.keep)
    }
}

/// The address that a client id is, if it is one (section 3 of the draft): https, with a path, no user name, no
/// fragment, and written the one way in which it can be compared letter by letter.
pub(super) fn address(client_id: &str) -> Option<Url> {
    if client_id.len() > ADDRESS_BYTES {
        return None;
    }
    let url = Url::parse(client_id).ok()?;
    let fits = url.scheme() == "https"
        && url.path() != "/"
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        // Dot segments, capitals in the host and a usual port do not survive parsing.
        && url.as_str() == client_id;
    fits.then_some(url)
}

/// What of the document matters here. Keys (`jwks`) and pictures (`logo_uri`) are never looked at.
#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: Option<String>,
    client_uri: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    client_secret: Option<serde::de::IgnoredAny>,
    client_secret_expires_at: Option<serde::de::IgnoredAny>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
}

fn read(url: &Url, fetched: &Response<Bytes>) -> Result<Client, DocumentError> {
    // A redirect is no document either: whoever controls its target would be the client.
    if fetched.status() != StatusCode::OK {
        return Err(DocumentError::Status(fetched.status().as_u16()));
    }
    if !is_json(fetched.headers()) {
        return Err(DocumentError::NotJson);
    }
    let document: Document =
        serde_json::from_slice(fetched.body()).map_err(|_| DocumentError::NotJson)?;
    if document.client_id != url.as_str() {
        return Err(DocumentError::OtherClient);
    }
    if document.client_secret.is_some() || document.client_secret_expires_at.is_some() {
        return Err(DocumentError::Secret);
    }
    // Left out means a secret to RFC 7591; here there can be none, and what remains is a public client.
    if let Some(method) = document.token_endpoint_auth_method
        && method != "none"
    {
        let method = shown_name(&method).unwrap_or_default();
        return Err(DocumentError::AuthMethod(method));
    }
    let names = |list: &Option<Vec<String>>, name: &str| {
        list.as_ref()
            .is_none_or(|list| list.iter().any(|one| one == name))
    };
    if !names(&document.grant_types, "authorization_code")
        || !names(&document.response_types, "code")
    {
        return Err(DocumentError::Flow);
    }
    if !REDIRECT_URIS.contains(&document.redirect_uris.len()) {
        return Err(DocumentError::RedirectUris);
    }
    for uri in &document.redirect_uris {
        redirect::check(uri)?;
    }
    Ok(Client {
        id: document.client_id,
        name: document.client_name.as_deref().and_then(shown_name),
        uri: document.client_uri.as_deref().and_then(shown_uri),
        redirect_uris: document.redirect_uris,
        auth: ClientAuth::None,
    })
}

/// A host that shows everybody's uploads serves them as something else.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// `max-age` of RFC 9111, within our bounds.
fn freshness(headers: &HeaderMap) -> Duration {
    let told = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|directive| {
            directive
                .trim()
                .to_ascii_lowercase()
                .strip_prefix("max-age=")?
                .parse()
                .ok()
        });
    told.map_or(FRESH, Duration::from_secs)
        .clamp(FRESH_AT_LEAST, FRESH_AT_MOST)
}
