//! Where everything is and what is spoken here: RFC 8414, and the same for clients that ask in the way of `OpenID` Connect.
//!
//! This server issues no ID tokens, and says so in the `OpenID` form, too: that form demands `jwks_uri`,
//! `subject_types_supported` and `id_token_signing_alg_values_supported` (the TypeScript SDK refuses it otherwise), so
//! they are there, and true: a key set without a key, no algorithm. It is served at all because some clients ask for it
//! first and give up on a 404.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::Broker;
use crate::auth::place::Place;
use crate::auth::resource;

/// Scopes come and go with plugins, so nobody keeps this for longer.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// How clients may prove themselves, wherever they do.
const AUTH_METHODS: [&str; 3] = ["none", "client_secret_post", "client_secret_basic"];

/// Both documents, wherever a client or a proxy may look for them: at the root, with the server URL's path behind the
/// well-known name (RFC 8414, section 3.1), and before it (`OpenID` Connect, where a proxy leaves the path there).
pub(super) fn routes(place: &Place) -> Router<Arc<Broker>> {
    let documents = [
        ("/.well-known/oauth-authorization-server", get(oauth)),
        ("/.well-known/openid-configuration", get(openid)),
    ];
    let mut router = Router::new().route("/oauth/jwks", get(keys));
    let below = place.path();
    for (name, document) in documents {
        router = router.route(name, document.clone());
        if !below.is_empty() && resource::is_plain(below) {
            router = router
                .route(&format!("{name}{below}"), document.clone())
                .route(&format!("{below}{name}"), document);
        }
    }
    router
}

/// `/.well-known/oauth-authorization-server`.
async fn oauth(State(broker): State<Arc<Broker>>) -> Response {
    answer(document(&broker))
}

/// `/.well-known/openid-configuration`.
async fn openid(State(broker): State<Arc<Broker>>) -> Response {
    let mut document = document(&broker);
    document["jwks_uri"] = json!(broker.oauth.place.at("/oauth/jwks"));
    document["subject_types_supported"] = json!(["public"]);
    document["id_token_signing_alg_values_supported"] = json!([]);
    document["request_parameter_supported"] = json!(false);
    // Left out, it would mean true.
    document["request_uri_parameter_supported"] = json!(false);
    answer(document)
}

/// `/oauth/jwks`: nothing of ours is signed for others to verify.
async fn keys() -> Response {
    answer(json!({ "keys": [] }))
}

fn document(broker: &Broker) -> Value {
    let place = &broker.oauth.place;
    let scopes: Vec<String> = (broker.oauth.known)()
        .into_iter()
        .map(|scope| scope.name)
        .collect();
    json!({
        "issuer": place.issuer(),
        "authorization_endpoint": place.at("/oauth/authorize"),
        "token_endpoint": place.at("/oauth/token"),
        "registration_endpoint": place.at("/oauth/register"),
        "revocation_endpoint": place.at("/oauth/revoke"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": broker.oauth.settings.client_documents,
        "protected_resources": [place.resource()],
    })
}

fn answer(document: Value) -> Response {
    ([(CACHE_CONTROL, KEEP)], Json(document)).into_response()
}
