//! Registration of clients (RFC 7591): open to anybody, and nothing of it is kept here.
//!
//! What was registered is sealed into the client id. So registering costs this server nothing, and says nothing about
//! who a client is: whatever it calls itself is shown to people as its own word.

use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use thiserror::Error;

use super::client::{self, CLIENT_ID_LENGTH, shown_name, shown_uri};
use super::redirect::{self, REDIRECT_URIS, RedirectError};
use super::{Broker, Client, ClientAuth};
use crate::auth::grant::{self, Timestamp};
use crate::auth::scope::ScopeSet;

/// Largest request in bytes; real ones have less than 1 kB.
const BODY_BYTES: usize = 16 * 1024;

/// Why a client is not registered (RFC 7591, section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum RegistrationError {
    #[error(
        "the request is not a JSON object of at most {BODY_BYTES} bytes, or a field has another type than RFC 7591 gives it"
    )]
    Body,
    #[error("redirect_uris must hold {} to {} redirect URIs", REDIRECT_URIS.start(), REDIRECT_URIS.end())]
    RedirectUris,
    #[error(transparent)]
    RedirectUri(#[from] RedirectError),
    #[error(
        "the redirect URIs are too long: together with the client's name they must fit into a client id of {CLIENT_ID_LENGTH} characters"
    )]
    TooLong,
    #[error("token_endpoint_auth_method must be none, client_secret_post or client_secret_basic")]
    AuthMethod,
    #[error(
        "grant_types must include authorization_code, and response_types code: there is no other flow here"
    )]
    Flow,
    #[error("application_type must be native or web")]
    ApplicationType,
    #[error("this server cannot register clients right now; its log says why")]
    Server,
}

/// What of a request matters here. The rest (`logo_uri`, `jwks`, `contacts`) is ignored and not repeated.
#[derive(Deserialize)]
struct Request7591 {
    #[serde(default)]
    redirect_uris: Vec<String>,
    client_name: Option<String>,
    client_uri: Option<String>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
    scope: Option<String>,
}

/// What is registered, in the RFC's names.
#[derive(Serialize)]
struct Registration {
    client_id: String,
    client_id_issued_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// With a secret only; 0 is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_uri: Option<String>,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: ClientAuth,
    /// Both, whatever was asked for: what is kept says nothing about grant types, so every client may use both.
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    application_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// `POST /oauth/register`.
pub(super) async fn register(State(broker): State<Arc<Broker>>, request: Request) -> Response {
    let body = to_bytes(request.into_body(), BODY_BYTES).await;
    let request = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body).ok())
        .ok_or(RegistrationError::Body);
    match request.and_then(|request| registration(&broker, request)) {
        Ok(registration) => (StatusCode::CREATED, NO_STORE, Json(registration)).into_response(),
        Err(error) => error.into_response(),
    }
}

fn registration(broker: &Broker, request: Request7591) -> Result<Registration, RegistrationError> {
    check_flow(&request)?;
    let auth = auth(request.token_endpoint_auth_method.as_deref())?;
    if !REDIRECT_URIS.contains(&request.redirect_uris.len()) {
        return Err(RegistrationError::RedirectUris);
    }
    for uri in &request.redirect_uris {
        redirect::check(uri)?;
    }
    let sealer = &broker.oauth.sealer;
    let client = Client {
        id: String::new(),
        name: request.client_name.as_deref().and_then(shown_name),
        uri: request.client_uri.as_deref().and_then(shown_uri),
        redirect_uris: request.redirect_uris,
        auth,
    };
    let client = client::register(sealer, client).map_err(|error| {
        tracing::error!("a client could not be registered: {error}");
        RegistrationError::Server
    })?;
    if client.id.len() > CLIENT_ID_LENGTH {
        return Err(RegistrationError::TooLong);
    }
    let secret = match auth {
        ClientAuth::None => None,
        _ => sealer.secrets_of(&client.id).next(),
    };
    let known = ScopeSet::of(&(broker.oauth.known)());
    let scope = request
        .scope
        .map(|scope| ScopeSet::parse(&scope).within(&known));
    Ok(Registration {
        client_id: client.id,
        client_id_issued_at: grant::now(),
        client_secret_expires_at: secret.as_ref().map(|_| 0),
        client_secret: secret.map(|secret| secret.expose_secret().to_owned()),
        client_name: client.name,
        client_uri: client.uri,
        redirect_uris: client.redirect_uris,
        token_endpoint_auth_method: auth,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        application_type: request.application_type,
        scope: scope
            .filter(|scope| !scope.is_empty())
            .map(|scope| scope.to_string()),
    })
}

fn check_flow(request: &Request7591) -> Result<(), RegistrationError> {
    let names = |list: &Option<Vec<String>>, name: &str| {
        list.as_ref()
            .is_none_or(|list| list.iter().any(|one| one == name))
    };
    if !names(&request.grant_types, "authorization_code") || !names(&request.response_types, "code")
    {
        return Err(RegistrationError::Flow);
    }
    match request.application_type.as_deref() {
        None | Some("native" | "web") => Ok(()),
        Some(_) => Err(RegistrationError::ApplicationType),
    }
}

/// Without a word a client is public: nearly all MCP clients are, although RFC 7591 means a secret then.
fn auth(method: Option<&str>) -> Result<ClientAuth, RegistrationError> {
    match method {
        None | Some("none") => Ok(ClientAuth::None),
        Some("client_secret_post") => Ok(ClientAuth::ClientSecretPost),
        Some("client_secret_basic") => Ok(ClientAuth::ClientSecretBasic),
        Some(_) => Err(RegistrationError::AuthMethod),
    }
}

const NO_STORE: [(http::HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];

impl IntoResponse for RegistrationError {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::RedirectUris | Self::RedirectUri(_) | Self::TooLong => {
                (StatusCode::BAD_REQUEST, "invalid_redirect_uri")
            }
            Self::Body | Self::AuthMethod | Self::Flow | Self::ApplicationType => {
                (StatusCode::BAD_REQUEST, "invalid_client_metadata")
            }
            Self::Server => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        let body = json!({ "error": code, "error_description": self.to_string() });
        (status, NO_STORE, Json(body)).into_response()
    }
}
