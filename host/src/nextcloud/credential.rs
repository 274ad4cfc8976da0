//! The proof of who a user is, as Nextcloud takes it: a user name with an app password, or an access token.
//!
//! Invariant: a credential can be compared, sent and dropped, never printed; its [`CredentialId`] can be printed and
//! says nothing about it.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::random;

/// Why something cannot be a credential.
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
    /// RFC 6750, section 2.1.
    #[error("the access token is not one that HTTP can carry")]
    NotAToken,
}

/// What is sent in `Authorization`. Cheap to clone.
#[derive(Clone)]
pub struct Credential {
    authorization: HeaderValue,
    id: CredentialId,
    /// The user name of a user name and password.
    login: Option<Arc<str>>,
    /// To whom it must belong, where that is known before Nextcloud is asked.
    user: Option<Arc<str>>,
    /// When it ends by itself.
    expires: Option<SystemTime>,
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
        let header = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        Ok(Self {
            login: Some(user.into()),
            ..Self::from_header(header)?
        })
    }

    /// An access token that Nextcloud issued (RFC 6750).
    pub fn bearer(token: &SecretString) -> Result<Self, CredentialError> {
        let token = token.expose_secret();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialError::NotAToken);
        }
        // Nextcloud takes `Bearer` and `bearer` only (`bearer/023`).
        Self::from_header(format!("Bearer {token}"))
    }

    /// The same, to be used only if it is the user `id`'s: if Nextcloud takes it for anybody else's, it is dropped.
    #[must_use]
    pub fn of_user(mut self, id: &str) -> Self {
        self.user = Some(id.into());
        self
    }

    /// The same, which ends by itself at `expires`, in seconds since 1970. It is not sent any more from then on, nor its
    /// cookies.
    #[must_use]
    pub fn until(mut self, expires: u64) -> Self {
        // A time that the clock cannot hold is never reached.
        self.expires = UNIX_EPOCH.checked_add(Duration::from_secs(expires));
        self
    }

    fn from_header(value: String) -> Result<Self, CredentialError> {
        let id = CredentialId::of(value.as_bytes())?;
        let mut authorization =
            HeaderValue::try_from(value).map_err(|_| CredentialError::Control)?;
        // Keeps it out of Debug output and out of HTTP/2's compression tables.
        authorization.set_sensitive(true);
        Ok(Self {
            authorization,
            id,
            login: None,
            user: None,
            expires: None,
        })
    }

    pub(super) fn authorization(&self) -> &HeaderValue {
        &self.authorization
    }

    pub(super) fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// To whom it must belong.
    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// How long it will last; nothing if that is not known.
    pub(super) fn lasts(&self) -> Option<Duration> {
        let expires = self.expires?;
        Some(
            expires
                .duration_since(SystemTime::now())
                .unwrap_or_default(),
        )
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

/// Names a credential without telling anything about it: SHA-256 under a key that this process drew at random. Says
/// nothing about whose it must be: one credential is one, whatever is expected of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId([u8; 32]);

impl CredentialId {
    /// Of what stands in `Authorization`.
    pub fn of(secret: &[u8]) -> Result<Self, CredentialError> {
        static KEY: LazyLock<Option<[u8; 32]>> = LazyLock::new(|| random::bytes().ok());
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
    fn a_token_is_sent_as_bearer_and_what_is_none_is_refused() {
        let bearer = |token: &str| Credential::bearer(&token.into());
        assert_eq!(bearer("a.b-c").unwrap().authorization(), "Bearer a.b-c");
        for wrong in ["", "a b", "a\n", "\u{e9}"] {
            assert!(
                matches!(bearer(wrong), Err(CredentialError::NotAToken)),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn what_is_expected_of_a_credential_makes_no_other_of_it() {
        let token = Credential::bearer(&"token".into()).unwrap();
        let expected = token.clone().of_user("alice").until(u64::MAX);
        assert_eq!(token.id(), expected.id());
        assert_eq!(
            token.until(0).lasts(),
            Some(Duration::ZERO),
            "it ended long ago"
        );
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
