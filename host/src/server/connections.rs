//! Accepts connections and serves HTTP/1.1 on them, until told to stop; then lets requests in flight end.
//!
//! A loop of our own, because axum's sets neither a time limit nor a cap for a request's head, and waits without end
//! when it stops. TLS and HTTP/2 are a reverse proxy's.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::places::Places;
use super::stream::Stream;

/// Largest head of a request, in bytes: a bearer token of 16 kB, and everything else that proxies add.
const HEAD_BYTES: usize = 48 * 1024;

/// Most headers of a request; browsers and proxies together send about 30.
const HEADERS: usize = 96;

/// How long those who came after the stop may take to end, once everybody else has.
const LATE: Duration = Duration::from_millis(250);

/// How long to wait when the system can give no more connections.
const ACCEPT_AGAIN: Duration = Duration::from_millis(500);

/// What a client may take, and what is kept for it.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    pub(super) places: Arc<Places>,
    /// How long a client may take for a request's head, and how long a connection may be idle.
    pub(super) head_within: Duration,
    /// How long a client may take nothing of what it is sent. A stream of events with nothing to send does not count.
    pub(super) write_within: Duration,
    /// How long requests in flight may take to end.
    pub(super) drain: Duration,
}

impl Connections {
    pub(super) fn new(places: Places, drain: Duration) -> Self {
        Self {
            places: Arc::new(places),
            head_within: Duration::from_secs(30),
            write_within: Duration::from_secs(30),
            drain,
        }
    }

    /// Serves `router` until `stop`; returns when every connection from before has ended, at the latest `drain` later. Who
    /// comes meanwhile is answered, too, once: `router` decides with what.
    pub(super) async fn serve(
        self,
        listener: TcpListener,
        router: Router,
        stop: CancellationToken,
    ) {
        let tracker = TaskTracker::new();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.accept_all(&listener, &router, &tracker, Some(&stop)) => {}
        }
        tracker.close();
        if !tracker.is_empty() {
            tracing::info!("waiting for {} connections to end", tracker.len());
        }
        let late = TaskTracker::new();
        let ended = tokio::select! {
            ended = tokio::time::timeout(self.drain, tracker.wait()) => ended,
            () = self.accept_all(&listener, &router, &late, None) => Ok(()),
        };
        drop(listener);
        late.close();
        // An answer that was begun is there in no time; who has sent nothing yet is not waited for.
        let _ = tokio::time::timeout(LATE, late.wait()).await;
        if ended.is_err() {
            tracing::warn!(
                "{} connections did not end in {} s and are cut off",
                tracker.len(),
                self.drain.as_secs()
            );
        }
    }

    async fn accept_all(
        &self,
        listener: &TcpListener,
        router: &Router,
        tracker: &TaskTracker,
        stop: Option<&CancellationToken>,
    ) {
        while let Some(free) = self.places.free().await {
            let (stream, peer) = accept(listener).await;
            let Some(place) = self.places.take(free, peer.ip()) else {
                // Closed without a word: an answer would cost what the limit saves.
                tracing::debug!("{} has as many connections as it may have", peer.ip());
                continue;
            };
            let connection = self
                .clone()
                .connection(stream, peer, router.clone(), stop.cloned());
            tracker.spawn(async move {
                connection.await;
                drop(place);
            });
        }
    }

    async fn connection(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        router: Router,
        stop: Option<CancellationToken>,
    ) {
        // Answers are written whole; waiting for more to send would only delay them. Not being able to say so is no harm.
        let _ = stream.set_nodelay(true);
        let stream = Stream::new(stream, self.write_within);
        let service = TowerToHyperService::new(tower::service_fn(move |request| {
            answer(router.clone(), peer, request)
        }));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_within)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            // After the stop each connection has one answer.
            .keep_alive(stop.is_some())
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let stopped = async {
            match &stop {
                Some(stop) => stop.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection ended early: {error}");
        }
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
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

async fn answer(
    router: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    router.oneshot(request).await
}
