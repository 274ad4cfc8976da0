//! Reads the `Authorization` header (RFC 6750, section 2.1; RFC 7617) and takes it out of the request.
//!
//! A token is taken from nowhere else: never from the query, where it would land in logs.
//! Never here: who may send which.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::SecretString;

use super::AuthError;

/// Longest header that is looked at. Tokens of any kind stay below (RFC 9068 access tokens have some 1-2 kB).
const HEADER_BYTES: usize = 16 * 1024;

/// What a client sent to prove who it speaks for.
pub(super) enum Authorization {
    /// An access token.
    Bearer(SecretString),
    /// A user name and a password, still encoded.
    Basic(SecretString),
}

/// What a request proves itself with, if anything. Afterwards no `Authorization` is left in `headers`, whatever it was.
pub(super) fn take(headers: &mut HeaderMap) -> Result<Option<Authorization>, AuthError> {
    let several = headers.get_all(AUTHORIZATION).iter().count() > 1;
    // Takes every value with that name.
    let Some(value) = headers.remove(AUTHORIZATION) else {
        return Ok(None);
    };
    if several {
        return Err(AuthError::Several);
    }
    let text = value
        .to_str()
        .ok()
        .filter(|text| text.len() <= HEADER_BYTES)
        .ok_or(AuthError::Malformed)?;
    let (scheme, rest) = text.split_once(' ').ok_or(AuthError::Malformed)?;
    // Base64 has no character that a token has not.
    if !is_token(rest) {
        return Err(AuthError::Malformed);
    }
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(Authorization::Bearer(rest.into())))
    } else if scheme.eq_ignore_ascii_case("basic") {
        Ok(Some(Authorization::Basic(rest.into())))
    } else {
        Err(AuthError::Malformed)
    }
}

/// `b64token` of RFC 6750: letters, digits and `-._~+/`, then any number of `=`.
pub(super) fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use http::HeaderValue;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn taken(values: &[&str]) -> Result<Option<String>, AuthError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        let token = take(&mut headers);
        assert!(
            !headers.contains_key(AUTHORIZATION),
            "nothing behind sees the header"
        );
        token.map(|token| {
            token.map(|sent| match sent {
                Authorization::Bearer(token) => token.expose_secret().to_owned(),
                Authorization::Basic(pair) => format!("Basic {}", pair.expose_secret()),
            })
        })
    }

    #[test]
    fn one_bearer_token_is_taken_whatever_the_case_of_its_scheme() {
        assert_eq!(taken(&[]), Ok(None));
        assert_eq!(
            taken(&["Bearer abc.DEF-1_2~3+4/5=="]),
            Ok(Some("abc.DEF-1_2~3+4/5==".to_owned()))
        );
        assert_eq!(taken(&["bearer abc"]), Ok(Some("abc".to_owned())));
    }

    #[test]
    fn a_name_and_password_are_told_from_a_token() {
        assert_eq!(taken(&["basic YTpi"]), Ok(Some("Basic YTpi".to_owned())));
        assert_eq!(taken(&["Basic a:b"]), Err(AuthError::Malformed));
    }

    #[test]
    fn everything_else_is_refused() {
        for value in [
            "Bearer",
            "Bearer ",
            "Bearer  abc",
            "Bearer abc def",
            "Bearer abc,def",
            "Digest YTpi",
            "abc",
            "Bearer ä",
            "Bearer =",
            "",
        ] {
            assert_eq!(taken(&[value]), Err(AuthError::Malformed), "{value}");
        }
        assert_eq!(
            taken(&[&format!("Bearer {}", "a".repeat(HEADER_BYTES))]),
            Err(AuthError::Malformed)
        );
    }

    #[test]
    fn two_headers_are_refused_even_if_one_is_right_or_both_are_equal() {
        assert_eq!(
            taken(&["Bearer abc", "Bearer abc"]),
            Err(AuthError::Several)
        );
        assert_eq!(
            taken(&["Basic YTpi", "Bearer abc"]),
            Err(AuthError::Several)
        );
    }
}
