//! Registers this server as a client at Nextcloud (RFC 7591), and looks after the registration (RFC 7592).
//!
//! Wire truth: recordings `oidc/012` to `oidc/039`, `oidc-misc/016`. Nextcloud decides much by itself: the secret is always for
//! the body (`client_secret_post`), and the client ends after an hour unless `client_expire_time` says otherwise.
//!
//! Never here: when to register, and what is kept.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::record::{Management, Registration};
use crate::auth::grant;
use crate::auth::place::Place;
use crate::auth::seal::secret_text;
use crate::auth::upstream::Upstream;
use crate::nextcloud::ServiceClient;

/// How long Nextcloud may take for one request. Shorter than a lease lasts.
const WITHIN: Duration = Duration::from_secs(30);

/// Largest answer; a registration has less than 1 kB.
const ANSWER_BYTES: u64 = 64 * 1024;

/// Longest client id or secret that is taken; Nextcloud's have 64 characters, and an id stands in every sealed token.
const ID_LENGTH: usize = 256;

/// Nextcloud cuts a longer name off (`oidc/029`).
const NAME_LENGTH: usize = 64;

/// What we ask Nextcloud's users for: to know who they are, and to be able to go on later. Nextcloud drops every scope
/// that is not among these, and enforces none itself.
const SCOPES: &str = "openid offline_access";

/// What an administrator can do without dynamic registration.
const BY_HAND: &str = "or make a client by hand (`occ oidc:create`) and set NEXTCLOUD_OIDC_CLIENT_ID and \
     NEXTCLOUD_OIDC_CLIENT_SECRET";

/// Why there is no registration. Each text says cause and remedy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum RegistrationError {
    /// Discovery names no `registration_endpoint` (`oidc/039`), or the endpoint says so (`oidc/038`).
    #[error(
        "Dynamic registration failed: Nextcloud does not allow it. Switch it on with `occ config:app:set oidc \
         dynamic_client_registration --value true`, {BY_HAND}"
    )]
    NotAllowed,
    /// `oidc-misc/016`.
    #[error(
        "Dynamic registration failed: Nextcloud holds as many registered clients as it takes. Remove some (`occ oidc:list`, \
         `occ oidc:remove`), wait until they end, {BY_HAND}"
    )]
    Full,
    /// 429: ten registrations a minute from one address.
    #[error(
        "Dynamic registration failed: Nextcloud takes no more registrations from this address for a minute (429)"
    )]
    Throttled,
    /// Any other refusal, in Nextcloud's words.
    #[error(
        "Dynamic registration failed: Nextcloud refused it ({0}). Its log (`occ log:tail`) may say more; {BY_HAND}"
    )]
    Refused(String),
    /// No answer, or one of a server that is not well.
    #[error("Dynamic registration failed: {0}")]
    Away(String),
    /// What came back cannot be used.
    #[error("Dynamic registration failed: Nextcloud's answer cannot be used ({0}); {BY_HAND}")]
    Odd(&'static str),
}

/// What Nextcloud says about a registration that it once gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    Known,
    Gone,
    /// It did not say.
    Unsure,
}

/// Speaks with one provider about our registrations. Cheap to clone.
#[derive(Clone)]
pub(in crate::auth) struct Registrar {
    http: ServiceClient,
    upstream: Upstream,
    redirect_uri: String,
    resource: String,
    name: String,
}

/// RFC 7591, section 2, with Nextcloud's extensions `token_type` and `resource_url` (`oidc/014`).
#[derive(Serialize)]
struct Metadata<'a> {
    client_name: &'a str,
    redirect_uris: [&'a str; 1],
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    application_type: &'static str,
    scope: &'static str,
    /// Opaque tokens are small, and they end when Nextcloud says so.
    token_type: &'static str,
    /// Lets us ask about tokens that were issued for us.
    resource_url: &'a str,
}

/// RFC 7591, section 3.2.1, as far as it matters here.
#[derive(Deserialize)]
struct Answer {
    client_id: String,
    client_secret: Option<Secret>,
    registration_access_token: Option<Secret>,
    registration_client_uri: Option<String>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    resource_url: Option<String>,
    client_id_issued_at: Option<u64>,
    /// 0: never.
    client_secret_expires_at: Option<u64>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Secret(#[serde(deserialize_with = "secret_text::deserialize")] SecretString);

/// RFC 7591, section 3.2.2.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
}

impl Registrar {
    pub(in crate::auth) fn new(http: ServiceClient, upstream: Upstream, place: &Place) -> Self {
        let name = format!("Nextcloud MCP Server ({})", place.host());
        Self {
            http,
            upstream,
            redirect_uri: place.redirect_uri(),
            resource: place.resource(),
            name: name.chars().take(NAME_LENGTH).collect(),
        }
    }

    /// Registers once.
    pub(in crate::auth) async fn register(&self) -> Result<Registration, RegistrationError> {
        let endpoint = self
            .upstream
            .registration_endpoint()
            .ok_or(RegistrationError::NotAllowed)?;
        let request = self.registration(endpoint)?;
        let answer = self.http.send(request, ANSWER_BYTES, WITHIN).await;
        let answer = answer.map_err(|error| RegistrationError::Away(error.to_string()))?;
        match answer.status() {
            StatusCode::CREATED | StatusCode::OK => self.accept(answer.body()),
            status => Err(refusal(status, &answer)),
        }
    }

