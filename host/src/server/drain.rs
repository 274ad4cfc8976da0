//! What is still answered once the server was told to stop: health, and what is in flight. Everything else is sent away
//! with a time to come back, by when a load balancer or a restart has something that answers.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio_util::sync::CancellationToken;

use super::answer::busy;

/// Seconds until a client should try again: a restart takes one or two.
const AGAIN: u64 = 5;

/// See the module's documentation.
pub(super) async fn refuse(
    State(stop): State<CancellationToken>,
    request: Request,
    next: Next,
) -> Response {
    if stop.is_cancelled() && !request.uri().path().starts_with("/health/") {
        return busy(
            AGAIN,
            "the server is stopping and takes no more requests; nothing was done. Try again in 5 s",
        );
    }
    next.run(request).await
}
