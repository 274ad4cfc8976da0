//! Stands before one server or several as a proxy does, and writes down everything that clients and browsers send and get.
//!
//! Several get one request each in turn, whoever sends it and on whichever connection; who cannot be reached is left out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Method};
use tokio::net::TcpListener;

use crate::wire::http;

/// Largest body that is passed on.
const BODY_BYTES: usize = 16 << 20;

/// A request and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// Without the query.
    pub(crate) path: String,
    pub(crate) method: Method,
    pub(crate) sent: HeaderMap,
    pub(crate) sent_body: Bytes,
    pub(crate) status: u16,
    pub(crate) got: HeaderMap,
    pub(crate) got_body: Bytes,
    /// Which server answered, as the place among those that were led to.
    pub(crate) served_by: usize,
}

/// See the module's documentation.
pub(crate) struct Recorder {
    /// Where clients find the server.
    pub(crate) url: String,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    targets: OnceLock<Vec<String>>,
    turn: AtomicUsize,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// Listens; whoever comes before [`Self::lead_to`] was called gets no answer.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, shared, task }
    }

    /// Where the servers really are.
    pub(crate) fn lead_to(&self, urls: &[&str]) {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        self.shared.targets.set(urls).expect("set once");
    }

    /// Everything so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges.lock().unwrap().clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES).await.unwrap();
    let path_and_query = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut headers = parts.headers.clone();
    for name in ["host", "connection", "content-length", "transfer-encoding"] {
        headers.remove(name);
    }
    let targets = shared.targets.get().expect("somewhere to lead to");
    let turn = shared.turn.fetch_add(1, Ordering::Relaxed);
    let mut reached = None;
    for served_by in (turn..turn + targets.len()).map(|turn| turn % targets.len()) {
        let url = format!("{}{path_and_query}", targets[served_by]);
        let request = http().request(parts.method.clone(), url);
        match request
            .headers(headers.clone())
            .body(body.clone())
            .send()
            .await
        {
            Ok(answer) => reached = Some((served_by, answer)),
            Err(error) if error.is_connect() => continue,
            Err(error) => panic!("{error}"),
        }
        break;
    }
    let (served_by, answer) = reached.expect("a server that listens");
    let (status, mut got) = (answer.status(), answer.headers().clone());
    let got_body = answer.bytes().await.unwrap();
    shared.exchanges.lock().unwrap().push(Exchange {
        path: parts.uri.path().to_owned(),
        method: parts.method,
        sent: parts.headers,
        sent_body: body,
        status: status.as_u16(),
        got: got.clone(),
        got_body: got_body.clone(),
        served_by,
    });
    for name in ["connection", "content-length", "transfer-encoding"] {
        got.remove(name);
    }
    let mut response = Response::new(Body::from(got_body));
    *response.status_mut() = status;
    *response.headers_mut() = got;
    response
}
