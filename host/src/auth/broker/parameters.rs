//! Parameters of a request: a query or a form (RFC 6749, section 3.1 and appendix B).

use axum::body::{Body, to_bytes};
use http::{Method, Request};
use thiserror::Error;
use url::form_urlencoded;

use super::form::is_form;

/// Largest query or form in bytes. The longest that means something holds a client id, a state and a redirect URI.
pub(super) const FORM_BYTES: usize = 16 * 1024;

/// Most parameters; a server has two scopes a plugin, and the consent page sends each as one.
const PARAMETERS: usize = 128;

/// What cannot be read as parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum FormError {
    #[error("the request holds more than {FORM_BYTES} bytes or {PARAMETERS} parameters")]
    Large,
    #[error("the request's body is not application/x-www-form-urlencoded")]
    Type,
    #[error("a parameter is there more than once")]
    Repeated,
}

/// Decoded, in order.
#[derive(Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Of a GET's query, or of a POST's form.
    pub(super) async fn of(request: Request<Body>) -> Result<Self, FormError> {
        if request.method() != Method::POST {
            return Self::parse(request.uri().query().unwrap_or_default().as_bytes());
        }
        if !is_form(request.headers()) {
            return Err(FormError::Type);
        }
        let body = to_bytes(request.into_body(), FORM_BYTES).await;
        Self::parse(&body.map_err(|_| FormError::Large)?)
    }

    fn parse(text: &[u8]) -> Result<Self, FormError> {
        if text.len() > FORM_BYTES {
            return Err(FormError::Large);
        }
        let pairs: Vec<_> = form_urlencoded::parse(text)
            .take(PARAMETERS + 1)
            // Without a value is as good as not there (RFC 6749, section 3.1).
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if pairs.len() > PARAMETERS {
            return Err(FormError::Large);
        }
        Ok(Self(pairs))
    }

    /// The one value of `name`. Which of several counts would be a guess.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, FormError> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            return Err(FormError::Repeated);
        }
        Ok(value)
    }

    /// All values of `name`.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let of_name = self.0.iter().filter(move |(found, _)| found == name);
        of_name.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    fn parse(text: &str) -> Parameters {
        Parameters::parse(text.as_bytes()).unwrap_or_default()
    }

    #[test]
    fn a_parameter_is_one_value_or_none() {
        let parameters = parse("a=1&b=&c=x+y%26&d=1&d=1&e=&e=2");
        assert_eq!(parameters.one("a"), Ok(Some("1")));
        assert_eq!(parameters.one("b"), Ok(None), "empty is absent");
        assert_eq!(parameters.one("c"), Ok(Some("x y&")));
        assert_eq!(
            parameters.one("d"),
            Err(FormError::Repeated),
            "even if equal"
        );
        assert_eq!(parameters.one("e"), Ok(Some("2")));
        assert_eq!(parameters.one("z"), Ok(None));
    }

    #[test]
    fn too_much_is_refused() {
        let long = format!("a={}", "x".repeat(FORM_BYTES));
        assert!(Parameters::parse(long.as_bytes()).is_err());
        assert!(Parameters::parse("a=1&".repeat(PARAMETERS + 1).as_bytes()).is_err());
        assert!(Parameters::parse("a=1&".repeat(PARAMETERS).as_bytes()).is_ok());
    }

    #[tokio::test]
    async fn a_body_of_another_kind_is_refused() {
        let request = |kind: Option<&str>| {
            let mut request = Request::post("/?a=query");
            if let Some(kind) = kind {
                request = request.header(CONTENT_TYPE, kind);
            }
            Parameters::of(request.body(Body::from("a=body")).unwrap())
        };
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        assert_eq!(
            request(Some(form)).await.unwrap_or_default().one("a"),
            Ok(Some("body"))
        );
        for kind in [Some("text/plain"), Some("application/json"), None] {
            assert_eq!(request(kind).await.err(), Some(FormError::Type), "{kind:?}");
        }
    }
}
