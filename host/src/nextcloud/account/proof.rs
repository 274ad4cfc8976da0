//! What the host itself asks Nextcloud: who a credential belongs to, and what their Nextcloud can do.
//!
//! A *proof* is the first question, asked without cookies: only its answer makes session cookies, and only it shows
//! that a credential still stands (see [`Session`](super::Session)).

use std::sync::Arc;
use std::time::Duration;

use http::header::HeaderMap;
use http::{Method, StatusCode};
use tokio::time::{Instant, timeout};

use super::super::caller::Identity;
use super::super::documents::{self, CAPABILITIES_PATH, Capabilities, USER_PATH};
use super::super::path::OriginPath;
use super::super::settings::{CAPABILITIES_TTL, IDENTITY_TTL};
use super::super::wire::Outgoing;
use super::super::{Budget, FetchError};
use super::{Account, names_another};
use crate::trace;

/// Largest answer to a question of the host's own, in bytes. The recorded capabilities take 5 kB (`capabilities/011`).
const OWN_ANSWER_BYTES: u64 = 1 << 20;

/// Why a proof did not come about.
#[derive(Debug, Clone)]
pub(super) enum Unproven {
    /// 401: the credential is not valid.
    Refused,
    /// Another answer, which says nothing about the credential (maintenance, throttling, a web page).
    Answered(u16),
    /// No answer.
    Failed(FetchError),
}

impl Account {
    /// Who this is, at most [`IDENTITY_TTL`] old.
    pub(in super::super) async fn identity(self: &Arc<Self>) -> Result<Arc<Identity>, FetchError> {
        self.prove(Instant::now(), IDENTITY_TTL)
            .await
            .map_err(FetchError::from)
    }

    /// Who this is, asked now. The session that comes of it serves the requests that follow.
    pub(in super::super) async fn identity_now(
        self: &Arc<Self>,
    ) -> Result<Arc<Identity>, FetchError> {
        self.prove(Instant::now(), Duration::ZERO)
            .await
            .map_err(FetchError::from)
    }

    /// What this user's Nextcloud can do, at most [`CAPABILITIES_TTL`] old.
    pub(in super::super) async fn capabilities(
        self: &Arc<Self>,
    ) -> Result<Arc<Capabilities>, FetchError> {
        let (account, asked) = (Arc::clone(self), Instant::now());
        if let Some(landed) = account.capabilities.landed(asked, CAPABILITIES_TTL) {
            return landed;
        }
        let question = async move {
            let now = in_time(&account, Box::pin(account.ask_capabilities()));
            account
                .capabilities
                .share(asked, CAPABILITIES_TTL, now)
                .await
        };
        to_its_end(question).await
    }

    /// One request without cookies that says who this is; shared by all who need it now.
    pub(super) async fn prove(
        self: &Arc<Self>,
        asked: Instant,
        max_age: Duration,
    ) -> Result<Arc<Identity>, Unproven> {
        if let Some(landed) = self.proof.landed(asked, max_age) {
            return landed;
        }
        let account = Arc::clone(self);
        let question = async move {
            let now = in_time(&account, Box::pin(account.prove_now()));
            account.proof.share(asked, max_age, now).await
        };
        to_its_end(question).await
    }

    async fn prove_now(&self) -> Result<Arc<Identity>, Unproven> {
        let request = self.own_request(USER_PATH).map_err(Unproven::Failed)?;
        let url = request.url.clone();
        let sent_at = Instant::now();
        let (signed, answer) = self
            .send_unseen(request, false)
            .await
            .map_err(Unproven::Failed)?;
        let status = answer.status();
        if status == StatusCode::UNAUTHORIZED {
            self.end().await;
            return Err(Unproven::Refused);
        }
        let headers = answer.headers().clone();
        let body = answer.body(&own_budget()).await.map_err(Unproven::Failed)?;
        let identity = documents::identity(&body).filter(|_| status == StatusCode::OK);
        let identity = identity.ok_or(Unproven::Answered(status.as_u16()))?;
        if names_another(&headers, &identity.id)
            || self.user().is_some_and(|known| known != identity.id)
        {
            return Err(Unproven::Failed(self.answered_as_another()));
        }
        self.set_user(Some(identity.id.clone()));
        if self
            .expected
            .get()
            .is_some_and(|user| **user != *identity.id)
        {
            self.belongs_to_another().await;
            return Err(Unproven::Refused);
        }
        self.session.prove(&signed, sent_at, &url, &headers);
        Ok(Arc::new(identity))
    }

    async fn ask_capabilities(self: &Arc<Self>) -> Result<Arc<Capabilities>, FetchError> {
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
            route: path.without_query().into(),
            headers: HeaderMap::new(),
            body: None,
        })
    }
}

/// Runs a shared question until it is answered, whatever becomes of those who wait. A dead credential that was sent, but
/// whose 401 nobody waited for, would be sent again and again, each time a failed login: Nextcloud delays its answer to
/// these by seconds, and neither health checks nor impatient clients wait that long.
async fn to_its_end<T: Send + 'static, E: From<FetchError> + Send + 'static>(
    question: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    trace::spawn(question)
        .await
        .unwrap_or_else(|_| Err(FetchError::Cancelled.into()))
}

/// So that no question is under way without end.
async fn in_time<T, E: From<FetchError>>(
    account: &Account,
    question: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(account.shared.limits.total_timeout, question)
        .await
        .unwrap_or_else(|_| Err(FetchError::TimedOut.into()))
}

impl From<FetchError> for Unproven {
    fn from(error: FetchError) -> Self {
        Self::Failed(error)
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
    let why = match status {
        200..=299 | 404 => {
            "what answers at NEXTCLOUD_HOST does not speak Nextcloud's API; is the address right?"
        }
        300..=399 => "it redirects; NEXTCLOUD_HOST must be the address that it redirects to",
        // Recording errors/028.
        400 => "it answered 400; is the host name in NEXTCLOUD_HOST among its trusted_domains?",
        429 => "it refuses this server's address for a while after too many failed logins (429)",
        503 => "it is in maintenance or overloaded (503); try again later",
        other => {
            return FetchError::Unreachable(format!(
                "it answered {other} when asked who the user is; its own log says why"
            ));
        }
    };
    FetchError::Unreachable(why.to_owned())
}

fn own_budget() -> Budget {
    Budget::new(1, OWN_ANSWER_BYTES, OWN_ANSWER_BYTES)
}
