//! What kind of thing a client presented, by its form alone. Nothing is decrypted, verified or sent here.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::super::bearer::Authorization;
use super::super::seal::{Purpose, Sealer};
use super::super::{AuthError, InvalidToken};
use crate::nextcloud::CredentialId;

/// Longest user name, in bytes. Nextcloud's own are 64 characters at most; sign-in names can be mail addresses.
const LOGIN_BYTES: usize = 256;

/// Something that could prove who somebody is.
pub(super) enum Presented {
    /// Sealed by this server, as it seems.
    Ours(SecretString),
    /// A JWT, from Nextcloud perhaps.
    Jwt(SecretString),
    /// Any other token; only Nextcloud can say what it is (its own have 72 letters and digits).
    Opaque(SecretString),
    /// A user name, and a password of the form that Nextcloud generates.
    AppPassword {
        login: String,
        password: SecretString,
    },
}

impl Presented {
    /// What it is, in a word.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Ours(_) => "sign-in",
            Self::Jwt(_) | Self::Opaque(_) => "nextcloud-token",
            Self::AppPassword { .. } => "app-password",
        }
    }

    /// What was sent, if it is anything that may be looked at further. `app_passwords` says whether those may.
    pub(super) fn of(sent: Authorization, app_passwords: bool) -> Result<Self, AuthError> {
        match sent {
            Authorization::Bearer(token) => Ok(Self::of_token(token)?),
            Authorization::Basic(pair) if app_passwords => Self::of_pair(&pair),
            Authorization::Basic(_) => Err(AuthError::Malformed),
        }
    }

    fn of_token(token: SecretString) -> Result<Self, InvalidToken> {
        const NO_ACCESS: [Purpose; 5] = [
            Purpose::Client,
            Purpose::Transaction,
            Purpose::Code,
            Purpose::Refresh,
            Purpose::Stored,
        ];
        let text = token.expose_secret();
        if Sealer::claims(Purpose::Access, text) {
            return Ok(Self::Ours(token));
        }
        // Nobody else has a use for those.
        if NO_ACCESS
            .iter()
            .any(|purpose| Sealer::claims(*purpose, text))
        {
            return Err(InvalidToken::NotAccess);
        }
        let Some(header) = jose_header(text) else {
            return Ok(Self::Opaque(token));
        };
        // RFC 9068, section 2.1. Nothing is believed for it; but what calls itself something else (an ID token says
        // `JWT`, `oidc-misc/014`) is taken at its word, whatever Nextcloud would make of it (`oidc-misc/015`).
        if is_access_token(&header) {
            Ok(Self::Jwt(token))
        } else {
            Err(InvalidToken::NotAccess)
        }
    }

    fn of_pair(encoded: &SecretString) -> Result<Self, AuthError> {
        let decoded = STANDARD.decode(encoded.expose_secret()).ok();
        let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = SecretString::from(pair.ok_or(AuthError::Malformed)?);
        let (login, password) = pair
            .expose_secret()
            .split_once(':')
            .ok_or(AuthError::Malformed)?;
        if login.is_empty() || login.len() > LOGIN_BYTES || login.chars().any(char::is_control) {
            return Err(AuthError::Malformed);
        }
        if !is_generated(password) {
            return Err(InvalidToken::NotAnAppPassword.into());
        }
        Ok(Self::AppPassword {
            login: login.to_owned(),
            password: password.into(),
        })
    }

    /// Names what was presented, as long as this process runs; says nothing about it.
    pub(super) fn key(&self) -> Result<CredentialId, AuthError> {
        let digest = match self {
            Self::Ours(token) | Self::Jwt(token) | Self::Opaque(token) => {
                CredentialId::of(format!("Bearer {}", token.expose_secret()).as_bytes())
            }
            Self::AppPassword { login, password } => {
                CredentialId::of(format!("Basic {login}:{}", password.expose_secret()).as_bytes())
            }
        };
        digest.map_err(|_| AuthError::Unavailable {
            why: "the operating system gives no random numbers",
            retry_after: super::NotReady::RETRY_AFTER,
        })
    }
}

/// The header of a JWT (RFC 7519, section 3): three parts, the first of which is a JSON object.
fn jose_header(token: &str) -> Option<JoseHeader> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = *parts.as_slice() else {
        return None;
    };
    if claims.is_empty() || signature.is_empty() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()
}

#[derive(Deserialize)]
struct JoseHeader {
    typ: Option<String>,
}

