//! The proof of who a user is, as Nextcloud takes it: a user name with an app password.
//!
//! Invariant: a credential can be compared, sent and dropped, never printed; its [`CredentialId`] can be printed and
//! says nothing about it.

use std::fmt;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Why a user name and password cannot be a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CredentialError {
    /// RFC 7617 ends the user name at the first colon.
    #[error("the user name holds a `:`, which HTTP Basic authentication cannot carry")]
    ColonInUser,
    /// RFC 7617 forbids control characters.
    #[error("the user name or password holds a control character (a line break at its end?)")]
    Control,
    /// The operating system has no random numbers.
    #[error(
        "the operating system gives no random numbers, without which credentials cannot be told apart safely"
    )]
    NoRandomness,
    /// Nothing to sign in with.
    #[error("the user name or password is empty")]
    Empty,
}

/// What is sent in `Authorization`. Cheap to clone.
#[derive(Clone)]
pub struct Credential {
    authorization: HeaderValue,
    id: CredentialId,
}

impl Credential {
    /// A user name and an app password (RFC 7617, UTF-8).
    pub fn basic(user: &str, password: &SecretString) -> Result<Self, CredentialError> {
        let password = password.expose_secret();
        if user.is_empty() || password.is_empty() {
            return Err(CredentialError::Empty);
        }
        if user.contains(':') {
            return Err(CredentialError::ColonInUser);
        }
        if user.chars().chain(password.chars()).any(char::is_control) {
            return Err(CredentialError::Control);
        }
        Self::from_header(format!(
            "Basic {}",
            STANDARD.encode(format!("{user}:{password}"))
        ))
    }

    /// An access token (RFC 6750).
    pub fn bearer(token: &SecretString) -> Result<Self, CredentialError> {
        let token = token.expose_secret();
        if token.is_empty() {
            return Err(CredentialError::Empty);
        }
        Self::from_header(format!("Bearer {token}"))
    }

    fn from_header(value: String) -> Result<Self, CredentialError> {
        let id = CredentialId::of(value.as_bytes())?;
        let mut authorization =
            HeaderValue::try_from(value).map_err(|_| CredentialError::Control)?;
        // Keeps it out of Debug output and out of HTTP/2's compression tables.
        authorization.set_sensitive(true);
        Ok(Self { authorization, id })
    }

    pub(super) fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }

    /// Stable while the process runs, meaningless outside.
    pub fn id(&self) -> CredentialId {
        self.id
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Names a credential without telling anything about it: SHA-256 under a key that this process drew at random.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId([u8; 32]);

impl CredentialId {
    fn of(secret: &[u8]) -> Result<Self, CredentialError> {
        static KEY: LazyLock<Option<[u8; 32]>> = LazyLock::new(random_key);
        let key = (*KEY).ok_or(CredentialError::NoRandomness)?;
        // Keyed twice, as HMAC does, so that no guess can be tried without the key.
        let inner = Sha256::new()
            .chain_update(key)
            .chain_update(secret)
            .finalize();
        Ok(Self(
            Sha256::new()
                .chain_update(key)
                .chain_update(inner)
                .finalize()
                .into(),
        ))
    }

    /// Short form, for counters and queues.
    pub fn short(self) -> u64 {
        self.0
            .iter()
            .take(8)
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.short())
    }
}

fn random_key() -> Option<[u8; 32]> {
    let mut key = [0; 32];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut key)
        .ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a test fails by panicking"
    )]

    use super::*;

    fn basic(user: &str, password: &str) -> Result<Credential, CredentialError> {
        Credential::basic(user, &SecretString::from(password))
    }

    #[test]
    fn basic_is_encoded_as_rfc_7617_says() {
        // Its section 2, and section 2.1 for UTF-8.
        assert_eq!(
            basic("Aladdin", "open sesame").unwrap().authorization(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(
            basic("test", "123\u{a3}").unwrap().authorization(),
            "Basic dGVzdDoxMjPCow=="
        );
    }

    #[test]
    fn no_secret_can_be_printed() {
        let credential = basic("alice", "tiger").unwrap();
        let printed = format!(
            "{credential:?} {:?} {:?}",
            credential.id(),
            credential.authorization()
        );
        assert!(
            !printed.contains("tiger")
                && !printed.contains("YWxpY2U6dGlnZXI")
                && !printed.contains("alice"),
            "{printed}"
        );
    }

    #[test]
    fn the_id_tells_credentials_apart_and_nothing_else() {
        assert_eq!(basic("a", "b").unwrap().id(), basic("a", "b").unwrap().id());
        assert_ne!(basic("a", "b").unwrap().id(), basic("a", "c").unwrap().id());
    }

    #[test]
    fn what_basic_cannot_carry_is_refused() {
        assert!(matches!(
            basic("a:b", "c"),
            Err(CredentialError::ColonInUser)
        ));
        assert!(matches!(basic("a", "c\n"), Err(CredentialError::Control)));
        assert!(matches!(basic("", "c"), Err(CredentialError::Empty)));
        assert!(matches!(basic("a", ""), Err(CredentialError::Empty)));
        assert!(basic("a", "b:c").is_ok());
    }
}
