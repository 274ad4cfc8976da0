//! Accepts connections and serves HTTP/1.1 on them, until told to stop; then lets requests in flight end.
//!
//! A loop of our own, because axum's sets neither a time limit nor a cap for a request's head, and waits without end
//! when it stops. TLS and HTTP/2 are a reverse proxy's.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// How long a client may take for a request's head, and how long a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Largest head of a request, in bytes: a bearer token of 16 kB, and everything else that proxies add.
const HEAD_BYTES: usize = 48 * 1024;

/// Most headers of a request; browsers and proxies together send about 30.
const HEADERS: usize = 96;

/// How long to wait when the system can give no more connections.
const ACCEPT_AGAIN: Duration = Duration::from_millis(500);

/// Serves `router` until `stop`; returns when every connection has ended, at the latest `drain` later.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    connections: usize,
    drain: Duration,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
    let tracker = TaskTracker::new();
    let accept = async {
        // Never closed, so this loop ends only with `stop`.
        while let Ok(place) = places.clone().acquire_owned().await {
            let stream = accept(&listener).await;
            let connection = connection(stream, router.clone(), stop.clone());
            tracker.spawn(async move {
                connection.await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = accept => {}
    }
    drop(listener);
    tracker.close();
    if !tracker.is_empty() {
        tracing::info!("waiting for {} connections to end", tracker.len());
    }
    if tokio::time::timeout(drain, tracker.wait()).await.is_err() {
        tracing::warn!(
            "{} connections did not end in {} s and are cut off",
            tracker.len(),
            drain.as_secs()
        );
    }
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // The client went away again; the next one is not affected.
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::warn!("cannot accept connections for now: {error}");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    // Answers are written whole; waiting for more to send would only delay them. Not being able to say so is no harm.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(tower::service_fn(move |request: Request<Incoming>| {
        answer(router.clone(), request)
    }));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended early: {error}");
    }
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    router.oneshot(request.map(Body::new)).await
}
