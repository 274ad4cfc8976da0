//! Stands before the server as a proxy does and writes down everything that clients and browsers send and get.

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
    target: OnceLock<String>,
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

    /// Where the server really is.
    pub(crate) fn lead_to(&self, url: &str) {
        self.shared.target.set(url.to_owned()).expect("set once");
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
    let target = shared.target.get().expect("somewhere to lead to");
    let path_and_query = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut headers = parts.headers.clone();
    for name in ["host", "connection", "content-length", "transfer-encoding"] {
        headers.remove(name);
    }
    let answer = http()
        .request(parts.method.clone(), format!("{target}{path_and_query}"))
        .headers(headers)
        .body(body.clone())
        .send()
        .await
        .unwrap();
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
    });
    for name in ["connection", "content-length", "transfer-encoding"] {
        got.remove(name);
    }
    let mut response = Response::new(Body::from(got_body));
    *response.status_mut() = status;
    *response.headers_mut() = got;
    response
}
