//! The body of a token or revocation request: a form, read whole or not at all.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use super::error::TokenError;

/// Largest body, in bytes: two tokens of ours fit in.
const FORM_BYTES: usize = 16 * 1024;

/// Parameters with a value, each one once. Any of them may be a secret.
pub(super) struct Form(HashMap<String, SecretString>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` and nothing else: RFC 6749 knows no other form, and what a gateway in
    /// front inspects must be what is understood here.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, TokenError> {
        if !is_form(headers) {
            return Err(TokenError::InvalidRequest(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let bytes = to_bytes(body, FORM_BYTES)
            .await
            .map_err(|_| TokenError::TooLarge)?;
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        let mut found = HashMap::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            let value = SecretString::from(value.into_owned());
            if found.insert(name.into_owned(), value).is_some() {
                return Err(TokenError::InvalidRequest("a parameter is repeated"));
            }
        }
        // RFC 6749, section 3.2: without a value it is as if it were not there.
        found.retain(|_, value| !value.expose_secret().is_empty());
        Ok(Self(found))
    }

    /// A parameter, if it was sent.
    pub(super) fn take(&mut self, name: &str) -> Option<SecretString> {
        self.0.remove(name)
    }

    /// A parameter, or an error that says that it is `missing`.
    pub(super) fn require(
        &mut self,
        name: &str,
        missing: &'static str,
    ) -> Result<SecretString, TokenError> {
        self.take(name).ok_or(TokenError::InvalidRequest(missing))
    }
}

/// Whether a body is a form, and nothing else as well.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else {
        return false;
    };
    let essence = only.to_str().ok().and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| {
        essence
            .trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    async fn read(content_type: &'static str, body: &str) -> Result<Form, TokenError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Form::read(&headers, Body::from(body.to_owned())).await
    }

    #[tokio::test]
    async fn parameters_are_decoded_and_empty_ones_are_not_there() {
        let mut form = read(
            "Application/X-WWW-Form-URLEncoded; charset=UTF-8",
            "a=1%20+2&b=&c",
        )
        .await
        .unwrap();
        assert_eq!(form.take("a").unwrap().expose_secret(), "1  2");
        assert!(form.take("b").is_none() && form.take("c").is_none() && form.take("a").is_none());
    }

    #[tokio::test]
    async fn a_repeated_parameter_is_refused_even_if_it_says_the_same_or_nothing() {
        for body in ["a=1&a=1", "a=1&a=2", "a=1&a=", "a=&a=1", "%61=1&a=1"] {
            assert_eq!(
                read(FORM, body).await.err(),
                Some(TokenError::InvalidRequest("a parameter is repeated")),
                "{body}"
            );
        }
    }

    #[tokio::test]
    async fn what_is_no_form_or_too_large_is_refused() {
        for other in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
        ] {
            let refused = read(other, "a=1").await.err();
            assert!(
                matches!(refused, Some(TokenError::InvalidRequest(_))),
                "{other}"
            );
        }
        let none = Form::read(&HeaderMap::new(), Body::from("a=1")).await.err();
        assert!(matches!(none, Some(TokenError::InvalidRequest(_))));
        let body = |length| format!("a={}", "x".repeat(length));
        assert!(read(FORM, &body(FORM_BYTES - 2)).await.is_ok());
        assert_eq!(
            read(FORM, &body(FORM_BYTES - 1)).await.err(),
            Some(TokenError::TooLarge)
        );
    }
}
