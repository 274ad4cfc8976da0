//! One request to the provider, and which answers say something: JSON, with success or a refusal.
//!
//! Everything else (maintenance, an error page, a redirect, too many requests, too many bytes) is no word on the
//! question, and must never be taken for a yes or a no.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

use super::UpstreamError;
use crate::nextcloud::ServiceClient;

/// Largest answer. The largest honest one, a key set of a few RSA keys, has some kB.
pub(super) const ANSWER_BYTES: u64 = 256 * 1024;

/// For a whole exchange: somebody waits for it, and Nextcloud answers in less than a second even when it is slow.
pub(super) const WITHIN: Duration = Duration::from_secs(10);

/// Speaks with the provider. Cheap to clone.
#[derive(Clone)]
pub(super) struct Exchange {
    client: ServiceClient,
}

impl Exchange {
    pub(super) fn new(client: ServiceClient) -> Self {
        Self { client }
    }

    /// Fetches JSON; with a user's token, where one is given.
    pub(super) async fn get(
        &self,
        url: &Url,
        token: Option<&SecretString>,
    ) -> Result<Response<Bytes>, UpstreamError> {
        let mut request = Request::get(url.as_str()).header(ACCEPT, JSON);
        if let Some(token) = token {
            let value = format!("Bearer {}", token.expose_secret());
            let value = HeaderValue::try_from(value).map(|mut value| {
                value.set_sensitive(true);
                value
            });
            request = request.header(AUTHORIZATION, value.map_err(|_| unsendable())?);
        }
        self.send(request.body(Vec::new()).map_err(|_| unsendable())?)
            .await
    }

    /// Posts a form.
    pub(super) async fn post(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
    ) -> Result<Response<Bytes>, UpstreamError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(url.as_str())
            .header(ACCEPT, JSON)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes());
        self.send(request.map_err(|_| unsendable())?).await
    }

    /// Sends a request and gives the answer if it is one: JSON with status 200, or a refusal (400, 401, 403) in JSON.
    pub(super) async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Bytes>, UpstreamError> {
        let answer = self
            .client
            .send(request, ANSWER_BYTES, WITHIN)
            .await
            .map_err(|error| UpstreamError::Away(error.to_string()))?;
        let counts = matches!(
            answer.status(),
            StatusCode::OK
                | StatusCode::BAD_REQUEST
                | StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
        );
        if counts && is_json(answer.headers()) {
            Ok(answer)
        } else {
            Err(UpstreamError::Away(describe(&answer)))
        }
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// `application/json` and its kin, such as `application/jwk-set+json`; parameters do not count.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// For the operator: which answer came instead.
fn describe(answer: &Response<Bytes>) -> String {
    let status = answer.status();
    if answer
        .headers()
        .contains_key("x-nextcloud-maintenance-mode")
    {
        return "it is in maintenance mode".to_owned();
    }
    match status {
        StatusCode::OK => "it answered something other than JSON".to_owned(),
        StatusCode::TOO_MANY_REQUESTS => "it is asked too often (429)".to_owned(),
        _ => format!("it answered with status {}", status.as_u16()),
    }
}

fn unsendable() -> UpstreamError {
    UpstreamError::Away("the request cannot be written".to_owned())
}
