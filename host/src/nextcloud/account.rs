//! One credential's state, shared by all its calls and by nobody else: session, connections, cached answers, identity.
//!
//! Every request to Nextcloud, the host's own included, goes through [`Account::exchange`] or is a proof; both sign
//! with this account's [`Session`] and send through this account's client, so that nothing of one user can meet
//! anything of another. Here: how a request is signed, sent and believed. Below: how an account learns whose it is.

mod proof;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode;
use reqwest::Client;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use super::caller::Identity;
use super::documents::Capabilities;
use super::flight::Flight;
use super::http_cache::HttpCache;
use super::instance::Shared;
use super::origin::Origin;
use super::path::OriginPath;
use super::session::{Session, Signed};
use super::settings::SESSION_TRUST;
use super::tape;
use super::wire::{self, Incoming, Outgoing};
use super::{Credential, FetchError, SetupError};
use proof::Unproven;

/// With it, a stock Nextcloud takes bearer tokens on every app's API, and Basic on OCS (recordings `bearer/002`,
/// `capabilities/009`).
const OCS_API_REQUEST: HeaderName = HeaderName::from_static("ocs-apirequest");

/// Whom Nextcloud took the sender for; on nearly every answer to a signed-in user.
const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");

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
    /// Whose credential it must be, as the first who knew said; every answer is held against that, too.
    expected: OnceLock<Arc<str>>,
    sessions_lost: AtomicU32,
    /// Places for requests in flight. Proofs need none, so that those who hold one can wait for a proof.
    slots: Arc<Semaphore>,
    proof: Flight<Arc<Identity>, Unproven>,
    capabilities: Flight<Arc<Capabilities>, FetchError>,
}

impl Account {
    pub(super) fn new(credential: Credential, shared: Arc<Shared>) -> Result<Self, SetupError> {
        Ok(Self {
            cache: HttpCache::new(shared.limits.cache_per_account, shared.cache_room.clone()),
            session: Session::new(credential, shared.limits.session_trust),
            client: shared.clients.client()?,
            user: Mutex::new(None),
            expected: OnceLock::new(),
            sessions_lost: AtomicU32::new(0),
            slots: Arc::new(Semaphore::new(shared.limits.in_flight.max(1))),
            proof: Flight::new(),
            capabilities: Flight::new(),
            shared,
        })
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.shared.origin
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Whether the credential is of no use any more; nothing can be sent.
    pub(super) fn is_ended(&self) -> bool {
        self.session.is_ended()
    }

    /// Fails if this is, or must be, somebody else's account than `user`'s. From now on it is nobody's but theirs.
    pub(super) async fn expect(&self, user: &str) -> Result<(), FetchError> {
        let expected = self.expected.get_or_init(|| user.into());
        let is_another = |known: &String| known != user;
        if &**expected == user && !self.user().as_ref().is_some_and(is_another) {
            return Ok(());
        }
        self.belongs_to_another().await;
        Err(FetchError::Unauthorized)
    }

    /// Makes this account useless at once, also for what is under way: whatever was proven or kept is gone.
    pub(super) fn close(&self) {
        self.session.end();
        self.cache.clear();
        self.set_user(None);
    }

    /// Sends a request as this user and waits for the head of the answer. A 401 to it ends the account, unless
    /// Nextcloud takes the credential elsewhere: then it is an answer like any other.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        request: Outgoing,
    ) -> Result<Incoming, FetchError> {
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(|_| FetchError::Cancelled)?;
        self.exchange_now(request)
            .await
            .map(|answer| answer.holding(slot))
    }

