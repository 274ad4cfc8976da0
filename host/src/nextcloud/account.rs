//! One credential's state, shared by all its calls and by nobody else: session, connections, cached answers, identity.
//!
//! Every request to Nextcloud, the host's own included, goes through [`Account::exchange`] or is a proof; both sign
//! with this account's [`Session`] and send through this account's client, so that nothing of one user can meet
//! anything of another.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use percent_encoding::percent_decode;
use reqwest::Client;
use tokio::time::Instant;
use url::Url;

use super::caller::Identity;
use super::documents::{self, CAPABILITIES_PATH, Capabilities, USER_PATH};
use super::flight::Flight;
use super::http_cache::HttpCache;
use super::instance::Shared;
use super::origin::Origin;
use super::path::OriginPath;
use super::session::{Session, Signed};
use super::settings::{CAPABILITIES_TTL, IDENTITY_TTL};
use super::wire::{self, Incoming, Outgoing};
use super::{Budget, Credential, FetchError, SetupError};

/// With it, a stock Nextcloud takes bearer tokens on every app's API, and Basic on OCS (recordings `bearer/002`,
/// `capabilities/009`).
const OCS_API_REQUEST: HeaderName = HeaderName::from_static("ocs-apirequest");

/// Whom Nextcloud took the sender for; on nearly every answer to a signed-in user.
const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");

/// Largest answer to a question of the host's own, in bytes. Capabilities of a full server take about 20 kB.
const OWN_ANSWER_BYTES: u64 = 1 << 20;

/// An account does without cookies once this many of its sessions were taken first and refused later: some part of
/// that server refuses them, and each refusal costs a second request.
const SESSIONS_LOST: u32 = 3;

/// See the module's documentation.
pub(super) struct Account {
    pub(super) cache: HttpCache,
    session: Session,
    client: Client,
    shared: Arc<Shared>,
    /// `ocs.data.id`, once known; every answer is held against it.
    user: Mutex<Option<String>>,
    sessions_lost: AtomicU32,
    proof: Flight<Arc<Identity>, Unproven>,
    capabilities: Flight<Arc<Capabilities>, FetchError>,
}

/// Why a proof did not come about.
#[derive(Debug, Clone)]
enum Unproven {
    /// 401: the credential is not valid.
    Refused,
    /// Another answer, which says nothing about the credential (maintenance, throttling, a web page).
    Answered(u16),
    /// No answer.
    Failed(FetchError),
}

impl Account {
    pub(super) fn new(credential: Credential, shared: Arc<Shared>) -> Result<Self, SetupError> {
        Ok(Self {
            cache: HttpCache::new(shared.limits.cache_per_account, shared.cache_room.clone()),
            session: Session::new(credential, shared.limits.session_trust),
            client: shared.clients.client()?,
            shared,
            user: Mutex::new(None),
            sessions_lost: AtomicU32::new(0),
            proof: Flight::new(),
            capabilities: Flight::new(),
        })
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.shared.origin
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Whether Nextcloud refused the credential; nothing can be sent any more.
    pub(super) fn is_ended(&self) -> bool {
        self.session.is_ended()
    }

    /// Who this is, at most [`IDENTITY_TTL`] old.
    pub(super) async fn identity(&self) -> Result<Arc<Identity>, FetchError> {
        self.prove(Instant::now(), IDENTITY_TTL)
            .await
            .map_err(FetchError::from)
    }

    /// What this user's Nextcloud can do, at most [`CAPABILITIES_TTL`] old.
    pub(super) async fn capabilities(&self) -> Result<Arc<Capabilities>, FetchError> {
        self.capabilities
            .share(Instant::now(), CAPABILITIES_TTL, self.ask_capabilities())
            .await
    }

    /// Sends a request as this user and waits for the head of the answer. A 401 to it ends the account, unless
    /// Nextcloud knew the user and takes the credential elsewhere: then it is that endpoint's own word.
    pub(super) async fn exchange(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        let cookies = self.ready().await?;
        let (signed, mut answer) = self.send(request.clone(), cookies).await?;
        if signed.carried_cookies() {
            if answer.status() == StatusCode::UNAUTHORIZED {
                answer = self.again_without_cookies(request, &signed).await?;
            } else if !answer.status().is_server_error()
                && answer.status() != StatusCode::TOO_MANY_REQUESTS
            {
                self.session.learn(&signed, &request.url, answer.headers());
            }
        }
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.weigh_refusal(&answer).await?;
        }
        Ok(answer)
    }

