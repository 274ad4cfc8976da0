//! The HTTP side: accepts connections, logs every request, lets faults happen and hands the request to the part of
//! Nextcloud that it is for.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State as Shared};
use axum::response::Response;
use axum::serve::IncomingStream;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::elsewhere::{self, CalendarServer};
use super::faults::{self, Fault, Trouble};
use super::log::Entry;
use super::reply::Reply;
use super::request::{Request, pairs, segments};
use super::state::State;
use super::{Options, routes};

/// Largest body that is read: more than any test sends.
const LARGEST_BODY: usize = 64 << 20;

/// What the handle and the server share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) web_root: String,
    state: Mutex<State>,
    faults: Mutex<Vec<Fault>>,
    log: Mutex<Vec<Entry>>,
    connections: Mutex<Vec<Arc<AtomicBool>>>,
    accepted: AtomicUsize,
    calendars: Option<CalendarServer>,
}

impl Inner {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no handler panicked")
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.faults.lock().expect("no handler panicked")
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.log.lock().expect("no handler panicked")
    }

    pub(super) fn connections(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn close_connections(&self) {
        for cut in self
            .connections
            .lock()
            .expect("no handler panicked")
            .drain(..)
        {
            cut.store(true, Ordering::Relaxed);
        }
    }
}

/// Binds and serves until the task is aborted.
pub(super) async fn start(
    options: Options,
) -> std::io::Result<(Arc<Inner>, SocketAddr, tokio::task::JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let address = listener.local_addr()?;
    let inner = Arc::new(Inner {
        web_root: options.web_root.trim_end_matches('/').to_owned(),
        state: Mutex::new(State::new(options.users, options.calendars.clone())),
        faults: Mutex::default(),
        log: Mutex::default(),
        connections: Mutex::default(),
        accepted: AtomicUsize::new(0),
        calendars: options.calendars,
    });
    let app = axum::Router::new()
        .fallback(handle)
        .with_state(inner.clone());
    let service = app.into_make_service_with_connect_info::<Peer>();
    let listener = Door {
        listener,
        inner: inner.clone(),
    };
    let server = tokio::spawn(async move {
        let _ = axum::serve(listener, service).await;
    });
    Ok((inner, address, server))
}

async fn handle(
    Shared(inner): Shared<Arc<Inner>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST_BODY)
        .await
        .unwrap_or_default();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str())
        .to_owned();
    let mut entry = Entry {
        method: parts.method.to_string(),
        target: target.clone(),
        headers: parts.headers,
        body,
        peer: peer.address,
        user: None,
        status: 0,
        answer: Bytes::new(),
        abandoned: false,
    };
    let place = {
        let mut log = inner.log();
        log.push(entry.clone());
        log.len() - 1
    };
    let waiting = Waiting {
        inner: &inner,
        place,
    };
    let reply = match below_web_root(&inner.web_root, &target) {
        None => Some(
            Reply::plain(404)
                .html("<html>\r\n<head><title>404 Not Found</title></head>\r\n</html>\r\n"),
        ),
        Some(below) => answer_or_fail(&inner, &read(&inner, &entry, below)).await,
    };
    std::mem::forget(waiting);
    if let Some(reply) = &reply {
        entry.status = reply.status;
        entry.user.clone_from(&reply.user);
        entry.answer.clone_from(&reply.body);
    }
    if let Some(logged) = inner.log().get_mut(place) {
        *logged = entry;
    }
    let Some(reply) = reply else {
        peer.cut.store(true, Ordering::Relaxed);
        return Response::new(Body::empty());
    };
    into_response(reply)
}

/// What came, as handlers see it; `below` is path and query below the web root.
fn read(inner: &Inner, entry: &Entry, below: &str) -> Request {
    let (path, query) = below.split_once('?').unwrap_or((below, ""));
    Request {
        method: entry.method.clone(),
        path: path.to_owned(),
        segments: segments(path),
        query: pairs(query),
        headers: entry.headers.clone(),
        body: entry.body.clone(),
        peer: entry.peer,
        web_root: inner.web_root.clone(),
        overwrite_host: inner.state().settings.overwrite_host.clone(),
    }
}

/// A client that waits for its answer. Dropped with it when the client goes away.
struct Waiting<'a> {
    inner: &'a Inner,
    place: usize,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.inner.log().get_mut(self.place) {
            entry.abandoned = true;
        }
    }
}

/// The answer, or `None` where the connection is to be cut.
async fn answer_or_fail(inner: &Inner, request: &Request) -> Option<Reply> {
    let troubles = faults::befall(&mut inner.faults(), request);
    let mut cut = false;
    for trouble in troubles {
        match &trouble {
            Trouble::Slow(delay) => tokio::time::sleep(*delay).await,
            Trouble::Drop => return None,
            Trouble::DropAfter => cut = true,
            Trouble::Status(status) => return Some(routes::refuse(request, *status)),
            _ => return faults::answer(&trouble),
        }
    }
    let reply = match &inner.calendars {
        None => routes::answer(&mut inner.state(), request),
        Some(calendars) => answer_with(calendars, inner, request).await,
    };
    (!cut).then_some(reply)
}

/// The answer where another server keeps the calendars.
async fn answer_with(calendars: &CalendarServer, inner: &Inner, request: &Request) -> Reply {
    let caller = {
        let mut state = inner.state();
        match elsewhere::caller(&mut state, request) {
            None => return routes::answer(&mut state, request),
            Some(caller) => caller,
        }
    };
    match caller {
        Ok(user) => elsewhere::forward(calendars, &user, request).await,
        Err(refusal) => refusal,
    }
}

fn below_web_root<'a>(web_root: &str, target: &'a str) -> Option<&'a str> {
    let below = target.strip_prefix(web_root)?;
    (below.starts_with('/')).then_some(below)
}

fn into_response(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(reply.body))
        .expect("headers made of plain text")
}

/// The listener, whose connections can be cut from outside.
struct Door {
    listener: TcpListener,
    inner: Arc<Inner>,
}

/// The client's side of a connection, and the wire to cut.
#[derive(Debug, Clone)]
struct Peer {
    address: SocketAddr,
    cut: Arc<AtomicBool>,
}

impl axum::serve::Listener for Door {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = axum::serve::Listener::accept(&mut self.listener).await;
        let cut = Arc::new(AtomicBool::new(false));
        self.inner.accepted.fetch_add(1, Ordering::Relaxed);
        self.inner
            .connections
            .lock()
            .expect("no handler panicked")
            .push(cut.clone());
        (Cuttable { stream, cut }, address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self {
            address: *stream.remote_addr(),
            cut: stream.io().cut.clone(),
        }
    }
}

/// A connection that breaks at its next use once it is cut.
struct Cuttable {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
}

impl Cuttable {
    fn broken(&self) -> std::io::Result<()> {
        if self.cut.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.broken()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.broken()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.broken()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
