//! The OIDC provider: Nextcloud's app `oidc` (H2CK, 2.0.9), quirks included, as the recordings `oidc*/` show it.
//!
//! Kept on purpose: registration takes almost anything; authorization errors are pages with status 200; PKCE and the
//! redirect URI are not insisted on at the token endpoint; a refresh kills the old access token; scopes and audiences
//! bind nobody at the APIs. Not here: implicit and hybrid flows, HS256 clients, how long an unused code lives (not
//! measured, so it never expires).

mod authorize;
mod claims;
mod client;
mod consent;
mod control;
mod discovery;
pub mod forge;
mod grant;
mod introspect;
mod keys;
mod link;
mod logout;
mod manage;
mod parameters;
mod provider;
mod redirect_uri;
mod register;
mod token;
mod userinfo;

use serde_json::{Value, json};

pub use client::{ClientKeys, NewClient, TokenKind};
pub use control::Issued;
pub use provider::OidcSettings;

pub(super) use provider::Oidc;

use super::auth::{self, By, Identity, Part};
use super::ocs;
use super::reply::Reply;
use super::request::Request;
use super::state::State;

/// The answer to a request below `/apps/oidc/`.
pub(super) fn answer(state: &mut State, request: &Request, rest: &[&str]) -> Reply {
    let method = request.method.as_str();
    if method == "OPTIONS" {
        return preflight(state, request);
    }
    // Pages know their visitor by the session alone.
    match (method, rest) {
        ("GET" | "POST", ["authorize"]) => return authorize::answer(state, request),
        ("GET", ["redirect"]) => return authorize::onwards(state, request),
        ("GET", ["consent"]) => return consent::page(state, request),
        ("POST", ["consent", "grant"]) => return consent::grant(state, request),
        ("POST", ["consent", "deny"]) => return consent::deny(state, request),
        ("GET", ["api", "consents"]) => return consent::list(state, request),
        _ => {}
    }
    let who = auth::identify(state, request, Part::Provider);
    if matches!(who.by, By::Disabled(_)) {
        return ocs::login_error(&who).expect("a disabled account is refused");
    }
    match (method, rest) {
        ("GET" | "HEAD", ["openid-configuration"]) => {
            discovery::configuration(state, request, &who)
        }
        ("GET", ["jwks"]) => discovery::keys(state, &who),
        ("POST", ["register"]) => register::answer(state, request, &who),
        (_, ["register", id]) => manage::answer(state, request, &who, id),
        ("GET" | "POST", ["token"]) => token::answer(state, request, &who),
        ("POST", ["introspect"]) => introspect::answer(state, request, &who),
        ("GET" | "POST", ["userinfo"]) => userinfo::answer(state, request, &who),
        ("GET" | "POST", ["logout"]) => logout::answer(state, request, &who),
        (_, ["register" | "introspect" | "jwks" | "openid-configuration"]) => {
            Reply::early(405, &who, "").html("")
        }
        _ => Reply::early(404, &who, "Page not found"),
    }
}

/// The answer to a request below `/index.php/.well-known/` (oidc/002, 006, 009).
pub(super) fn well_known(state: &mut State, request: &Request, name: &str) -> Reply {
    let who = auth::identify(state, request, Part::Provider);
    let reply = match name {
        "openid-configuration" if state.oidc.settings.enabled => {
            discovery::configuration(state, request, &who)
        }
        "webfinger" => discovery::webfinger(state, request, &who),
        _ => Reply::api(404, &who).json(&json!({"message": format!("{name} not supported")})),
    };
    reply.with("X-NEXTCLOUD-WELL-KNOWN", "1")
}

/// A browser asks whether it may (oidc/011).
fn preflight(state: &mut State, request: &Request) -> Reply {
    let who = auth::identify(state, request, Part::Provider);
    let headers = "Authorization, Content-Type, Accept, OCS-APIRequest, Range, Depth, Destination, Overwrite, X-Requested-With";
    open_to(Reply::api(200, &who), "PUT, POST, GET, DELETE, PATCH")
        .with("Access-Control-Allow-Headers", headers)
        .with("Access-Control-Max-Age", "1728000")
        .html("")
}

/// Marks what any site may read; the provider's refusals are not marked.
fn open_to(reply: Reply, methods: &str) -> Reply {
    reply
        .with("Access-Control-Allow-Origin", "*")
        .with("Access-Control-Allow-Methods", methods)
}

/// What was asked for.
fn success(who: &Identity, status: u16, methods: &str, body: &Value) -> Reply {
    open_to(Reply::api(status, who), methods).json(body)
}

/// A refusal in the form of RFC 6749, section 5.2, though not always with its words.
fn refusal(who: &Identity, status: u16, error: &str, description: &str) -> Reply {
    Reply::api(status, who).json(&json!({"error": error, "error_description": description}))
}