    /// Whether the next request goes with cookies; proves the credential first if the last proof is too old.
    async fn ready(&self) -> Result<bool, FetchError> {
        let asked = Instant::now();
        if !self.uses_cookies() {
            return Ok(false);
        }
        if self.session.is_proven() {
            return Ok(true);
        }
        match self.prove(asked, Duration::ZERO).await {
            Ok(_) => Ok(true),
            // The request itself will show what is wrong.
            Err(Unproven::Answered(_)) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    fn uses_cookies(&self) -> bool {
        let lost = self.sessions_lost.load(Ordering::Relaxed);
        !self.shared.limits.session_trust.is_zero()
            && self.shared.cookies_work()
            && lost < SESSIONS_LOST
    }

    /// The one case in which a request is sent again: a 401 was not processed, and the cookie may be at fault
    /// (`user_oidc` 8.7 to 8.10 refuses every reused one).
    async fn again_without_cookies(
        &self,
        request: Outgoing,
        refused: &Signed,
    ) -> Result<Incoming, FetchError> {
        let never_taken = self.session.forget(refused);
        let (_, answer) = self.send(request, false).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            if never_taken {
                self.shared.give_up_cookies();
            } else {
                self.sessions_lost.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(answer)
    }

    /// Decides what a 401 to a request without cookies means. Where Nextcloud knew nobody (no `X-User-Id`: recordings
    /// `errors/006` to `errors/016`) the credential is dead. Where it names this user, the endpoint may mean something
    /// of its own, or the account is disabled (`errors/047`): a proof tells, and a good credential's proof is no failed login.
    async fn weigh_refusal(&self, answer: &Incoming) -> Result<(), FetchError> {
        if !answer.headers().contains_key(X_USER_ID) {
            self.end().await;
            return Err(FetchError::Unauthorized);
        }
        match self.prove(Instant::now(), Duration::ZERO).await {
            Ok(_) | Err(Unproven::Answered(_)) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }

    /// Signs and sends once, and holds the answer against who this is.
    async fn send(
        &self,
        mut request: Outgoing,
        cookies: bool,
    ) -> Result<(Signed, Incoming), FetchError> {
        request
            .headers
            .insert(OCS_API_REQUEST, HeaderValue::from_static("true"));
        let signed = self
            .session
            .sign(&mut request.headers, &request.url, cookies)
            .map_err(|_| FetchError::Unauthorized)?;
        let answer = wire::send(&self.client, request).await?;
        let user = self
            .user
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match user {
            Some(user) if names_another(answer.headers(), &user) => Err(self.answered_as_another()),
            _ => Ok((signed, answer)),
        }
    }

    /// The worst that can happen here: throws away everything that could carry it on.
    fn answered_as_another(&self) -> FetchError {
        tracing::error!(
            credential = ?self.session.id(),
            "Nextcloud answered a request as another user than the one who asked; the answer and the session were thrown away"
        );
        self.session.drop_cookies();
        self.cache.clear();
        *self.user.lock().unwrap_or_else(PoisonError::into_inner) = None;
        FetchError::Other(
            "Nextcloud answered as another user; the answer was thrown away".to_owned(),
        )
    }

    /// One request without cookies that says who this is; shared by all who need it now.
    async fn prove(&self, asked: Instant, max_age: Duration) -> Result<Arc<Identity>, Unproven> {
        self.proof.share(asked, max_age, self.prove_now()).await
    }

    async fn prove_now(&self) -> Result<Arc<Identity>, Unproven> {
        let request = self.own_request(USER_PATH).map_err(Unproven::Failed)?;
        let url = request.url.clone();
        let sent_at = Instant::now();
        let (signed, answer) = self.send(request, false).await.map_err(Unproven::Failed)?;
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED {
            self.end().await;
            return Err(Unproven::Refused);
        }
        let headers = answer.headers().clone();
        let body = answer.body(&own_budget()).await.map_err(Unproven::Failed)?;
        let identity = documents::identity(&body).filter(|_| status == StatusCode::OK);
        let identity = identity.ok_or(Unproven::Answered(status.as_u16()))?;
        if names_another(&headers, &identity.id) {
            return Err(Unproven::Failed(self.answered_as_another()));
        }
        *self.user.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.id.clone());
        self.session.prove(&signed, sent_at, &url, &headers);
        Ok(Arc::new(identity))
    }

    async fn ask_capabilities(&self) -> Result<Arc<Capabilities>, FetchError> {
        let answer = self.exchange(self.own_request(CAPABILITIES_PATH)?).await?;
        let status = answer.status();
        let body = answer.body(&own_budget()).await?;
        let found = documents::capabilities(&body).filter(|_| status == StatusCode::OK);
        found
            .map(Arc::new)
            .ok_or_else(|| not_itself(status.as_u16()))
    }

    fn own_request(&self, path: &str) -> Result<Outgoing, FetchError> {
        let path = OriginPath::parse(path).map_err(|why| FetchError::Other(why.to_string()))?;
        Ok(Outgoing {
            method: Method::GET,
            url: self.url_of(&path)?,
            headers: HeaderMap::new(),
            body: None,
        })
    }

    pub(super) fn url_of(&self, path: &OriginPath) -> Result<Url, FetchError> {
        Url::parse(&self.shared.origin.url_of(path))
            .map_err(|error| FetchError::Malformed(error.to_string()))
    }

    /// Nextcloud refused the credential: it is not sent again for a while, by any account.
    async fn end(&self) {
        self.cache.clear();
        if self.session.end() {
            self.shared.refuse(self.session.id()).await;
        }
    }
}

impl From<Unproven> for FetchError {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Refused => Self::Unauthorized,
            Unproven::Answered(status) => not_itself(status),
            Unproven::Failed(error) => error,
        }
    }
}

/// What to make of a Nextcloud that answers a plain question with something else.
fn not_itself(status: u16) -> FetchError {
    FetchError::Unreachable(match status {
        429 => "it refuses this server's address for a while after too many failed logins (429); an administrator can lift that".to_owned(),
        503 => "it is in maintenance or overloaded (503); try again later".to_owned(),
        200..=299 => "what answers at NEXTCLOUD_HOST does not speak Nextcloud's API; is the address right?".to_owned(),
        other => format!("it answered {other} when asked who the user is; its own log says why"),
    })
}

fn own_budget() -> Budget {
    Budget::new(1, OWN_ANSWER_BYTES, OWN_ANSWER_BYTES)
}

/// Whether the answer was made for another user. Ids beyond ASCII may come escaped.
fn names_another(headers: &HeaderMap, user: &str) -> bool {
    let same = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        bytes == user.as_bytes() || percent_decode(bytes).eq(user.bytes())
    };
    !headers.get_all(X_USER_ID).iter().all(same)
}
