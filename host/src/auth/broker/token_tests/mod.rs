//! The token and revocation endpoints over their router, with a small Nextcloud behind: an issuer that treats codes and
//! tokens as the recordings show, and a server for app passwords.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod app_passwords;
mod clients;
mod durable;
mod exchange;
mod issuer;
mod refresh;
mod requests;
mod revoke;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Request, StatusCode};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use url::form_urlencoded;

use super::Code;
use super::client_limit::ClientLimit;
use super::exchange::Redemptions;
use super::issuer::Issuer;
use super::refresh::Refreshes;
use super::token::{TokenEndpoint, routes};
use crate::auth::grant::{AccessToken, ClientDigest, RefreshToken, now};
use crate::auth::key::SecretKeys;
use crate::auth::oauth::{NotReady, OAuth};
use crate::auth::place::Place;
use crate::auth::scope::ScopeSet;
use crate::auth::seal::{Purpose, Sealer};
use crate::config::OAuthSettings;
use crate::nextcloud::{Nextcloud, Settings};
use app_passwords::AppPasswords;
use clients::Clients;
use issuer::FakeIssuer;

const SERVER: &str = "https://mcp.example.org";
const RESOURCE: &str = "https://mcp.example.org/mcp";
const REDIRECT: &str = "http://127.0.0.1:9999/callback";
const VERIFIER: &str = "verifier-verifier-verifier-verifier-verifier";

/// A public client, and a confidential one.
const PUBLIC: &str = "public-client";
const CONFIDENTIAL: &str = "confidential-client";
const SECRET: &str = "confidential-secret";

/// Short enough for a test to wait for its end, long enough for three requests on a busy machine.
const GRACE: Duration = Duration::from_secs(2);

/// Everything that a test needs.
struct World {
    endpoint: Arc<TokenEndpoint>,
    router: Router,
    issuer: Arc<FakeIssuer>,
    app_passwords: AppPasswords,
    /// Grants that were announced as renewed.
    renewed: Arc<Mutex<Vec<String>>>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl World {
    async fn new() -> Self {
        Self::with(ClientLimit::new(), true).await
    }

    async fn with(limit: ClientLimit, ready: bool) -> Self {
        let app_passwords = AppPasswords::start().await;
        let nextcloud = Nextcloud::new(Settings::new(app_passwords.url())).unwrap();
        let oauth = Arc::new(OAuth::without_provider(
            Place::new(&SERVER.parse().unwrap()),
            OAuthSettings::of_flags(&[]),
            sealer(SERVER),
            nextcloud,
            Arc::new(Vec::new),
        ));
        let renewed = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&renewed);
        oauth
            .grant_watch
            .on_grant_renewed(move |grant| heard.lock().unwrap().push(grant.to_owned()));
        let issuer = Arc::<FakeIssuer>::default();
        let provider = Arc::clone(&issuer);
        let endpoint = Arc::new(TokenEndpoint {
            oauth,
            directory: Arc::new(Clients),
            provider: Box::new(move || {
                let provider = Arc::clone(&provider) as Arc<dyn Issuer>;
                ready.then_some(provider).ok_or(NotReady)
            }),
            redemptions: Redemptions::new(),
            refreshes: Refreshes::new(GRACE),
            limit,
        });
        Self {
            router: routes(Arc::clone(&endpoint)),
            endpoint,
            issuer,
            app_passwords,
            renewed,
        }
    }

    /// A code of the public client's for alice, changed by `edit`.
    fn code(&self, edit: impl FnOnce(&mut Code)) -> String {
        let mut code = Code {
            grant: "grant".to_owned(),
            client: ClientDigest::of(PUBLIC),
            redirect_uri: REDIRECT.to_owned(),
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER)),
            scopes: ScopeSet::parse("notes.read notes.write"),
            resource: RESOURCE.to_owned(),
            durable: false,
            client_name: Some("Claude".to_owned()),
            expires: now() + 60,
            upstream_code: self.issuer.new_code().into(),
            upstream_client: issuer::CLIENT.to_owned(),
            upstream_verifier: "ours".into(),
            upstream_nonce: "nonce".to_owned(),
        };
        edit(&mut code);
        let sealer = &self.endpoint.oauth.sealer;
        sealer.seal(Purpose::Code, &code).unwrap()
    }

    async fn post(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        self.send(form(path).body(encoded(parameters)).unwrap())
            .await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    /// With the right parameters but for those in `other`; an empty one leaves it out.
    async fn exchange(&self, code: &str, other: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("client_id", PUBLIC),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", RESOURCE),
        ];
        replace(&mut parameters, other);
        self.post("/oauth/token", &parameters).await
    }

    /// As [`Self::exchange`].
    async fn refresh(&self, token: &str, other: &[(&str, &str)]) -> Answer {
        let mut parameters = vec![
            ("grant_type", "refresh_token"),
            ("client_id", PUBLIC),
            ("refresh_token", token),
        ];
        replace(&mut parameters, other);
        self.post("/oauth/token", &parameters).await
    }

    async fn revoke(&self, token: &str) -> Answer {
        self.post("/oauth/revoke", &[("client_id", PUBLIC), ("token", token)])
            .await
    }

    /// Signs in, and answers with access token and refresh token.
    async fn signed_in(&self, durable: bool) -> (String, String) {
        let code = self.code(|code| code.durable = durable);
        let answer = self.exchange(&code, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        (answer.text("access_token"), answer.text("refresh_token"))
    }

    fn open_access(&self, token: &str) -> AccessToken {
        let sealer = &self.endpoint.oauth.sealer;
        sealer.open(Purpose::Access, token).unwrap()
    }

    fn open_refresh(&self, token: &str) -> RefreshToken {
        let sealer = &self.endpoint.oauth.sealer;
        sealer.open(Purpose::Refresh, token).unwrap()
    }

    fn renewed(&self) -> Vec<String> {
        self.renewed.lock().unwrap().clone()
    }
}

impl Answer {
    fn text(&self, name: &str) -> String {
        let text = self.body[name].as_str();
        text.unwrap_or_else(|| panic!("{name} in {}", self.body))
            .to_owned()
    }

    /// Status and RFC 6749's word.
    fn error(&self) -> (u16, &str) {
        (
            self.status.as_u16(),
            self.body["error"].as_str().unwrap_or("none"),
        )
    }

    fn retry_after(&self) -> u64 {
        let header = self.headers.get("retry-after").expect("Retry-After");
        header.to_str().unwrap().parse().unwrap()
    }
}

const INVALID_GRANT: (u16, &str) = (400, "invalid_grant");
const INVALID_REQUEST: (u16, &str) = (400, "invalid_request");
const AWAY: (u16, &str) = (503, "temporarily_unavailable");

fn sealer(issuer: &str) -> Sealer {
    let keys = SecretKeys::parse(&"a".repeat(64).into()).unwrap();
    Sealer::new(keys, issuer)
}

fn form(path: &str) -> http::request::Builder {
    Request::post(path).header("content-type", "application/x-www-form-urlencoded")
}

fn encoded(parameters: &[(&str, &str)]) -> Body {
    let mut form = form_urlencoded::Serializer::new(String::new());
    Body::from(form.extend_pairs(parameters).finish())
}

fn replace<'a>(parameters: &mut Vec<(&'a str, &'a str)>, other: &[(&'a str, &'a str)]) {
    for (name, value) in other {
        parameters.retain(|(found, _)| found != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
}

/// Waits until something that happens in the background has happened.
async fn eventually(what: &str, happened: impl Fn() -> bool) {
    for _ in 0..200 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{what} did not happen");
}
