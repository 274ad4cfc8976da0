//! Why Nextcloud's word is missing, or is no: the only error that leaves `upstream/` while serving.

use serde::Deserialize;
use thiserror::Error;

/// Longest error code that is repeated, in characters. The longest of the RFCs has 26.
const CODE_LENGTH: usize = 64;

/// Why Nextcloud's word is missing, or is no. Messages hold no token and no address with a query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(in crate::auth) enum UpstreamError {
    /// No answer, or one that says nothing about the question (maintenance, 5xx, garbage): ask again later.
    #[error("sign-in at Nextcloud is not possible now: {0}")]
    Away(String),
    /// RFC 6749, section 5.2: what was asked for is refused. `invalid_grant` and its like.
    #[error("Nextcloud refused: {code}")]
    Refused {
        /// The RFC's word.
        code: String,
    },
    /// Nextcloud does not know our client (any more), or its secret is wrong.
    #[error("Nextcloud does not know this server's OAuth client")]
    UnknownClient,
    /// The ID token or access token is not what it must be. Never a matter of waiting.
    #[error("the token is not accepted: {0}")]
    Invalid(Flaw),
}

/// What is wrong with a signed token. The texts are for whoever sent it, and repeat nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(in crate::auth) enum Flaw {
    /// Too long, not three parts, not base64url, not JSON.
    #[error("it is not a signed JSON web token")]
    Malformed,
    /// `typ`: an ID token is not an access token, nor the other way round.
    #[error("it is a token of another type")]
    Type,
    /// Another algorithm than RS256, or none.
    #[error("it is not signed with RS256")]
    Algorithm,
    /// RFC 7515, section 4.1.11.
    #[error("it demands (`crit`) what this server does not understand")]
    Critical,
    /// No key of the provider's fits, also none of those it publishes by now.
    #[error("it is signed with a key that Nextcloud does not publish")]
    Key,
    /// The signature does not fit the key.
    #[error("its signature is wrong")]
    Signature,
    /// A claim is missing, or is not of its type.
    #[error("it lacks a claim that it must have, or holds one that cannot be read")]
    Claims,
    /// `iss`.
    #[error("it was issued by somebody else")]
    Issuer,
    /// `aud`.
    #[error("it was issued for another audience")]
    Audience,
    /// `exp`.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat`.
    #[error("it is not valid yet")]
    NotYet,
    /// `nonce` of an ID token.
    #[error("it belongs to another sign-in")]
    Nonce,
    /// No ID token came with the tokens.
    #[error("Nextcloud gave no ID token")]
    Missing,
}

impl From<Flaw> for UpstreamError {
    fn from(flaw: Flaw) -> Self {
        Self::Invalid(flaw)
    }
}

impl UpstreamError {
    /// What an error code of Nextcloud's means. `expired_client` is its own word (`errors/040`).
    pub(super) fn of_code(code: &str) -> Self {
        let printable =
            code.len() <= CODE_LENGTH && code.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
        match code {
            "invalid_client" | "expired_client" => Self::UnknownClient,
            // Not a word on what was asked, whatever status they come with: what was sent stays good.
            "temporarily_unavailable" | "server_error" | "slow_down" => {
                Self::Away(format!("it answered the error {code}"))
            }
            _ if printable && !code.is_empty() => Self::Refused {
                code: code.to_owned(),
            },
            _ => Self::Away("it answered an error that has no proper name".to_owned()),
        }
    }

    /// What a JSON answer with a status of 400 and more means.
    pub(super) fn of_body(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Refusal {
            error: String,
        }
        serde_json::from_slice(body).map_or_else(
            |_| Self::Away("it answered an error without a name".to_owned()),
            |Refusal { error }| Self::of_code(&error),
        )
    }
}
