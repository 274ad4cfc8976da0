//! One credential's session with Nextcloud: the only place where a credential or a cookie is put on a request.
//!
//! Without cookies every bearer request costs Nextcloud about 200 ms and a database row, with them about 30 ms. But a
//! cookie wins over the credential beside it, and outlives it (recordings `bearer/039` to `bearer/042`, `errors/035`):
//! sent with another credential it answers as another user. Therefore:
//! - A [`Session`] holds its credential and its cookies together and hands out neither: [`Session::sign`] writes both
//!   onto a request at once. There is no function that yields a cookie, so none can meet another credential.
//! - Cookies come from a *proof* (a request without cookies that Nextcloud answered with this user's id) or from an
//!   answer to a request that carried this proof's cookies; the [`Signed`] slip that `sign` gives says which.
//! - They are sent for at most [`SESSION_TRUST`] after the proof, and never again once the session has ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cookie_store::CookieStore;
use http::HeaderValue;
use http::header::{AUTHORIZATION, COOKIE, HeaderMap, SET_COOKIE};
use tokio::time::Instant;
use url::Url;

use super::credential::{Credential, CredentialId};
use super::settings::SESSION_TRUST;

/// Cookies held at most; Nextcloud sets seven.
const MAX_COOKIES: usize = 32;

/// Longest `Cookie` header sent, in bytes; nginx takes 8 kB for one header line by default.
const MAX_COOKIE_BYTES: usize = 4096;

/// See the module's documentation.
pub(super) struct Session {
    /// Unlike any other session's of this process, also of the same credential.
    serial: u64,
    credential: Credential,
    /// How long a proof is trusted.
    trust: Duration,
    held: Mutex<Held>,
}

struct Held {
    /// How many proofs there were: tells the cookies of one from those of the next, also when none were held between.
    generation: u64,
    state: State,
}

enum State {
    /// No cookies: nothing proven yet, or what was proven is too old or was dropped.
    Bare,
    /// Cookies of the latest proof.
    Proven(Jar),
    /// Nextcloud refused the credential, or it was forgotten. Nothing is signed any more.
    Ended,
}

struct Jar {
    cookies: CookieStore,
    proven_at: Instant,
    /// Whether Nextcloud took these cookies at least once.
    accepted: bool,
}

/// What one request was signed with; needed to report how it went.
#[must_use]
#[derive(Debug)]
pub(super) struct Signed {
    /// The session that signed.
    by: u64,
    /// Of the cookies that it carried.
    generation: Option<u64>,
}

impl Signed {
    pub(super) fn carried_cookies(&self) -> bool {
        self.generation.is_some()
    }
}

/// A session that has ended signs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ended;

