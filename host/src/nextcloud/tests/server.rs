//! A server on loopback that treats credentials and sessions as the recordings show, and remembers what it saw.
//!
//! A cookie wins over the credential beside it (`bearer/039`), a session outlives its credential (`errors/035`), and
//! `X-User-Id` names whom the answer was made for.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, Version, header};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the server saw of one request.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) peer: SocketAddr,
    pub(super) version: Version,
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
    /// Whom the answer was made for.
    pub(super) user: Option<String>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn cookie(&self) -> Option<&str> {
        self.header("cookie")
    }
}

/// A handler sets it on an answer that a proxy in front of Nextcloud would give: nothing is added to that one.
pub(super) const OF_A_PROXY: &str = "x-test-of-a-proxy";

type Handler = Arc<dyn Fn(&Seen) -> Response<Body> + Send + Sync>;

#[derive(Default)]
pub(super) struct World {
    pub(super) seen: Mutex<Vec<Seen>>,
    /// User by session.
    pub(super) sessions: Mutex<HashMap<String, String>>,
    /// Users whose password is not taken any more.
    pub(super) locked_out: Mutex<Vec<String>>,
    /// As `user_oidc` 8.7 to 8.10 do.
    pub(super) refuse_cookies: AtomicBool,
    /// Answers of paths below the web root, instead of an echo of the user's id.
    handlers: Mutex<HashMap<String, Handler>>,
    next_session: AtomicU64,
    /// Requests being answered, and the most there ever were.
    active: AtomicUsize,
    pub(super) peak: AtomicUsize,
    /// Before each answer.
    pub(super) delay: Mutex<Duration>,
}

pub(super) struct Server {
    address: SocketAddr,
    root: String,
    world: Arc<World>,
    task: JoinHandle<()>,
}

impl std::ops::Deref for Server {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_below("").await
    }

    /// With Nextcloud in a folder.
    pub(super) async fn start_below(root: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::<World>::default();
        let app = app(Arc::clone(&world), root).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            root: root.to_owned(),
            world,
            task,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.root)
    }

    /// Answers a path (below the web root, without its query) with what `handler` gives.
    pub(super) fn on(
        &self,
        path: &str,
        handler: impl Fn(&Seen) -> Response<Body> + Send + Sync + 'static,
    ) {
        self.handlers
            .lock()
            .unwrap()
            .insert(path.to_owned(), Arc::new(handler));
    }

    /// What it saw so far.
    pub(super) fn log(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// What it saw so far but for proofs and capabilities.
    pub(super) fn guests_requests(&self) -> Vec<Seen> {
        self.log()
            .into_iter()
            .filter(|seen| !seen.target.contains("/ocs/v2.php/cloud/"))
            .collect()
    }

    pub(super) fn proofs(&self) -> Vec<Seen> {
        self.log()
            .into_iter()
            .filter(|seen| seen.target.contains("/ocs/v2.php/cloud/user"))
            .collect()
    }
}

pub(super) fn app(world: Arc<World>, root: &str) -> Router {
    let root = root.to_owned();
    Router::new()
        .fallback(move |State(world): State<Arc<World>>, request: Request| {
            answer(world, root, request)
        })
        .with_state(world)
}

pub(super) fn reply(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Response<Body> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(body.into()).unwrap()
}