    async fn exchange_now(self: &Arc<Self>, request: Outgoing) -> Result<Incoming, FetchError> {
        let cookies = self.ready().await?;
        let (signed, answer) = self.send(request.clone(), cookies).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            if !answer.status().is_server_error()
                && answer.status() != StatusCode::TOO_MANY_REQUESTS
            {
                let taken = self.session.learn(&signed, &request.url, answer.headers());
                if taken {
                    self.shared.cookies_taken();
                }
            }
            return Ok(answer);
        }
        let refused_at = Instant::now();
        let answer = if signed.carried_cookies() {
            self.again_without_cookies(request, &signed, refused_at)
                .await?
        } else {
            answer
        };
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.weigh_refusal(&answer, refused_at).await?;
        }
        Ok(answer)
    }

    /// Whether the next request goes with cookies; proves the credential first if the last proof is too old. So the
    /// many requests that one call may send at once cost a dead credential one failed login, not one each.
    async fn ready(self: &Arc<Self>) -> Result<bool, FetchError> {
        let asked = Instant::now();
        let cookies = self.uses_cookies();
        if cookies && self.session.is_proven() {
            return Ok(true);
        }
        let max_age = if cookies {
            Duration::ZERO
        } else {
            SESSION_TRUST
        };
        match self.prove(asked, max_age).await {
            Ok(_) => Ok(cookies),
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
    /// (`user_oidc` 8.7 to 8.10 refuses every reused one). A proof that all share comes first, for the credential may
    /// be at fault too, and whatever else is in flight then gets the same 401.
    async fn again_without_cookies(
        self: &Arc<Self>,
        request: Outgoing,
        refused: &Signed,
        refused_at: Instant,
    ) -> Result<Incoming, FetchError> {
        let taken_before = self.session.forget(refused);
        self.still_valid(refused_at).await?;
        let (_, answer) = self.send(request, false).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            match taken_before {
                Some(true) => {
                    self.sessions_lost.fetch_add(1, Ordering::Relaxed);
                }
                Some(false) => self.shared.cookies_refused(),
                None => {}
            }
        }
        Ok(answer)
    }

    /// Decides what a 401 to a request without cookies means: one proof since `refused_at` tells, which all who were
    /// refused meanwhile share. If it is good, the 401 is that endpoint's own word, or a proxy's; if it is refused, the
    /// credential is dead (also of a disabled account, whose user Nextcloud names: `errors/047`). If it says neither,
    /// Nextcloud's word here counts: it knew the user (`X-User-Id`), or it did not (`errors/006` to `errors/016`), and
    /// then nothing vouches for the credential and trying on could lock everybody out.
    async fn weigh_refusal(
        self: &Arc<Self>,
        answer: &Incoming,
        refused_at: Instant,
    ) -> Result<(), FetchError> {
        match self.prove(refused_at, Duration::ZERO).await {
            Ok(_) => Ok(()),
            Err(Unproven::Answered(_)) if answer.headers().contains_key(X_USER_ID) => Ok(()),
            Err(Unproven::Answered(_)) => {
                self.end().await;
                Err(FetchError::Unauthorized)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Fails if Nextcloud, asked after `since`, refuses the credential.
    async fn still_valid(self: &Arc<Self>, since: Instant) -> Result<(), FetchError> {
        match self.prove(since, Duration::ZERO).await {
            Ok(_) | Err(Unproven::Answered(_)) => Ok(()),
            Err(other) => Err(other.into()),
        }
    }

    /// Signs and sends once, and holds the answer against who this is.
    pub(super) async fn send(
        &self,
        request: Outgoing,
        cookies: bool,
    ) -> Result<(Signed, Incoming), FetchError> {
        let (signed, answer) = self.send_unseen(request, cookies).await?;
        let names_another = |user: &str| names_another(answer.headers(), user);
        if self.user().as_deref().is_some_and(names_another)
            || self.expected.get().is_some_and(|user| names_another(user))
        {
            return Err(self.answered_as_another());
        }
        Ok((signed, answer))
    }

    /// Signs and sends once. Whom the answer is for, the caller has to look at.
    async fn send_unseen(
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
        let answer = match &self.shared.tape {
            None => wire::send(&self.client, request).await?,
            Some(tape) => tape::send(tape, self.origin(), &self.client, request).await?,
        };
        Ok((signed, answer))
    }

    /// The credential is not whose it must be: it is of no use to anybody here.
    async fn belongs_to_another(&self) {
        tracing::error!(
            credential = ?self.session.id(),
            "Nextcloud takes a credential for another user's than it was given to this server for; it is not used any more"
        );
        self.end().await;
    }

    /// The worst that can happen here: throws away everything that could carry it on.
    fn answered_as_another(&self) -> FetchError {
        tracing::error!(
            credential = ?self.session.id(),
            "Nextcloud answered a request as another user than the one who asked; the answer and the session were thrown away"
        );
        self.session.drop_cookies();
        self.cache.clear();
        self.set_user(None);
        FetchError::Other(
            "Nextcloud answered as another user; the answer was thrown away".to_owned(),
        )
    }

    fn user(&self) -> Option<String> {
        self.user
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_user(&self, user: Option<String>) {
        *self.user.lock().unwrap_or_else(PoisonError::into_inner) = user;
    }

    pub(super) fn url_of(&self, path: &OriginPath) -> Result<Url, FetchError> {
        Url::parse(&self.shared.origin.url_of(path))
            .map_err(|error| FetchError::Malformed(error.to_string()))
    }

    /// Nextcloud refused the credential: it is not sent again for a while, by any account. Remembered first: whoever
    /// finds this account ended makes a new one, and must not send the credential once more.
    pub(super) async fn end(&self) {
        self.shared.refuse(self.session.credential()).await;
        self.session.end();
        self.cache.clear();
    }
}

/// Whether the answer was made for another user. Ids beyond ASCII may come escaped.
fn names_another(headers: &HeaderMap, user: &str) -> bool {
    let same = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        bytes == user.as_bytes() || percent_decode(bytes).eq(user.bytes())
    };
    !headers.get_all(X_USER_ID).iter().all(same)
}