impl Session {
    pub(super) fn new(credential: Credential, trust: Duration) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        Self {
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            credential,
            trust: trust.min(SESSION_TRUST),
            held: Mutex::new(Held {
                generation: 0,
                state: State::Bare,
            }),
        }
    }

    pub(super) fn id(&self) -> CredentialId {
        self.credential.id()
    }

    /// What it signs with.
    pub(super) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Whether nothing is signed any more: Nextcloud refused the credential, it was forgotten, or its time is over.
    pub(super) fn is_ended(&self) -> bool {
        matches!(self.held().state, State::Ended) || self.is_over()
    }

    /// Whether the last proof still counts.
    pub(super) fn is_proven(&self) -> bool {
        matches!(&self.held().state, State::Proven(jar) if self.trusts(jar))
    }

    /// Adds the credential, and with `cookies` this session's cookies as far as they are still trusted.
    pub(super) fn sign(
        &self,
        headers: &mut HeaderMap,
        url: &Url,
        cookies: bool,
    ) -> Result<Signed, Ended> {
        if self.is_over() {
            return Err(Ended);
        }
        let held = self.held();
        let mut signed = Signed {
            by: self.serial,
            generation: None,
        };
        match &held.state {
            State::Ended => return Err(Ended),
            State::Proven(jar) if cookies && self.trusts(jar) => {
                if let Some(value) = cookie_header(&jar.cookies, url) {
                    headers.insert(COOKIE, value);
                    signed.generation = Some(held.generation);
                }
            }
            State::Proven(_) | State::Bare => {}
        }
        headers.insert(AUTHORIZATION, self.credential.authorization().clone());
        Ok(signed)
    }

    /// A request that was signed without cookies and sent at `at` was answered with this user's id: its cookies are
    /// this credential's, and replace all that were there.
    pub(super) fn prove(&self, signed: &Signed, at: Instant, url: &Url, answer: &HeaderMap) {
        let mut held = self.held();
        if signed.by != self.serial
            || signed.carried_cookies()
            || matches!(held.state, State::Ended)
        {
            return;
        }
        let mut jar = Jar {
            cookies: CookieStore::new(),
            proven_at: at,
            accepted: false,
        };
        jar.store(url, answer);
        held.generation += 1;
        held.state = State::Proven(jar);
    }

    /// Nextcloud answered a request and took the cookies that it carried: keeps what the answer sets, if those cookies
    /// are still the ones held. Tells whether they are.
    pub(super) fn learn(&self, signed: &Signed, url: &Url, answer: &HeaderMap) -> bool {
        let mut held = self.held();
        let jar = held.jar_of(self.serial, signed);
        jar.map(|jar| {
            jar.accepted = true;
            jar.store(url, answer);
        })
        .is_some()
    }

    /// Nextcloud refused the cookies that a request carried: forgets them. Tells whether they had been taken before;
    /// nothing if they were gone already, as for all but the first of many requests that carried the same ones.
    pub(super) fn forget(&self, signed: &Signed) -> Option<bool> {
        let mut held = self.held();
        let taken = held.jar_of(self.serial, signed)?.accepted;
        held.state = State::Bare;
        Some(taken)
    }

    /// Drops the cookies whatever they are.
    pub(super) fn drop_cookies(&self) {
        let mut held = self.held();
        if matches!(held.state, State::Proven(_)) {
            held.state = State::Bare;
        }
    }

    /// Nextcloud refused the credential itself, or nobody has a use for it any more.
    pub(super) fn end(&self) {
        self.held().state = State::Ended;
    }

    /// Whether the credential's own time has run out. A session would outlive it (`bearer/041`).
    fn is_over(&self) -> bool {
        self.credential.lasts() == Some(Duration::ZERO)
    }

    fn trusts(&self, jar: &Jar) -> bool {
        jar.proven_at.elapsed() < self.trust
    }

    /// The lock guards plain data that is whole between any two statements.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The jar whose cookies a request carried, if it is this session's and still held.
    fn jar_of(&mut self, serial: u64, signed: &Signed) -> Option<&mut Jar> {
        match &mut self.state {
            State::Proven(jar)
                if signed.by == serial && signed.generation == Some(self.generation) =>
            {
                Some(jar)
            }
            State::Proven(_) | State::Bare | State::Ended => None,
        }
    }
}

impl Jar {
    /// An expired cookie removes its namesake; what is not understood is left out.
    fn store(&mut self, url: &Url, answer: &HeaderMap) {
        for text in answer
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            if self.cookies.iter_any().count() < MAX_COOKIES {
                let _ = self.cookies.parse(text, url);
            }
        }
    }
}

/// The `Cookie` header for a URL; none if there is nothing to send, or too much.
fn cookie_header(cookies: &CookieStore, url: &Url) -> Option<HeaderValue> {
    let pairs: Vec<String> = cookies
        .get_request_values(url)
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let joined = pairs.join("; ");
    if joined.is_empty() || joined.len() > MAX_COOKIE_BYTES {
        return None;
    }
    let mut value = HeaderValue::try_from(joined).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
