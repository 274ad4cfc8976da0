//! What this server asks Nextcloud as itself, in nobody's name: discovery, keys, registration, tokens, introspection.
//!
//! It has connections of its own, keeps no cookie and follows no redirect. Never here: a user's account; whoever sends a
//! credential with it puts it into the request.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use reqwest::Client;
use tokio::time::timeout;
use url::Url;

use super::origin::Origin;
use super::wire::{self, Outgoing};
use super::{Budget, FetchError, Layer, Refusal};

const OCS_API_REQUEST: HeaderName = HeaderName::from_static("ocs-apirequest");

/// Longest segment of a path that is a name rather than somebody's id, in bytes: `openid-configuration` has 20, a UUID 36.
const NAME_BYTES: usize = 24;

/// See the module's documentation. Cheap to clone.
#[derive(Clone)]
pub struct ServiceClient {
    client: Client,
    origin: Origin,
}

impl ServiceClient {
    pub(super) fn new(client: Client, origin: Origin) -> Self {
        Self { client, origin }
    }

    /// Where this server reaches Nextcloud, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.origin.base_url()
    }

    /// Where people reach the same Nextcloud, without a slash at the end.
    pub fn public_url(&self) -> String {
        self.origin.public_url()
    }

    /// Whether secrets may travel to a URL: over https, to loopback, or where the operator trusts the network.
    pub fn admits(&self, url: &Url) -> bool {
        self.origin.admits(url)
    }

    /// Sends once. The whole answer must be there `within` that time and be no longer than `cap` bytes; whatever its
    /// status, it is an answer. Errors hold no address.
    pub async fn send<B: Into<Bytes>>(
        &self,
        request: Request<B>,
        cap: u64,
        within: Duration,
    ) -> Result<Response<Bytes>, FetchError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|_| FetchError::Malformed("not an absolute address".to_owned()))?;
        if !self.admits(&url) {
            return Err(FetchError::Forbidden(Refusal::new(
                Layer::PlainHttp,
                "",
                "NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP",
                "plain http beyond this machine (see NEXTCLOUD_MCP_ALLOW_PLAIN_HTTP)",
            )));
        }
        let mut headers = parts.headers;
        if self.origin.owns(&url) {
            // Without it Nextcloud takes requests for a browser's (`bearer/`).
            headers.insert(OCS_API_REQUEST, HeaderValue::from_static("true"));
        }
        let body: Bytes = body.into();
        let outgoing = Outgoing {
            method: parts.method,
            route: route(&url).into(),
            url,
            headers,
            body: (!body.is_empty()).then_some(body),
        };
        timeout(within, exchange(&self.client, outgoing, cap))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }
}

/// What a request is called in the log: its path, in which long segments (client ids) are left out, without its query.
fn route(url: &Url) -> String {
    let segments = url.path().split('/');
    let shown = segments.map(|segment| {
        if segment.len() > NAME_BYTES {
            "*"
        } else {
            segment
        }
    });
    shown.collect::<Vec<_>>().join("/")
}

async fn exchange(
    client: &Client,
    request: Outgoing,
    cap: u64,
) -> Result<Response<Bytes>, FetchError> {
    let incoming = wire::send(client, request).await?;
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = incoming.status();
    *answer.headers_mut() = incoming.headers().clone();
    *answer.body_mut() = incoming.body(&Budget::new(1, cap, cap)).await?;
    Ok(answer)
}
