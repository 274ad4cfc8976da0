//! The broker as clients and browsers meet it: its routes, with a sign-in at Nextcloud that only notes who leaves.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod asking;
mod binding;
mod consent_page;
mod documents;
mod metadata;
mod redeeming;
mod registering;
mod signing_in;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::document::{Documents, Fetch};
use super::request::RequestError;
use super::sign_in::SignIn;
use super::{Broker, Code};
use crate::auth::key::SecretKeys;
use crate::auth::oauth::{NotReady, OAuth};
use crate::auth::place::Place;
use crate::auth::scope::{KnownScopes, Scope};
use crate::auth::seal::{Purpose, Sealer};
use crate::auth::upstream::Departure;
use crate::config::OAuthSettings;
use crate::nextcloud::{Nextcloud, Settings};

const HERE: &str = "https://mcp.example.com";
const CALLBACK: &str = "https://app.example.com/cb";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Nextcloud's sign-in: notes what it was asked for.
#[derive(Default)]
struct Nextclouds {
    away: AtomicBool,
    broken: AtomicBool,
    departures: Mutex<Vec<(String, String)>>,
}

impl SignIn for Nextclouds {
    fn ready(&self) -> Result<(), NotReady> {
        if self.away.load(Ordering::SeqCst) {
            Err(NotReady)
        } else {
            Ok(())
        }
    }

    fn depart(&self, state: &str, scopes: &[&str]) -> Result<(Departure, String), RequestError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(RequestError::Away);
        }
        let departure = (state.to_owned(), scopes.join(" "));
        self.departures.lock().unwrap().push(departure);
        let url = format!("https://cloud.example.com/index.php/apps/oidc/authorize?state={state}");
        let departure = Departure {
            url: url.parse().unwrap(),
            verifier: "upstream-verifier".into(),
            nonce: "upstream-nonce".to_owned(),
        };
        Ok((departure, "our-client".to_owned()))
    }
}

/// One server.
struct Server {
    router: Router,
    nextcloud: Arc<Nextclouds>,
    /// The same keys and issuer, to look into what was sealed.
    sealer: Sealer,
    place: Place,
}

/// Documents by address; others are private addresses.
type Documented = HashMap<String, Value>;

fn sealer(issuer: &str) -> Sealer {
    Sealer::new(SecretKeys::parse(&"a".repeat(64).into()).unwrap(), issuer)
}

fn known() -> KnownScopes {
    let scope = |name: &str, title: &str, writes| Scope {
        name: name.to_owned(),
        title: title.to_owned(),
        writes,
    };
    Arc::new(move || {
        vec![
            scope("calendar.read", "Read calendars", false),
            scope("notes.read", "Notes: read", false),
            scope("notes.write", "Add and change notes", true),
        ]
    })
}

fn documented(documents: Documented) -> Fetch {
    Arc::new(move |url: Url| {
        let document = documents.get(url.as_str()).map(Value::to_string);
        Box::pin(async move {
            let document = document.ok_or("its host is not on the public internet")?;
            let mut response = Response::new(Bytes::from(document));
            let kind = "application/json".parse().unwrap();
            response.headers_mut().insert(CONTENT_TYPE, kind);
            Ok(response)
        })
    })
}

impl Server {
    fn new() -> Self {
        Self::with(HERE, &[])
    }

    fn with(url: &str, arguments: &[&str]) -> Self {
        Self::of(url, arguments, known(), Documented::new())
    }

    fn of(url: &str, arguments: &[&str], known: KnownScopes, documents: Documented) -> Self {
        Self::over(url, arguments, known, |_| documented(documents))
    }

