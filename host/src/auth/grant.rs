//! What our tokens hold: the user's grant to one client. Sealed, so that nothing of it is kept here.
//!
//! Shared by `broker/`, which gives tokens out, and `resource/`, which takes them.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::scope::ScopeSet;
use super::seal::secret_text;

/// Longest sealed token, in characters. HTTP servers and proxies take 8 kB of headers.
pub(super) const TOKEN_LENGTH: usize = 6 * 1024;

/// Seconds since 1970.
pub(super) type Timestamp = u64;

/// Seconds since 1970, now; 0 if the clock stands before.
pub(super) fn now() -> Timestamp {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// One user's consent to one client: the same in all tokens that follow from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    /// Random; names the grant in the log.
    pub(super) id: String,
    /// Nextcloud's user id (`sub` of the ID token).
    pub(super) user: String,
    /// Whom it was given to.
    pub(super) client: ClientDigest,
    /// What the user agreed to, never more than the client asked for.
    pub(super) scopes: ScopeSet,
    /// Our resource. A token for another one is nothing here.
    pub(super) resource: String,
    /// When the user agreed.
    pub(super) since: Timestamp,
}

/// Stands for a client id, which may be too long for every token: SHA-256, the first 128 bits in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ClientDigest(String);

impl ClientDigest {
    pub(super) fn of(client_id: &str) -> Self {
        Self(hex::encode(&Sha256::digest(client_id)[..16]))
    }
}

/// For the log.
impl fmt::Display for ClientDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An access token of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AccessToken {
    pub(super) grant: Grant,
    pub(super) expires: Timestamp,
    pub(super) upstream: Access,
}

/// A refresh token of ours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RefreshToken {
    pub(super) grant: Grant,
    /// The grant's own end, which no refresh moves for a durable one.
    pub(super) expires: Timestamp,
    pub(super) upstream: Renewal,
}

/// How an access token speaks to Nextcloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Access {
    /// With Nextcloud's access token, issued to our upstream client of that id.
    Token {
        #[serde(with = "secret_text")]
        token: SecretString,
        client_id: String,
    },
    /// With an app password: the grant is durable.
    AppPassword(AppPassword),
}

/// How a refresh token gets the next access token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Renewal {
    /// With Nextcloud's refresh token, issued to our upstream client of that id.
    Token {
        #[serde(with = "secret_text")]
        token: SecretString,
        client_id: String,
    },
    /// The app password lasts until somebody deletes it.
    AppPassword(AppPassword),
}

/// An app password of Nextcloud's, made for one durable grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AppPassword {
    /// The user name that goes with it.
    pub(super) login: String,
    #[serde(with = "secret_text")]
    pub(super) password: SecretString,
}
