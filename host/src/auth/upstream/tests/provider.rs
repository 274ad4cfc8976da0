//! A server on loopback that answers as the `oidc` app does, and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded;

use super::signer::Signer;

pub(super) const WELL_KNOWN: &str = "/.well-known/openid-configuration";
pub(super) const TOKEN: &str = "/apps/oidc/token";
pub(super) const USERINFO: &str = "/apps/oidc/userinfo";
pub(super) const INTROSPECT: &str = "/apps/oidc/introspect";
pub(super) const JWKS: &str = "/apps/oidc/jwks";

#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn form(&self) -> HashMap<String, String> {
        form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }
}

type Handler = Arc<dyn Fn(&Seen) -> Response + Send + Sync>;

#[derive(Default)]
struct World {
    seen: Mutex<Vec<Seen>>,
    handlers: Mutex<HashMap<String, Handler>>,
    delay: Mutex<Duration>,
}

pub(super) struct Provider {
    address: SocketAddr,
    root: String,
    world: Arc<World>,
    task: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Provider {
    pub(super) async fn start() -> Self {
        Self::start_below("").await
    }

    /// With Nextcloud in a folder.
    pub(super) async fn start_below(root: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let world = Arc::<World>::default();
        let app = Router::new().fallback({
            let world = Arc::clone(&world);
            move |request: Request| answer(world, request)
        });
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let provider = Self {
            address,
            root: root.to_owned(),
            world,
            task,
        };
        let document = provider.document();
        provider.answer(WELL_KNOWN, 200, &document.to_string());
        provider
    }

    /// Without a slash at the end, as `NEXTCLOUD_HOST`.
    pub(super) fn url(&self) -> String {
        format!("http://{}{}", self.address, self.root)
    }

    /// What counts of `oidc/002`.
    pub(super) fn document(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.url());
        json!({"issuer": self.url(), "authorization_endpoint": at("/apps/oidc/authorize"), "token_endpoint": at(TOKEN),
            "userinfo_endpoint": at(USERINFO), "jwks_uri": at(JWKS), "scopes_supported": ["openid", "profile"],
            "response_types_supported": ["code", "code id_token", "id_token"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "registration_endpoint": at("/apps/oidc/register"), "introspection_endpoint": at(INTROSPECT),
            "code_challenge_methods_supported": ["S256", "plain"]})
    }

    pub(super) fn publish(&self, signers: &[&Signer]) {
        let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
        self.answer(JWKS, 200, &json!({ "keys": keys }).to_string());
    }

    /// Answers a path (below the web root, without its query) with JSON as PHP writes it.
    pub(super) fn answer(&self, path: &str, status: u16, body: &str) {
        let body = body.replace('/', "\\/");
        self.on(path, move |_| {
            let kind = [("content-type", "application/json; charset=utf-8")];
            reply(status, &kind, &body)
        });
    }

    pub(super) fn on(
        &self,
        path: &str,
        handler: impl Fn(&Seen) -> Response + Send + Sync + 'static,
    ) {
        let path = format!("{}{path}", self.root);
        self.world
            .handlers
            .lock()
            .unwrap()
            .insert(path, Arc::new(handler));
    }

    /// Before each answer.
    pub(super) fn delay(&self, delay: Duration) {
        *self.world.delay.lock().unwrap() = delay;
    }

    /// What it was asked at a path so far.
    pub(super) fn seen(&self, path: &str) -> Vec<Seen> {
        let path = format!("{}{path}", self.root);
        let mut seen = self.world.seen.lock().unwrap().clone();
        seen.retain(|seen| seen.target.split('?').next() == Some(&path));
        seen
    }
}

async fn answer(world: Arc<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let seen = Seen {
        target: parts.uri.path_and_query().unwrap().to_string(),
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    world.seen.lock().unwrap().push(seen.clone());
    let delay = *world.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    let handler = world
        .handlers
        .lock()
        .unwrap()
        .get(parts.uri.path())
        .cloned();
    handler.map_or_else(|| html(404), |handler| handler(&seen))
}

pub(super) fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Body::from(body.to_owned())).unwrap()
}

/// A page of Nextcloud's, or of something in front of it.
pub(super) fn html(status: u16) -> Response {
    let kind = [("content-type", "text/html; charset=UTF-8")];
    reply(status, &kind, "<!DOCTYPE html><title>Nextcloud</title>")
}
