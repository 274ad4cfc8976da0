//! MCP over standard input and output: one client, which started this process.

use rmcp::service::{QuitReason, ServerInitializeError, serve_server_with_ct};
use rmcp::transport::stdio_pipes;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::handler::Mcp;

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
    let running = match serve_server_with_ct(mcp, stdio_pipes(), stop).await {
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
    match running.waiting().await {
        Ok(QuitReason::JoinError(error)) | Err(error) => {
            Err(StdioError::Crashed(error.to_string()))
        }
        Ok(_) => Ok(()),
    }
}
