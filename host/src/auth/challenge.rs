//! Why a request to `/mcp` is refused, and the challenge that tells a client what to do about it (RFC 6750, section 3).
//!
//! No text here repeats anything of a token.

use std::time::Duration;

use http::HeaderValue;
use thiserror::Error;

/// A refused request, for the HTTP edge.
#[derive(Debug)]
pub struct Denied {
    /// Why; its text is for people.
    pub error: AuthError,
    /// For `WWW-Authenticate`. Absent where signing in would not help.
    pub challenge: Option<HeaderValue>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthError {
    /// Nothing was sent. 401.
    #[error("this server expects a bearer token: send `Authorization: Bearer ...`")]
    Missing,
    /// Not a bearer token, or not one alone. 401.
    #[error("the Authorization header is not `Bearer` and one token")]
    Malformed,
    /// More than one header: which one counts would be a guess. 400.
    #[error("there is more than one Authorization header")]
    Several,
    /// A token that is not the right one, where there is only one. 401.
    #[error("the bearer token is not the one that this server expects")]
    Wrong,
    /// A token that is not valid, or not any more. 401.
    #[error("{0}")]
    Invalid(#[from] InvalidToken),
    /// The sign-in does not include what is needed: these scopes, all of them. 403.
    #[error("this sign-in does not include the permissions that are needed: {}", .0.join(" "))]
    InsufficientScope(Vec<String>),
    /// Whether the token is valid cannot be said now. 503: a client that were told 401 would throw a good one away.
    #[error("{why}; try again in {} s", .retry_after.as_secs().max(1))]
    Unavailable {
        /// As the beginning of a sentence.
        why: &'static str,
        /// When to come back.
        retry_after: Duration,
    },
}

impl AuthError {
    /// One word, for figures.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed | Self::Several => "malformed",
            Self::Wrong => "wrong",
            Self::Invalid(flaw) => flaw.label(),
            Self::InsufficientScope(_) => "insufficient-scope",
            Self::Unavailable { .. } => "unavailable",
        }
    }
}

impl InvalidToken {
    /// One word, for figures.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Foreign => "foreign",
            Self::Ended => "ended",
            Self::NotAccess => "not-access",
            Self::Unknown => "unknown",
            Self::Unverified => "unverified",
            Self::AppPassword | Self::NotAnAppPassword => "wrong-app-password",
        }
    }
}

/// What is wrong with a token. The texts stand in `error_description`: printable ASCII without `"` and `\`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidToken {
    /// Its own time is over.
    #[error("the access token has expired")]
    Expired,
    /// Meant for another server, or issued for another purpose.
    #[error("the access token was issued for something else than this server")]
    Foreign,
    /// It was good once.
    #[error("the access token was revoked, or the sign-in that it belongs to has ended")]
    Ended,
    /// An ID token, a refresh token, a code.
    #[error("this is a token, but not an access token")]
    NotAccess,
    /// Neither this server nor Nextcloud knows it.
    #[error(
        "the access token is not one that this server or Nextcloud issued for this server, or it has ended"
    )]
    Unknown,
    /// Signed by somebody else, malformed, or with claims that do not fit.
    #[error("the access token could not be verified as one that this Nextcloud issued")]
    Unverified,
    /// Nextcloud does not take a user name and app password.
    #[error("Nextcloud does not accept this user name and app password")]
    AppPassword,
    /// Not of the form that Nextcloud makes, so that it was not sent on.
    #[error(
        "the password is not an app password as Nextcloud makes them (Settings > Security); it was not sent on"
    )]
    NotAnAppPassword,
}

impl AuthError {
    /// RFC 6750, section 3.1. Nothing where nothing was sent, and where it is not the request that is at fault.
    pub(super) fn code(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Unavailable { .. } => None,
            Self::Malformed | Self::Several => Some("invalid_request"),
            Self::Wrong | Self::Invalid(_) => Some("invalid_token"),
            Self::InsufficientScope(_) => Some("insufficient_scope"),
        }
    }
}

/// `Bearer` with these parameters. Values are quoted as they are: they must hold neither `"` nor `\`.
pub(super) fn challenge(parameters: &[(&str, &str)]) -> Option<HeaderValue> {
    let is_plain = |value: &str| !value.contains(['"', '\\']);
    let written: Vec<String> = parameters
        .iter()
        .filter(|(_, value)| is_plain(value))
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    HeaderValue::try_from(format!("Bearer {}", written.join(", ")).trim_end()).ok()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_one_header_whatever_its_values_hold() {
        assert_eq!(challenge(&[]).unwrap(), "Bearer");
        assert_eq!(
            challenge(&[("error", "invalid_token"), ("scope", "a.read b.write")]).unwrap(),
            r#"Bearer error="invalid_token", scope="a.read b.write""#
        );
        assert_eq!(
            challenge(&[("scope", r#"a", error="b"#)]).unwrap(),
            "Bearer"
        );
    }

    #[test]
    fn every_description_is_one_that_the_header_can_carry() {
        for error in [
            InvalidToken::Expired,
            InvalidToken::Foreign,
            InvalidToken::Ended,
            InvalidToken::NotAccess,
            InvalidToken::Unknown,
            InvalidToken::Unverified,
            InvalidToken::AppPassword,
            InvalidToken::NotAnAppPassword,
        ] {
            let text = error.to_string();
            let fits = |byte: u8| (0x20..0x7f).contains(&byte) && !b"\"\\".contains(&byte);
            assert!(text.bytes().all(fits), "{text}");
        }
    }
}
