//! MCP over standard input and output: one client, which started this process.

use std::convert::Infallible;
use std::sync::Arc;

use rmcp::service::{Peer, QuitReason, RoleServer, ServerInitializeError, serve_server_with_ct};
use rmcp::transport::stdio_pipes;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::handler::Mcp;
use crate::plugin::{Changed, Plugins};

/// Why there is nobody to speak to.
#[derive(Debug, Error)]
pub enum StdioError {
    /// The client's first messages were not MCP's.
    #[error("the MCP client on standard input did not begin as the protocol says: {0}")]
    Begin(String),
    /// A part of the server crashed.
    #[error("serving ended unexpectedly: {0}")]
    Crashed(String),
}

/// Serves until the client closes standard input, or `stop`.
pub async fn serve_stdio(mcp: Mcp, stop: CancellationToken) -> Result<(), StdioError> {
    let plugins = Arc::clone(&mcp.plugins);
    let running = match Box::pin(serve_server_with_ct(mcp, stdio_pipes(), stop)).await {
        Ok(running) => running,
        // It went away, or we were told to stop, before it began.
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => {
            return Ok(());
        }
        // The error would repeat the whole message.
        Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
            return Err(StdioError::Begin(
                "its first message is no request".to_owned(),
            ));
        }
        Err(error) => return Err(StdioError::Begin(error.to_string())),
    };
    let client = running.peer().clone();
    let ended = tokio::select! {
        ended = running.waiting() => ended,
        never = tell(client, plugins) => match never {},
    };
    match ended {
        Ok(QuitReason::JoinError(error)) | Err(error) => {
            Err(StdioError::Crashed(error.to_string()))
        }
        Ok(_) => Ok(()),
    }
}

/// Tells a client that began with a handshake of every change of the lists. Later ones ask for it (`listen`).
async fn tell(client: Peer<RoleServer>, plugins: Arc<Plugins>) -> Infallible {
    let mut generation = plugins.changes();
    let mut known = plugins.catalogue();
    while generation.changed().await.is_ok() && client.peer_info().is_some() {
        let now = plugins.catalogue();
        let changed = Changed::between(&known, &now);
        // A client that went away is noticed by whoever reads from it.
        if changed.tools {
            let _ = client.notify_tool_list_changed().await;
        }
        if changed.prompts {
            let _ = client.notify_prompt_list_changed().await;
        }
        if changed.resources {
            let _ = client.notify_resource_list_changed().await;
        }
        known = now;
    }
    std::future::pending().await
}
