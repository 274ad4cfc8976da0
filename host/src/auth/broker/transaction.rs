//! A sign-in under way: it lies in a cookie of the browser that began it, sealed, and nowhere else.
//!
//! So only that browser can go on with it. Its random name is all that the consent page and Nextcloud see of it: as the
//! form's field, and as the upstream `state`. Whoever gets hold of the name has the key to nothing.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Broker;
use super::request::Asked;
use crate::auth::grant::{self, Timestamp};
use crate::auth::place::Place;
use crate::auth::seal::{Purpose, SealError, secret_text};

/// How long a person may take for the consent page, and again for Nextcloud's pages with a second factor.
pub(super) const LIFE_SECONDS: u64 = 10 * 60;

/// Largest cookie, name and value, in bytes. Browsers keep 4096.
const COOKIE_BYTES: usize = 4000;

/// What the cookie grows by once the user has agreed, at most: [`Agreed`], sealed. Found out before the user is asked.
const AGREED_BYTES: usize = 600;

/// What all our cookies of one browser may hold in bytes: proxies take lines of 8 kB, and there are others' cookies.
const COOKIES_BYTES: usize = 6000;

/// Sign-ins that one browser may be in the middle of; the oldest is forgotten first.
const OPEN_AT_ONCE: usize = 4;

/// See the module's documentation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Transaction {
    /// In here, too, so that no cookie can stand for another.
    #[serde(rename = "i")]
    pub(super) name: String,
    #[serde(rename = "e")]
    pub(super) expires: Timestamp,
    #[serde(rename = "a")]
    pub(super) asked: Asked,
    #[serde(rename = "g")]
    pub(super) stage: Stage,
}

/// How far it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Stage {
    /// The user is asked.
    #[serde(rename = "c")]
    Consent,
    /// The user agreed, and is at Nextcloud. `asked.scopes` is what they agreed to.
    #[serde(rename = "n")]
    Nextcloud(Agreed),
}

/// What the user agreed to besides the scopes, and what Nextcloud's answer is held against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Agreed {
    #[serde(rename = "g")]
    pub(super) grant: String,
    #[serde(rename = "d")]
    pub(super) durable: bool,
    /// Our client at Nextcloud.
    #[serde(rename = "u")]
    pub(super) upstream_client: String,
    #[serde(rename = "v", with = "secret_text")]
    pub(super) verifier: SecretString,
    #[serde(rename = "n")]
    pub(super) nonce: String,
}

/// No cookie for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum KeepError {
    #[error("the transaction does not fit into a cookie")]
    Long,
    #[error("{0}")]
    Seal(#[from] SealError),
}

impl Transaction {
    pub(super) fn new(name: String, asked: Asked, stage: Stage) -> Self {
        let expires = grant::now() + LIFE_SECONDS;
        Self {
            name,
            expires,
            asked,
            stage,
        }
    }

    /// The browser's transaction of that name, as long as it lives.
    pub(super) fn find(broker: &Broker, headers: &HeaderMap, name: &str) -> Option<Self> {
        let wanted = cookie_name(&broker.oauth.place, name);
        let mut values = ours(&broker.oauth.place, headers).filter(|(found, _)| *found == wanted);
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return None;
        }
        let transaction = open(broker, value)?;
        (transaction.name == name).then_some(transaction)
    }

    /// Adds the cookie to an answer, and removes those that are too old or too many beside it.
    pub(super) fn keep(
        &self,
        broker: &Broker,
        request: &HeaderMap,
        answer: &mut HeaderMap,
    ) -> Result<(), KeepError> {
        let place = &broker.oauth.place;
        let name = cookie_name(place, &self.name);
        let value = broker.oauth.sealer.seal(Purpose::Transaction, self)?;
        let size = name.len() + value.len();
        let to_come = match self.stage {
            Stage::Consent => AGREED_BYTES,
            Stage::Nextcloud(_) => 0,
        };
        if size + to_come > COOKIE_BYTES {
            return Err(KeepError::Long);
        }
        for old in surplus(broker, request, size) {
            answer.append(SET_COOKIE, removal(place, &old)?);
        }
        let cookie = format!(
            "{name}={value}; {}; Max-Age={LIFE_SECONDS}",
            attributes(place)
        );
        answer.append(SET_COOKIE, header(&cookie)?);
        Ok(())
    }

    /// Takes the cookie away from the browser.
    pub(super) fn forget(&self, broker: &Broker, answer: &mut HeaderMap) {
        let place = &broker.oauth.place;
        // A name of ours always makes a header.
        if let Ok(cookie) = removal(place, &cookie_name(place, &self.name)) {
            answer.append(SET_COOKIE, cookie);
        }
    }
}

fn open(broker: &Broker, value: &str) -> Option<Transaction> {
    let opened: Result<Transaction, _> = broker.oauth.sealer.open(Purpose::Transaction, value);
    opened
        .ok()
        .filter(|transaction| grant::now() < transaction.expires)
}

/// The names of our cookies that have to go: dead ones, and the oldest, until one of `size` fits in.
fn surplus(broker: &Broker, request: &HeaderMap, size: usize) -> Vec<String> {
    let mut open: Vec<(Timestamp, &str, usize)> = ours(&broker.oauth.place, request)
        .map(|(name, value)| {
            let expires = open(broker, value).map_or(0, |transaction| transaction.expires);
            (expires, name, name.len() + value.len())
        })
        .collect();
    open.sort_unstable();
    let (mut count, mut bytes) = (1, size);
    // The youngest first; a dead one expires at 0 and never stays.
    let stays = |(expires, _, size): &&(Timestamp, &str, usize)| {
        count += 1;
        bytes += size;
        *expires > 0 && count <= OPEN_AT_ONCE && bytes <= COOKIES_BYTES
    };
    let kept = open.iter().rev().take_while(stays).count();
    let surplus = &open[..open.len() - kept];
    surplus
        .iter()
        .map(|(_, name, _)| (*name).to_owned())
        .collect()
}

/// Our cookies in a request, names and values.
fn ours<'a>(place: &Place, headers: &'a HeaderMap) -> impl Iterator<Item = (&'a str, &'a str)> {
    let prefix = prefix(place);
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        // Each by itself: a cookie of somebody else's that is no text must not hide ours beside it.
        .filter_map(|pair| str::from_utf8(pair).ok()?.trim().split_once('='))
        .filter(move |(name, _)| name.starts_with(prefix))
}

/// With `__Host-` a browser takes the cookie from this very host over https only (RFC 6265bis, section 4.1.3): no other
/// host of the domain can plant one.
fn prefix(place: &Place) -> &'static str {
    if place.is_secure() {
        "__Host-ncmcp-"
    } else {
        "ncmcp-"
    }
}

fn cookie_name(place: &Place, name: &str) -> String {
    format!("{}{name}", prefix(place))
}

/// `Lax`: Nextcloud's redirect brings the browser back from another site.
fn attributes(place: &Place) -> &'static str {
    if place.is_secure() {
        "Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}

fn removal(place: &Place, cookie_name: &str) -> Result<HeaderValue, SealError> {
    header(&format!("{cookie_name}=; {}; Max-Age=0", attributes(place)))
}

fn header(cookie: &str) -> Result<HeaderValue, SealError> {
    HeaderValue::try_from(cookie).map_err(|_| SealError)
}
