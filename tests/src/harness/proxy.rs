//! Stands before the server on loopback, for a client that cannot do two things itself: it adds a bearer token to each
//! request, and says names that only the client knows in the server's words, and the other way round.
//!
//! Nothing else is changed: whatever the client claims as its `Host` or `Origin` arrives, unless it is this proxy's own
//! address.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::stream::{self, Stream};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use tokio::net::TcpListener;

use super::client::http;

/// Largest request that is passed on: as large as the server takes by default, and then some.
const BODY_BYTES: usize = 16 << 20;

/// What each side of a connection says for itself.
const OF_ONE_CONNECTION: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

/// A name that the client uses, and the server's for the same.
pub type Names = &'static [(&'static str, &'static str)];

/// A running proxy; it ends with its value.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients find it: `http://127.0.0.1:PORT`.
    pub url: String,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Way {
    /// The proxy's own authority, and the server's.
    from: String,
    to: String,
    token: HeaderValue,
    names: Names,
}

impl Proxy {
    /// Before the server at `target` (`http://127.0.0.1:PORT`), with `token` in each request.
    pub async fn start(target: &str, token: &str, names: Names) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let from = listener.local_addr().expect("an address").to_string();
        let mut token: HeaderValue = format!("Bearer {token}").parse().expect("a bearer token");
        token.set_sensitive(true);
        let way = Way {
            from: from.clone(),
            to: target.trim_start_matches("http://").to_owned(),
            token,
            names,
        };
        let router = Router::new().fallback(pass).with_state(Arc::new(way));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            url: format!("http://{from}"),
            task,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(way): State<Arc<Way>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES).await.expect("a bounded body");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let answer = http()
        .request(parts.method, format!("http://{}{path}", way.to))
        .headers(way.headers(parts.headers))
        .body(renamed(&body, way.names.iter().copied()))
        .send()
        .await
        .expect("a server behind the proxy");
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
    let is_stream = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let body = if is_stream {
        Body::from_stream(lines(answer, way.names))
    } else {
        let whole = answer.bytes().await.expect("a whole answer");
        Body::from(renamed(&whole, back(way.names)))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

impl Way {
    fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        for name in OF_ONE_CONNECTION {
            headers.remove(name);
        }
        for name in [HOST, ORIGIN] {
            if let Some(value) = headers.get_mut(&name) {
                *value = said(value, &[(&self.from, &self.to)]);
            }
        }
        for value in headers.values_mut() {
            *value = said(value, self.names);
        }
        headers.insert(AUTHORIZATION, self.token.clone());
        headers
    }
}

fn said(value: &HeaderValue, names: &[(&str, &str)]) -> HeaderValue {
    let renamed = renamed(value.as_bytes(), names.iter().copied());
    HeaderValue::from_bytes(&renamed).expect("a header")
}

fn back(names: Names) -> impl Iterator<Item = (&'static str, &'static str)> {
    names.iter().map(|(theirs, ours)| (*ours, *theirs))
}

fn renamed<'a>(body: &[u8], names: impl Iterator<Item = (&'a str, &'a str)>) -> Bytes {
    let Ok(text) = str::from_utf8(body) else {
        return Bytes::copy_from_slice(body);
    };
    let text = names.fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    Bytes::from(text)
}

/// The answer line by line as it comes, so that no name is cut in two.
fn lines(
    answer: reqwest::Response,
    names: Names,
) -> impl Stream<Item = Result<Bytes, reqwest::Error>> {
    stream::try_unfold(
        (answer, Vec::new()),
        move |(mut answer, mut kept)| async move {
            while let Some(chunk) = answer.chunk().await? {
                kept.extend_from_slice(&chunk);
                if let Some(end) = kept.iter().rposition(|byte| *byte == b'\n') {
                    let rest = kept.split_off(end + 1);
                    return Ok(Some((renamed(&kept, back(names)), (answer, rest))));
                }
            }
            let last = renamed(&kept, back(names));
            Ok((!last.is_empty()).then(|| (last, (answer, Vec::new()))))
        },
    )
}
