//! How a client says who it is at the token and revocation endpoints (RFC 6749, section 2.3).
//!
//! Never here: whether that is true (see `client`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::TokenError;
use super::form::Form;

/// Who a client says it is, and what it says so with.
pub(super) struct ClaimedClient {
    pub(super) client_id: String,
    pub(super) secret: Option<SecretString>,
    /// By `Authorization: Basic`, not in the body.
    pub(super) basic: bool,
}

impl ClaimedClient {
    /// Takes credentials from the header or the body, never from both; a `client_id` in the body beside the header is
    /// fine as long as it is the same (the Python SDK sends both).
    pub(super) fn take(headers: &HeaderMap, form: &mut Form) -> Result<Self, TokenError> {
        let id = form.take("client_id");
        let secret = form.take("client_secret");
        let mut authorizations = headers.get_all(AUTHORIZATION).iter();
        let Some(header) = authorizations.next() else {
            let id = id.ok_or(TokenError::InvalidRequest("client_id is missing"))?;
            return Ok(Self {
                client_id: id.expose_secret().to_owned(),
                secret,
                basic: false,
            });
        };
        if authorizations.next().is_some() || secret.is_some() {
            return Err(TokenError::InvalidRequest(
                "the client authenticates in more than one way",
            ));
        }
        let (client_id, secret) = header
            .to_str()
            .ok()
            .and_then(basic)
            .ok_or(TokenError::InvalidClient { basic: true })?;
        if id.is_some_and(|id| id.expose_secret() != client_id) {
            return Err(TokenError::InvalidRequest(
                "client_id is not the one of the Authorization header",
            ));
        }
        Ok(Self {
            client_id,
            // Some public clients send an empty password.
            secret: Some(secret).filter(|secret| !secret.expose_secret().is_empty()),
            basic: true,
        })
    }
}

/// RFC 6749, section 2.3.1: both parts are form-encoded before RFC 7617 joins them.
fn basic(header: &str) -> Option<(String, SecretString)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?.into()))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use axum::body::Body;
    use http::header::CONTENT_TYPE;

    use super::*;

    async fn presented(
        authorizations: &[&str],
        body: &str,
    ) -> Result<(String, Option<String>), TokenError> {
        let mut headers = HeaderMap::new();
        let form = "application/x-www-form-urlencoded".parse().unwrap();
        headers.insert(CONTENT_TYPE, form);
        let mut form = Form::read(&headers, Body::from(body.to_owned()))
            .await
            .unwrap();
        for value in authorizations {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        let presented = ClaimedClient::take(&headers, &mut form)?;
        let secret = presented.secret;
        Ok((
            presented.client_id,
            secret.map(|secret| secret.expose_secret().to_owned()),
        ))
    }

    fn basic_of(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    #[tokio::test]
    async fn credentials_come_by_header_or_body() {
        let expected = Ok(("id".to_owned(), Some("secret".to_owned())));
        assert_eq!(
            presented(&[], "client_id=id&client_secret=secret").await,
            expected
        );
        let header = basic_of("id:secret");
        assert_eq!(presented(&[&header], "").await, expected);
        assert_eq!(presented(&[&header], "client_id=id").await, expected);
        assert_eq!(
            presented(&[], "client_id=id").await,
            Ok(("id".to_owned(), None))
        );
        assert_eq!(
            presented(&[&basic_of("id:")], "").await,
            Ok(("id".to_owned(), None))
        );
        assert_eq!(
            presented(&[&basic_of("https%3A%2F%2Fc.example%2Fid:a+b%3A")], "").await,
            Ok(("https://c.example/id".to_owned(), Some("a b:".to_owned())))
        );
    }

    #[tokio::test]
    async fn two_ways_at_once_are_refused() {
        let header = basic_of("id:secret");
        for (headers, body) in [
            (vec![&*header], "client_secret=secret"),
            (vec![&*header], "client_id=other"),
            (vec![&*header, &*header], ""),
            (vec![], "client_secret=secret"),
        ] {
            let refused = presented(&headers, body).await;
            assert!(
                matches!(refused, Err(TokenError::InvalidRequest(_))),
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn a_header_that_is_not_basic_is_a_failed_authentication() {
        let no_colon = basic_of("id");
        let not_text = format!("Basic {}", STANDARD.encode(b"\xff:\xff"));
        for header in ["Bearer abc", "Basic", "Basic !", &no_colon, &not_text] {
            assert_eq!(
                presented(&[header], "client_id=id").await,
                Err(TokenError::InvalidClient { basic: true }),
                "{header}"
            );
        }
    }
}
