//! The outermost layer: gives each request its id, and counts it.
//!
//! The id is ours, or the `X-Request-Id` of a proxy that is trusted (`NEXTCLOUD_MCP_TRUSTED_PROXIES`): from anybody else it
//! would let strangers write into the log's lines about others. It goes back in the answer, so that a person who reports a
//! failure can name the one that they mean.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;

use super::address::Proxies;
use crate::measure;
use crate::trace::{RequestId, Trace};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// See the module's documentation.
pub(super) async fn identify(
    State(proxies): State<Arc<Proxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = given(&proxies, &request).unwrap_or_else(RequestId::new);
    let counted = Counted::new(place(request.uri().path()));
    request.extensions_mut().insert(id.clone());
    let span = tracing::info_span!("request", request_id = id.as_str());
    let trace = Trace::new(id.clone());
    let mut response = trace.scope(next.run(request).instrument(span)).await;
    counted.answered(response.status().as_u16());
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

/// What a trusted proxy calls the request.
fn given(proxies: &Proxies, request: &Request) -> Option<RequestId> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    if !proxies.trust(peer.ip()) {
        return None;
    }
    RequestId::parse(request.headers().get(X_REQUEST_ID)?.to_str().ok()?)
}

/// Where a request goes, in one of a few words.
fn place(path: &str) -> &'static str {
    match path.split('/').nth(1) {
        Some("") => "landing",
        Some("mcp") => "mcp",
        Some("oauth") => "oauth",
        Some(".well-known") => "well-known",
        Some("health") => "health",
        _ => "elsewhere",
    }
}

/// A request among the figures, whatever becomes of it.
struct Counted {
    place: &'static str,
    outcome: &'static str,
}

impl Counted {
    fn new(place: &'static str) -> Self {
        measure::http_begun();
        Self {
            place,
            outcome: "given-up",
        }
    }

    fn answered(mut self, status: u16) {
        self.outcome = measure::status_class(status);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        measure::http_ended(self.place, self.outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn an_address_that_is_not_there_makes_no_figure_of_its_own() {
        for (path, expected) in [
            ("/", "landing"),
            ("/mcp", "mcp"),
            ("/mcp/", "mcp"),
            ("/oauth/token", "oauth"),
            ("/.well-known/oauth-protected-resource/mcp", "well-known"),
            ("/health/ready", "health"),
            ("/mcpx", "elsewhere"),
            ("/wp-login.php", "elsewhere"),
        ] {
            assert_eq!(place(path), expected, "{path}");
        }
    }
}
