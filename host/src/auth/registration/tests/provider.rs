//! A provider that registers clients as recorded (`oidc/012` to `oidc/039`), on a free port of loopback.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::auth::grant;

#[derive(Default)]
pub(in crate::auth) struct World {
    url: Mutex<String>,
    /// Seconds.
    pub(in crate::auth) life: AtomicU64,
    /// How long a registration takes.
    pub(in crate::auth) delay: Mutex<Duration>,
    /// `oidc/039`: not among the endpoints any more.
    pub(in crate::auth) closed: AtomicBool,
    /// Instead of a registration.
    pub(in crate::auth) refusal: Mutex<Option<(u16, String)>>,
    /// Laid over the next discovery documents; null takes a member away.
    pub(in crate::auth) document: Mutex<Value>,
    /// Laid over the next registrations.
    pub(in crate::auth) change: Mutex<Value>,
    /// What a look at a registration is answered with, if not with the truth.
    pub(in crate::auth) look: AtomicU16,
    /// Everything that was asked for.
    pub(in crate::auth) asked: Mutex<Vec<Value>>,
    /// Client id and registration access token.
    clients: Mutex<BTreeMap<String, String>>,
}

pub(in crate::auth) struct Provider {
    world: Arc<World>,
    task: JoinHandle<()>,
}

impl std::ops::Deref for Provider {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Provider {
    pub(in crate::auth) async fn start() -> Self {
        Self::start_at(0).await
    }

    pub(in crate::auth) async fn start_at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let world = Arc::new(World::default());
        *world.url.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        world.life.store(3600, Ordering::Relaxed);
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/apps/oidc/jwks", get(jwks))
            .route("/apps/oidc/register", post(register))
            .route("/apps/oidc/register/{id}", get(look).delete(delete))
            .with_state(world.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { world, task }
    }
}

impl World {
    pub(in crate::auth) fn url(&self) -> String {
        self.url.lock().unwrap().clone()
    }

    /// The ids of all that there are.
    pub(in crate::auth) fn clients(&self) -> Vec<String> {
        self.clients.lock().unwrap().keys().cloned().collect()
    }

    /// How often somebody registered, whatever became of it.
    pub(in crate::auth) fn registrations(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// As `client_expire_time` and a clean-up do.
    pub(in crate::auth) fn forget_all(&self) {
        self.clients.lock().unwrap().clear();
    }

    fn holds(&self, id: &str, headers: &HeaderMap) -> bool {
        let sent = headers.get(AUTHORIZATION);
        let sent = sent.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let clients = self.clients.lock().unwrap();
        sent.is_some() && clients.get(id).map(String::as_str) == sent
    }
}

/// `oidc/037`
fn unknown() -> Response {
    reply(
        401,
        &json!({"error": "invalid_token", "error_description": "Token does not correspond to a valid client."}),
    )
}

fn reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let json = (CONTENT_TYPE, "application/json; charset=utf-8");
    (status, [json], body.to_string()).into_response()
}

/// `oidc/002`, or `oidc/039`.
async fn discovery(State(world): State<Arc<World>>) -> Response {
    let url = world.url();
    let at = |path: &str| format!("{url}/apps/oidc/{path}");
    let mut document = json!({
        "issuer": url,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "introspection_endpoint": at("introspect"),
        "code_challenge_methods_supported": ["S256", "plain"],
    });
    if !world.closed.load(Ordering::Relaxed) {
        document["registration_endpoint"] = at("register").into();
    }
    lay_over(&mut document, &world.document.lock().unwrap());
    reply(200, &document)
}

fn lay_over(base: &mut Value, change: &Value) {
    for (name, value) in change.as_object().into_iter().flatten() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
}

/// As `oidc/008`, with a key that signs nothing.
async fn jwks() -> Response {
    let modulus = URL_SAFE_NO_PAD.encode([0xc1; 256]);
    let key =
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": modulus, "e": "AQAB"});
    reply(200, &json!({"keys": [key]}))
}

/// `oidc/014`
async fn register(State(world): State<Arc<World>>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let number = {
        let mut all = world.asked.lock().unwrap();
        all.push(asked.clone());
        all.len()
    };
    let delay = *world.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    if let Some((status, body)) = world.refusal.lock().unwrap().clone() {
        return (StatusCode::from_u16(status).unwrap(), body).into_response();
    }
    let (id, token) = (
        format!("client-{number:03}-{}", "x".repeat(53)),
        format!("registration-access-token-{number}"),
    );
    let mut clients = world.clients.lock().unwrap();
    clients.insert(id.clone(), token.clone());
    let issued = grant::now();
    let mut answer = json!({
        "client_name": asked["client_name"],
        "client_id": id,
        "client_secret": format!("canary-secret-{number}"),
        "registration_access_token": token,
        "registration_client_uri": format!("{}/apps/oidc/register/{id}", world.url()),
        "redirect_uris": asked["redirect_uris"],
        "token_endpoint_auth_method": "client_secret_post",
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "id_token_signed_response_alg": "RS256",
        "application_type": "web",
        "client_id_issued_at": issued,
        "client_secret_expires_at": issued + world.life.load(Ordering::Relaxed),
        "scope": asked["scope"],
        "token_type": asked["token_type"],
        "resource_url": asked["resource_url"],
    });
    lay_over(&mut answer, &world.change.lock().unwrap());
    reply(201, &answer)
}

/// `oidc/030`
async fn look(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match world.look.load(Ordering::Relaxed) {
        0 => {}
        status => return reply(status, &json!({})),
    }
    if !world.holds(&id, &headers) {
        return unknown();
    }
    reply(200, &json!({"client_id": id}))
}

/// `oidc/036`
async fn delete(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !world.holds(&id, &headers) {
        return unknown();
    }
    world.clients.lock().unwrap().remove(&id);
    StatusCode::NO_CONTENT.into_response()
}
