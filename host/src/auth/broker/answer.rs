//! The answer to an authorization request: back to the client's redirect URI, with a code or an error
//! (RFC 6749, sections 4.1.2 and 4.1.2.1; RFC 9207).

use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};
use url::form_urlencoded;

use super::Broker;
use super::page::Problem;
use super::request::RequestError;

/// Where a client waits for the answer, and by what it knows the question again.
#[derive(Clone, Copy)]
pub(super) struct Return<'a> {
    pub(super) redirect_uri: &'a str,
    pub(super) state: Option<&'a str>,
}

impl Return<'_> {
    pub(super) fn with_code(self, broker: &Broker, code: &str) -> Response {
        see_other(&self.location(broker, &[("code", code)]))
    }

    pub(super) fn with_error(self, broker: &Broker, error: RequestError) -> Response {
        see_other(&self.error_location(broker, error))
    }

    /// Where the client hears of an error.
    pub(super) fn error_location(self, broker: &Broker, error: RequestError) -> String {
        tracing::debug!(
            "an authorization request ends with {}: {error}",
            error.code()
        );
        let description = error.to_string();
        let parameters = [("error", error.code()), ("error_description", &description)];
        self.location(broker, &parameters)
    }

    fn location(self, broker: &Broker, parameters: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        if let Some(state) = self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", broker.oauth.place.issuer());
        let query = query.finish();
        let uri = self.redirect_uri;
        // The client's own query stays as it is.
        let separator = match uri.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{uri}{separator}{query}")
    }
}

/// 303: whatever brought the browser here, it goes on with a GET and takes no form along (RFC 9700, section 4.12).
pub(super) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return Problem::Server.into_response();
    };
    let headers = [
        (LOCATION, location),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