    /// With `web` as the place where documents come from.
    fn over(
        url: &str,
        arguments: &[&str],
        known: KnownScopes,
        web: impl FnOnce(&OAuth) -> Fetch,
    ) -> Self {
        let place = Place::new(&url.parse().unwrap());
        let nextcloud = Nextcloud::new(Settings::new("https://cloud.example.com")).unwrap();
        let oauth = OAuth::without_provider(
            place.clone(),
            OAuthSettings::of_flags(arguments),
            sealer(place.issuer()),
            nextcloud,
            known,
        );
        let sign_in = Arc::<Nextclouds>::default();
        let broker = Broker {
            documents: Documents::new(web(&oauth)),
            oauth: Arc::new(oauth),
            sign_in: sign_in.clone(),
        };
        Self {
            router: broker.routes(),
            nextcloud: sign_in,
            sealer: sealer(place.issuer()),
            place,
        }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn register(&self, metadata: &Value) -> Answer {
        let request = Request::post("/oauth/register")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(metadata.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// The id of a public client with these redirect URIs.
    async fn client(&self, redirect_uris: &[&str]) -> String {
        let metadata = json!({ "client_name": "Test client", "redirect_uris": redirect_uris });
        let answer = self.register(&metadata).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// What Nextcloud was last asked for: state and scopes.
    fn departure(&self) -> (String, String) {
        self.nextcloud
            .departures
            .lock()
            .unwrap()
            .last()
            .unwrap()
            .clone()
    }

    fn code(&self, location: &Url) -> Code {
        self.sealer
            .open(Purpose::Code, &parameter(location, "code").unwrap())
            .unwrap()
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: impl http::header::AsHeaderName) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// Where a redirect leads.
    #[track_caller]
    fn location(&self) -> Url {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header(LOCATION).parse().unwrap()
    }

    /// Where a page leads that tells a person about a website's faulty request, should they want to go there.
    #[track_caller]
    fn offered(&self) -> Url {
        self.is_page(400);
        let link = self.body.split_once("<a href=\"").unwrap().1;
        let link = link.split_once('"').unwrap().0;
        link.replace("&amp;", "&").parse().unwrap()
    }

    /// Holds that it is a page of ours that leads nowhere.
    #[track_caller]
    fn is_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(!self.headers.contains_key(LOCATION));
        assert_eq!(self.header(CONTENT_TYPE), "text/html; charset=utf-8");
        assert!(
            self.header("content-security-policy")
                .contains("form-action 'none'")
        );
    }
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut found = url.query_pairs().filter(|(found, _)| found == name);
    let value = found.next().map(|(_, value)| value.into_owned());
    assert!(found.next().is_none(), "{name} is there once");
    value
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// A browser, as far as it matters: it keeps cookies and says where a form comes from.
#[derive(Default, Clone)]
struct Browser {
    cookies: HashMap<String, String>,
}

impl Browser {
    async fn get(&mut self, server: &Server, path: &str) -> Answer {
        let request = Request::get(path).header(COOKIE, self.cookie());
        self.send(server, request.body(Body::empty()).unwrap())
            .await
    }

    async fn post(&mut self, server: &Server, path: &str, body: &str) -> Answer {
        let origin = server.place.origin().to_owned();
        self.post_from(
            server,
            path,
            body,
            &[
                (ORIGIN.as_str(), &*origin),
                ("sec-fetch-site", "same-origin"),
            ],
        )
        .await
    }

    async fn post_from(
        &mut self,
        server: &Server,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::post(path)
            .header(COOKIE, self.cookie())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(server, request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    fn cookie(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    async fn send(&mut self, server: &Server, request: Request<Body>) -> Answer {
        let answer = server.send(request).await;
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens the consent page. Gives the transaction's name.
    async fn asked(&mut self, server: &Server, request: &str) -> String {
        let page = self.get(server, request).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let (_, rest) = page
            .body
            .split_once("name=\"transaction\" value=\"")
            .unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Agrees to `scopes` and comes to Nextcloud. Gives the upstream state.
    async fn allow(&mut self, server: &Server, transaction: &str, scopes: &[&str]) -> String {
        let mut pairs = vec![("transaction", transaction), ("decision", "allow")];
        pairs.extend(scopes.iter().map(|scope| ("scope", *scope)));
        let location = self
            .post(server, "/oauth/consent", &form(&pairs))
            .await
            .location();
        assert_eq!(location.host_str(), Some("cloud.example.com"));
        parameter(&location, "state").unwrap()
    }
}

/// An authorization request that is right in everything.
fn request(client: &str) -> Vec<(&'static str, String)> {
    vec![
        ("response_type", "code".to_owned()),
        ("client_id", client.to_owned()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("state", "the client's state".to_owned()),
        ("code_challenge", CHALLENGE.to_owned()),
        ("code_challenge_method", "S256".to_owned()),
        ("resource", format!("{HERE}/mcp")),
        ("scope", "notes.read notes.write".to_owned()),
    ]
}

/// `request`, with one parameter changed, or left out.
fn request_with(client: &str, name: &str, value: Option<&str>) -> String {
    let mut request = request(client);
    request.retain(|(found, _)| *found != name);
    let mut pairs: Vec<(&str, &str)> = request
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    pairs.extend(value.map(|value| (name, value)));
    format!("/oauth/authorize?{}", form(&pairs))
}

fn plain_request(client: &str) -> String {
    request_with(client, "none", None)
}