/// Nextcloud writes `at+JWT` (`oidc-misc/013`); media types have no case.
fn is_access_token(header: &JoseHeader) -> bool {
    let typ = header
        .typ
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    matches!(&*typ, "at+jwt" | "application/at+jwt")
}

/// Whether Nextcloud generates passwords of that form: for people (five groups of five), or for programs (72 letters and
/// digits, `auth/008`, `auth/021`). What people choose for themselves is never of either, and is never sent on: it could
/// be the password of their account.
fn is_generated(password: &str) -> bool {
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let groups: Vec<&str> = password.split('-').collect();
    (password.len() == 72 && is_plain(password))
        || (groups.len() == 5
            && groups
                .iter()
                .all(|group| group.len() == 5 && is_plain(group)))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn kind(token: &str) -> &'static str {
        match Presented::of(Authorization::Bearer(token.into()), false) {
            Ok(Presented::Ours(_)) => "ours",
            Ok(Presented::Jwt(_)) => "jwt",
            Ok(Presented::Opaque(_)) => "opaque",
            Ok(Presented::AppPassword { .. }) => "app password",
            Err(AuthError::Invalid(InvalidToken::NotAccess)) => "not an access token",
            Err(_) => "refused",
        }
    }

    fn jwt(header: &str) -> String {
        format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn every_token_is_told_by_its_form() {
        assert_eq!(kind("ncmcpa1_x"), "ours");
        for purpose in ["i", "t", "c", "r", "s"] {
            assert_eq!(kind(&format!("ncmcp{purpose}1_x")), "not an access token");
        }
        assert_eq!(kind(&"a".repeat(72)), "opaque");
        for other in ["a", "a.b", "a.b.c", "a.b.c.d", "..", "e30..c2ln"] {
            assert_eq!(kind(other), "opaque", "{other}");
        }
        assert_eq!(kind(&jwt(r#"{"typ":"at+JWT","alg":"RS256"}"#)), "jwt");
        assert_eq!(kind(&jwt(r#"{"typ":"application/at+jwt"}"#)), "jwt");
        for id_token in [r#"{"typ":"JWT","alg":"RS256"}"#, r#"{"alg":"RS256"}"#] {
            assert_eq!(kind(&jwt(id_token)), "not an access token", "{id_token}");
        }
    }

    fn pair(text: &str, app_passwords: bool) -> Result<String, AuthError> {
        let sent = Authorization::Basic(STANDARD.encode(text).into());
        Presented::of(sent, app_passwords).map(|presented| match presented {
            Presented::AppPassword { login, .. } => login,
            _ => unreachable!("a pair is no token"),
        })
    }

    #[test]
    fn only_passwords_that_nextcloud_generates_are_looked_at() {
        let good = ["Ab1cD-22222-33333-44444-55555", &"a1B".repeat(24)];
        for password in good {
            let text = format!("alice@example.org:{password}");
            assert_eq!(pair(&text, true), Ok("alice@example.org".to_owned()));
            assert_eq!(pair(&text, false), Err(AuthError::Malformed));
        }
        for password in [
            "",
            "correct horse battery staple",
            "11111-22222-33333-44444",
            "11111-22222-33333-44444-55555-66666",
            "1111-222222-33333-44444-55555",
            "11111-22222-33333-44444-5555!",
            &"a".repeat(71),
            &"a".repeat(73),
            &"-".repeat(72),
        ] {
            assert_eq!(
                pair(&format!("alice:{password}"), true),
                Err(InvalidToken::NotAnAppPassword.into()),
                "{password}"
            );
        }
    }

    #[test]
    fn what_is_no_pair_is_malformed() {
        let password = "a".repeat(72);
        for text in [
            password.clone(),
            format!(":{password}"),
            format!("a\nb:{password}"),
            format!("{}:{password}", "a".repeat(LOGIN_BYTES + 1)),
        ] {
            assert_eq!(pair(&text, true), Err(AuthError::Malformed), "{text}");
        }
        for encoded in ["====", "not*base64", "/w=="] {
            let sent = Authorization::Basic(encoded.into());
            assert!(matches!(
                Presented::of(sent, true),
                Err(AuthError::Malformed)
            ));
        }
    }

    #[test]
    fn a_password_is_not_believed_for_what_a_token_was() {
        let password = "a".repeat(72);
        let token = Presented::Opaque(format!("alice:{password}").into());
        let pair = Presented::AppPassword {
            login: "alice".to_owned(),
            password: password.into(),
        };
        assert_ne!(token.key().unwrap(), pair.key().unwrap());
    }
}
