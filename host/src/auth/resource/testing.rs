//! A resource server in front of a small Nextcloud, for tests here and of the edge. The Nextcloud knows app passwords,
//! and counts every time it is asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::super::grant::{self, Access, AccessToken, AppPassword, ClientDigest, Grant};
use super::super::key::SecretKeys;
use super::super::oauth::OAuth;
use super::super::place::Place;
use super::super::scope::{KnownScopes, Scope, ScopeSet};
use super::super::seal::{Purpose, Sealer};
use super::ResourceServer;
use crate::config::OAuthSettings;
use crate::nextcloud::{Nextcloud, Settings};

pub(crate) const PLACE: &str = "https://mcp.example.com";

/// Of alice, in the form that Nextcloud generates.
pub(crate) const APP_PASSWORD: &str = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE";

type Answer = Box<dyn Fn() -> Response + Send + Sync>;

#[derive(Default)]
pub(crate) struct World {
    /// User by `login:password`.
    users: Mutex<HashMap<String, String>>,
    asked: Mutex<Vec<String>>,
    delay: Mutex<Duration>,
    /// In place of every answer.
    instead: Mutex<Option<Answer>>,
}

impl World {
    pub(crate) fn add(&self, login: &str, password: &str, user: &str) {
        let pair = format!("{login}:{password}");
        self.users.lock().unwrap().insert(pair, user.to_owned());
    }

    /// Nobody can sign in any more.
    pub(crate) fn revoke_all(&self) {
        self.users.lock().unwrap().clear();
    }

    /// How often it was asked anything.
    pub(crate) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn slow_down(&self, delay: Duration) {
        *self.delay.lock().unwrap() = delay;
    }

    pub(crate) fn answer_instead(&self, answer: impl Fn() -> Response + Send + Sync + 'static) {
        *self.instead.lock().unwrap() = Some(Box::new(answer));
    }

    pub(crate) fn answer_again(&self) {
        *self.instead.lock().unwrap() = None;
    }
}

/// Ends with the test.
pub(crate) struct SmallNextcloud {
    pub(crate) url: String,
    pub(crate) world: Arc<World>,
    task: JoinHandle<()>,
}

impl Drop for SmallNextcloud {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmallNextcloud {
    /// With alice and her app password.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::<World>::default();
        world.add("alice", APP_PASSWORD, "alice");
        let app = Router::new().fallback(answer).with_state(world.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, world, task }
    }
}

async fn answer(State(world): State<Arc<World>>, request: Request) -> Response {
    let target = request.uri().to_string();
    world.asked.lock().unwrap().push(target.clone());
    let delay = *world.delay.lock().unwrap();
    tokio::time::sleep(delay).await;
    if let Some(instead) = &*world.instead.lock().unwrap() {
        return instead();
    }
    let pair = request.headers().get(AUTHORIZATION).and_then(|value| {
        let encoded = value.to_str().unwrap().strip_prefix("Basic ")?;
        String::from_utf8(STANDARD.decode(encoded).unwrap()).ok()
    });
    let user = pair.and_then(|pair| world.users.lock().unwrap().get(&pair).cloned());
    let Some(user) = user else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    if target.starts_with("/ocs/v2.php/cloud/capabilities") {
        let body = r#"{"ocs":{"data":{"version":{"string":"33.0.3"},"capabilities":{"core":{}}}}}"#;
        return body.into_response();
    }
    let body = format!(r#"{{"ocs":{{"data":{{"id":"{user}","displayname":"{user}"}}}}}}"#);
    ([("x-user-id", user)], body).into_response()
}

/// OAuth mode at `place`, with two scopes and no provider.
pub(crate) fn oauth(nextcloud_url: &str, place: &str, arguments: &[&str]) -> Arc<OAuth> {
    let known: KnownScopes = Arc::new(|| {
        let scope = |name: &str| Scope {
            name: name.to_owned(),
            title: name.to_owned(),
            writes: name == "notes.write",
        };
        ["notes.read", "notes.write"].map(scope).to_vec()
    });
    let nextcloud = Nextcloud::new(Settings::new(nextcloud_url)).unwrap();
    let place = Place::new(&place.parse().unwrap());
    let oauth = OAuth::without_provider(
        place,
        OAuthSettings::of_flags(arguments),
        sealer(),
        nextcloud,
        known,
    );
    Arc::new(oauth)
}

pub(crate) fn server(nextcloud: &SmallNextcloud, arguments: &[&str]) -> Arc<ResourceServer> {
    ResourceServer::new(oauth(&nextcloud.url, PLACE, arguments))
}

pub(in crate::auth) fn sealer() -> Sealer {
    let keys = SecretKeys::parse(&"a".repeat(64).into()).unwrap();
    Sealer::new(keys, PLACE)
}

/// A durable grant of alice's to read her notes, for an hour.
pub(in crate::auth) fn access_token() -> AccessToken {
    AccessToken {
        grant: Grant {
            id: "grant-1".to_owned(),
            user: "alice".to_owned(),
            client: ClientDigest::of("client-1"),
            scopes: ScopeSet::parse("notes.read"),
            resource: format!("{PLACE}/mcp"),
            since: grant::now(),
        },
        expires: grant::now() + 3600,
        upstream: Access::AppPassword(AppPassword {
            login: "alice".to_owned(),
            password: APP_PASSWORD.into(),
        }),
    }
}

/// As a client sends it.
pub(in crate::auth) fn sealed(token: &AccessToken) -> String {
    sealer().seal(Purpose::Access, token).unwrap()
}

/// A token that is good as long as alice's app password is.
pub(crate) fn good_token() -> String {
    sealed(&access_token())
}

pub(crate) fn authorization(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
}