async fn answer(world: Arc<World>, root: String, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let active = world.active.fetch_add(1, Ordering::SeqCst) + 1;
    world.peak.fetch_max(active, Ordering::SeqCst);
    let delay = *world.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    world.active.fetch_sub(1, Ordering::SeqCst);
    let (user, fresh_session) = world.sign_in(&parts.headers);
    let seen = Seen {
        peer: parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or_else(|| ([127, 0, 0, 1], 0).into(), |info| info.0),
        version: parts.version,
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().unwrap().to_string(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        user: user.clone(),
    };
    world.seen.lock().unwrap().push(seen.clone());
    let Some(user) = user else {
        return reply(
            401,
            &[("set-cookie", "ocsession=anonymous; path=/; HttpOnly")],
            r#"{"ocs":{"meta":{"statuscode":997},"data":[]}}"#,
        );
    };
    let path = parts
        .uri
        .path()
        .strip_prefix(&root)
        .unwrap_or("")
        .to_owned();
    let handler = world.handlers.lock().unwrap().get(&path).cloned();
    let mut response =
        handler.map_or_else(|| default_answer(&path, &user), |handler| handler(&seen));
    let headers = response.headers_mut();
    if headers.remove(OF_A_PROXY).is_some() {
        return response;
    }
    if !headers.contains_key("x-user-id") {
        headers.insert("x-user-id", user.parse().unwrap());
    }
    if let Some(session) = fresh_session {
        headers.append(
            header::SET_COOKIE,
            format!("ocsession={session}; path={root}/; HttpOnly; SameSite=Lax")
                .parse()
                .unwrap(),
        );
        headers.append(
            header::SET_COOKIE,
            "nc_token=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; path=/"
                .parse()
                .unwrap(),
        );
    }
    response
}

fn default_answer(path: &str, user: &str) -> Response<Body> {
    match path {
        "/ocs/v2.php/cloud/user" => {
            let body = format!(
                r#"{{"ocs":{{"meta":{{}},"data":{{"id":"{user}","displayname":"{user}","language":"en","groups":[]}}}}}}"#
            );
            reply(
                200,
                &[
                    ("content-type", "application/json"),
                    ("cache-control", "no-store"),
                ],
                body,
            )
        }
        "/ocs/v2.php/cloud/capabilities" => {
            let body = r#"{"ocs":{"data":{"version":{"string":"33.0.3"},"capabilities":{"core":{},"notes":{}}}}}"#;
            reply(200, &[("content-type", "application/json")], body)
        }
        _ => reply(200, &[("content-type", "text/plain")], user.to_owned()),
    }
}

impl World {
    /// Whom a request is for, and the session that was made for it.
    fn sign_in(&self, headers: &HeaderMap) -> (Option<String>, Option<String>) {
        let cookie = headers
            .get(header::COOKIE)
            .map(|value| value.to_str().unwrap());
        if cookie.is_some() && self.refuse_cookies.load(Ordering::Relaxed) {
            return (None, None);
        }
        let session = cookie.and_then(|cookie| {
            cookie
                .split("; ")
                .find_map(|pair| pair.strip_prefix("ocsession="))
        });
        if let Some(user) =
            session.and_then(|session| self.sessions.lock().unwrap().get(session).cloned())
        {
            return (Some(user), None);
        }
        let user = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| whose(value.to_str().unwrap()))
            .filter(|user| !self.locked_out.lock().unwrap().contains(user));
        let session = user.as_ref().map(|user| {
            let session = format!(
                "{user}-{}",
                self.next_session.fetch_add(1, Ordering::Relaxed)
            );
            self.sessions
                .lock()
                .unwrap()
                .insert(session.clone(), user.clone());
            session
        });
        (user, session)
    }

    pub(super) fn lock_out(&self, user: &str) {
        self.locked_out.lock().unwrap().push(user.to_owned());
    }
}

/// The user whose password is `<user>-password`, and whose access token is `<user>-token`.
fn whose(authorization: &str) -> Option<String> {
    let (scheme, proof) = authorization.split_once(' ')?;
    if scheme == "Bearer" {
        return proof.strip_suffix("-token").map(str::to_owned);
    }
    let pair = String::from_utf8(STANDARD.decode(proof).unwrap()).unwrap();
    let (user, password) = pair.split_once(':')?;
    (password == format!("{user}-password")).then(|| user.to_owned())
}

/// For handlers that answer with a status alone.
pub(super) fn status(code: StatusCode) -> Response<Body> {
    reply(code.as_u16(), &[], "")
}
