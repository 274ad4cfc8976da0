//! Where to get a token for this server (RFC 9728): read by every client before it signs in, so guarded by nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde::Serialize;

use super::super::cors::open_to_web_pages;
use super::super::oauth::{NotReady, OAuth};
use crate::config::AuthorizationServer;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Short: plugins come and go, and their scopes with them.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// RFC 9728, section 2.
#[derive(Serialize)]
struct Metadata {
    resource: String,
    authorization_servers: [String; 1],
    /// Never `offline_access`, which is between a client and the authorization server (MCP, authorization).
    scopes_supported: Vec<String>,
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
    /// For people: the landing page.
    resource_documentation: String,
}

/// The documents at every address where a client or a proxy may look for them: the RFC's (`.../mcp`), the root's, which
/// clients try next, and both with the server URL's path, whether or not a proxy strips it.
pub(in crate::auth) fn routes(oauth: &Arc<OAuth>) -> Router {
    let document = get(metadata);
    let mut paths = vec![WELL_KNOWN.to_owned(), format!("{WELL_KNOWN}/mcp")];
    let below = oauth.place.path();
    if !below.is_empty() && is_plain(below) {
        paths.extend([
            format!("{WELL_KNOWN}{below}"),
            format!("{WELL_KNOWN}{below}/mcp"),
            format!("{below}{WELL_KNOWN}"),
            format!("{below}{WELL_KNOWN}/mcp"),
        ]);
    }
    // A server that is itself at `/mcp` has some twice.
    paths.sort();
    paths.dedup();
    paths
        .iter()
        .fold(Router::new(), |router, path| {
            router.route(path, document.clone())
        })
        .layer(from_fn(open_to_web_pages))
        .with_state(oauth.clone())
}

async fn metadata(State(oauth): State<Arc<OAuth>>) -> Response {
    let OAuth {
        place,
        settings,
        nextcloud,
        known,
        ..
    } = &*oauth;
    let issuer = match settings.authorization_server {
        AuthorizationServer::Broker => place.issuer().to_owned(),
        // To the letter as it names itself; as long as it was not reached, as it should.
        AuthorizationServer::Nextcloud => match (oauth.provider(), &settings.oidc_issuer) {
            (Ok(provider), _) => provider.upstream.issuer().to_owned(),
            (Err(NotReady), Some(issuer)) => issuer.clone(),
            (Err(NotReady), None) => nextcloud.public_url(),
        },
    };
    let metadata = Metadata {
        resource: place.resource(),
        authorization_servers: [issuer],
        scopes_supported: known().into_iter().map(|scope| scope.name).collect(),
        bearer_methods_supported: ["header"],
        resource_name: "Nextcloud MCP Server",
        resource_documentation: place.at("/"),
    };
    ([(CACHE_CONTROL, CACHE)], Json(metadata)).into_response()
}

/// Whether a path means itself as a route.
pub(in crate::auth) fn is_plain(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte);
    path.bytes().all(is_plain)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::extract::Request;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    use super::super::testing::{PLACE, oauth};
    use http::StatusCode;
    use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;

    use super::*;

    const NOWHERE: &str = "http://127.0.0.1:9";

    async fn send(place: &str, arguments: &[&str], method: &str, path: &str) -> Response {
        let request = Request::builder()
            .method(method)
            .uri(path)
            // Neither is of any interest here.
            .header("host", "10.1.2.3")
            .header("origin", "https://inspector.example.org")
            .header("mcp-protocol-version", "never")
            .body(Body::empty())
            .unwrap();
        let routes = routes(&oauth(NOWHERE, place, arguments));
        routes.oneshot(request).await.unwrap()
    }

    async fn document(place: &str, arguments: &[&str], path: &str) -> Value {
        let response = send(place, arguments, "GET", path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    #[tokio::test]
    async fn the_document_is_the_same_in_both_forms() {
        for path in [
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource/mcp",
        ] {
            assert_eq!(
                document(PLACE, &[], path).await,
                json!({
                    "resource": "https://mcp.example.com/mcp",
                    "authorization_servers": ["https://mcp.example.com"],
                    "scopes_supported": ["notes.read", "notes.write"],
                    "bearer_methods_supported": ["header"],
                    "resource_name": "Nextcloud MCP Server",
                    "resource_documentation": "https://mcp.example.com/",
                })
            );
        }
    }

    #[tokio::test]
    async fn below_a_path_it_is_found_whether_or_not_a_proxy_strips_that() {
        let place = "https://example.com/a/nextcloud-mcp";
        for path in [
            "/.well-known/oauth-protected-resource/a/nextcloud-mcp/mcp",
            "/.well-known/oauth-protected-resource/a/nextcloud-mcp",
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-protected-resource",
            "/a/nextcloud-mcp/.well-known/oauth-protected-resource/mcp",
        ] {
            let document = document(place, &[], path).await;
            assert_eq!(
                document["resource"],
                "https://example.com/a/nextcloud-mcp/mcp"
            );
        }
        // No router panics over it.
        for odd in ["https://example.com/:a/*b", "https://example.com/mcp"] {
            document(odd, &[], "/.well-known/oauth-protected-resource").await;
        }
    }

    #[tokio::test]
    async fn nextcloud_itself_is_named_where_the_operator_wants_that() {
        let arguments = ["--authorization-server=nextcloud"];
        let path = "/.well-known/oauth-protected-resource/mcp";
        let servers = |document: Value| document["authorization_servers"][0].clone();
        assert_eq!(servers(document(PLACE, &arguments, path).await), NOWHERE);
        let arguments = [arguments[0], "--oidc-issuer=https://id.example.com"];
        assert_eq!(
            servers(document(PLACE, &arguments, path).await),
            "https://id.example.com"
        );
    }

    #[tokio::test]
    async fn every_web_page_may_read_it_and_nobody_may_do_more() {
        let path = "/.well-known/oauth-protected-resource/mcp";
        for (method, status) in [("GET", 200), ("HEAD", 200), ("OPTIONS", 204), ("POST", 405)] {
            let response = send(PLACE, &[], method, path).await;
            assert_eq!(response.status().as_u16(), status, "{method}");
            if status != 405 {
                assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
            }
        }
        let response = send(PLACE, &[], "GET", path).await;
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=300");
        assert_eq!(response.headers()["content-type"], "application/json");
    }
}