    /// Asks whether Nextcloud still has it (`oidc/030`).
    pub(super) async fn standing(&self, registration: &Registration) -> Standing {
        let Some(answer) = self.manage(Method::GET, registration).await else {
            return Standing::Unsure;
        };
        match answer.status() {
            StatusCode::OK => Standing::Known,
            // A deleted client and a wrong token get the same answer (`oidc/037`); RFC 7592, section 2.1, allows these.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Standing::Gone
            }
            _ => Standing::Unsure,
        }
    }

    /// Gives a registration back that no grant belongs to (`oidc/036`): whatever was issued to it ends with it. `false` if
    /// that failed; then it ends by itself.
    pub(in crate::auth) async fn delete(&self, registration: &Registration) -> bool {
        let answer = self.manage(Method::DELETE, registration).await;
        let is_deleted = answer.is_some_and(|answer| answer.status().is_success());
        if !is_deleted {
            tracing::debug!("a registration that is not needed could not be deleted");
        }
        is_deleted
    }

    async fn manage(&self, method: Method, registration: &Registration) -> Option<Response<Bytes>> {
        let management = registration.management.as_ref()?;
        // It was checked when it was given, but the settings may be others since.
        let uri = self.upstream.endpoint(&management.uri)?;
        let bearer = format!("Bearer {}", management.token.expose_secret());
        let mut bearer = HeaderValue::try_from(bearer).ok()?;
        bearer.set_sensitive(true);
        let request = Request::builder()
            .method(method)
            .uri(uri.as_str())
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer)
            .body(Vec::new())
            .ok()?;
        self.http.send(request, ANSWER_BYTES, WITHIN).await.ok()
    }

    fn registration(&self, endpoint: &Url) -> Result<Request<Vec<u8>>, RegistrationError> {
        let unsendable = RegistrationError::Odd("its registration endpoint is not an address");
        let body = serde_json::to_vec(&Metadata {
            client_name: &self.name,
            redirect_uris: [&self.redirect_uri],
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            token_endpoint_auth_method: "client_secret_post",
            application_type: "web",
            scope: SCOPES,
            token_type: "opaque",
            resource_url: &self.resource,
        });
        Request::post(endpoint.as_str())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .body(body.map_err(|_| unsendable.clone())?)
            .map_err(|_| unsendable)
    }

    fn accept(&self, body: &[u8]) -> Result<Registration, RegistrationError> {
        let odd = RegistrationError::Odd;
        let answer: Answer = serde_json::from_slice(body)
            .map_err(|_| odd("it is not the JSON object of RFC 7591 with a client_id"))?;
        if !is_word(&answer.client_id) {
            return Err(odd("its client_id is not a word"));
        }
        let secret = answer
            .client_secret
            .map(|Secret(secret)| secret)
            .filter(|secret| is_word(secret.expose_secret()))
            .ok_or(odd("it holds no client_secret"))?;
        if answer
            .token_endpoint_auth_method
            .is_some_and(|method| !method.starts_with("client_secret_"))
        {
            return Err(odd("it makes this server a public client"));
        }
        if answer
            .redirect_uris
            .is_some_and(|uris| !uris.contains(&self.redirect_uri))
        {
            return Err(odd("it does not hold our redirect_uri"));
        }
        if answer.resource_url.is_some_and(|url| url != self.resource) {
            return Err(odd("its resource_url is not ours"));
        }
        let issued = grant::now();
        let expires = answer.client_secret_expires_at.filter(|at| *at != 0);
        let there = answer.client_id_issued_at;
        let management = answer
            .registration_client_uri
            .zip(answer.registration_access_token)
            .filter(|(uri, _)| self.upstream.endpoint(uri).is_some())
            .map(|(uri, Secret(token))| Management { uri, token });
        if management.is_none() {
            tracing::debug!("Nextcloud names no place of its own to look after the registration");
        }
        Ok(Registration {
            client_id: answer.client_id,
            secret,
            management,
            issued,
            // By our clock, which may differ from Nextcloud's.
            expires: expires.map(|at| match there {
                Some(there) => issued.saturating_add(at.saturating_sub(there)),
                None => at,
            }),
        })
    }
}

/// What Nextcloud answers instead of a registration; its error codes are not those of the RFC.
fn refusal(status: StatusCode, answer: &Response<Bytes>) -> RegistrationError {
    if status == StatusCode::TOO_MANY_REQUESTS {
        return RegistrationError::Throttled;
    }
    if status.is_server_error() {
        return RegistrationError::Away(format!("Nextcloud answers with {}", status.as_u16()));
    }
    let said: Refusal = serde_json::from_slice(answer.body()).unwrap_or_default();
    match &*said.error {
        "dynamic_registration_not_allowed" => RegistrationError::NotAllowed,
        "max_num_clients_exceeded" => RegistrationError::Full,
        "" => RegistrationError::Refused(format!("status {}", status.as_u16())),
        error => RegistrationError::Refused(shown(&format!("{error}: {}", said.error_description))),
    }
}

/// Somebody else's words, short and fit for a log.
fn shown(text: &str) -> String {
    const SHOWN: usize = 200;
    let visible = text.chars().filter(|letter| !letter.is_control());
    visible.take(SHOWN).collect()
}

/// What can stand in a form, a header and a log as it is.
fn is_word(text: &str) -> bool {
    (1..=ID_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
