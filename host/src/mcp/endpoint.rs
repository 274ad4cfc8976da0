//! MCP over HTTP: rmcp's service behind the gate.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::watch;

use super::gate::{self, Gate};
use super::handler::Mcp;

/// Serves MCP to requests that carry their [`Caller`](crate::nextcloud::Caller) as an extension. Requests wait until
/// `loaded` says that there is a catalogue; one may be `body_bytes` large.
pub fn endpoint(mcp: Mcp, loaded: watch::Receiver<bool>, body_bytes: usize) -> Router {
    let gate = Gate {
        plugins: Arc::clone(&mcp.plugins),
        listeners: mcp.listeners.clone(),
        loaded,
        body_bytes,
    };
    let handler = Arc::new(mcp);
    let config = StreamableHttpServerConfig::default()
        // Every request stands for itself: any replica can answer it, and no session has to be bound to its user.
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(body_bytes)
        // The edge checked both already, for every page of this server and by the operator's lists.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    Router::new()
        .route_service("/", service)
        .layer(from_fn_with_state(gate, gate::pass))
}
