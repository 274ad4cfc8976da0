//! Basic mode: one Nextcloud user for everybody who may reach this server, guarded by a token of the operator's choice.

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::bearer::{self, Authorization};
use super::{Admitted, AuthError, challenge};
use crate::nextcloud::Caller;

/// Shortest token: 16 characters of a random source cannot be guessed over a network.
const TOKEN_CHARACTERS: usize = 16;

/// See the module's documentation.
#[derive(Clone)]
pub struct BasicMode {
    /// Boxed, as the other modes are small.
    user: Box<Caller>,
    token: Option<StaticToken>,
}

impl BasicMode {
    /// Everybody is `user`; with a `token`, everybody who sends it.
    pub fn new(user: Caller, token: Option<StaticToken>) -> Self {
        Self {
            user: Box::new(user),
            token,
        }
    }

    pub(super) fn admit(
        &self,
        sent: Result<Option<Authorization>, AuthError>,
    ) -> Result<Admitted, AuthError> {
        // Without a token of ours the header means nothing to us, and clients may send one they were once given.
        if let Some(expected) = &self.token {
            match sent?.ok_or(AuthError::Missing)? {
                Authorization::Bearer(sent) if expected.is(&sent) => {}
                Authorization::Bearer(_) => return Err(AuthError::Wrong),
                Authorization::Basic(_) => return Err(AuthError::Malformed),
            }
        }
        Ok(Admitted {
            caller: Caller::clone(&self.user),
            sign_in: None,
        })
    }

    /// There is no place to get a token from.
    pub(super) fn challenge(error: &AuthError) -> Option<HeaderValue> {
        let code = error.code().map(|code| ("error", code));
        challenge::challenge(code.as_slice())
    }
}

/// `NEXTCLOUD_MCP_STATIC_TOKEN`. Only its digest is kept: equal lengths make the comparison's time say nothing, not even
/// how long the token is.
#[derive(Clone)]
pub struct StaticToken([u8; 32]);

impl StaticToken {
    /// Checks that clients can send `token` and nobody can guess it.
    pub fn new(token: &SecretString) -> Result<Self, StaticTokenError> {
        let token = token.expose_secret();
        if !bearer::is_token(token) {
            return Err(StaticTokenError::NotAToken);
        }
        if token.len() < TOKEN_CHARACTERS {
            return Err(StaticTokenError::TooShort);
        }
        Ok(Self(Sha256::digest(token).into()))
    }

    fn is(&self, sent: &SecretString) -> bool {
        let sent: [u8; 32] = Sha256::digest(sent.expose_secret()).into();
        self.0.ct_eq(&sent).into()
    }
}

/// Not even the digest is printed: it could be compared with guesses.
impl std::fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StaticToken(..)")
    }
}

/// Why a text cannot be the static token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StaticTokenError {
    /// RFC 6750, section 2.1.
    #[error(
        "NEXTCLOUD_MCP_STATIC_TOKEN may hold letters, digits and -._~+/ only, since clients send it as a bearer token; `openssl rand -hex 32` makes one"
    )]
    NotAToken,
    /// Too easy to guess.
    #[error(
        "NEXTCLOUD_MCP_STATIC_TOKEN is shorter than {TOKEN_CHARACTERS} characters; `openssl rand -hex 32` makes one that nobody guesses"
    )]
    TooShort,
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123";

    fn token() -> StaticToken {
        StaticToken::new(&TOKEN.into()).unwrap()
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        assert!(token().is(&TOKEN.into()));
        for wrong in [
            "",
            "0123456789abcdef012",
            "0123456789abcdef01234",
            "0123456789ABCDEF0123",
        ] {
            assert!(!token().is(&wrong.into()), "{wrong}");
        }
    }

    #[test]
    fn a_token_that_can_be_guessed_or_not_be_sent_is_refused() {
        assert_eq!(
            StaticToken::new(&"short".into()).unwrap_err(),
            StaticTokenError::TooShort
        );
        assert_eq!(
            StaticToken::new(&"with a blank, long enough".into()).unwrap_err(),
            StaticTokenError::NotAToken
        );
        assert_eq!(
            StaticToken::new(&"".into()).unwrap_err(),
            StaticTokenError::NotAToken
        );
    }

    #[test]
    fn a_token_cannot_be_printed() {
        assert_eq!(format!("{:?}", token()), "StaticToken(..)");
    }
}
