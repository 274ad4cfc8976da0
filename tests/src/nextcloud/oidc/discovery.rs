//! Where everything is: the discovery document, the keys, webfinger (oidc/002-010, 039).

use serde_json::{Value, json};

use super::success;
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;

/// Scopes that the provider knows by itself.
const SCOPES: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "roles",
    "groups",
    "offline_access",
];
/// `claims_supported`, with its repetition.
const CLAIMS: [&str; 27] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "auth_time",
    "iat",
    "acr",
    "azp",
    "preferred_username",
    "scope",
    "nbf",
    "jti",
    "roles",
    "groups",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "updated_at",
    "website",
    "email",
    "email_verified",
    "website",
    "phone_number",
    "address",
    "picture",
    "quota",
];

/// The discovery document. Its addresses follow the request's `Host`.
pub(super) fn configuration(state: &State, request: &Request, who: &Identity) -> Reply {
    let oidc = &state.oidc;
    let at = |name: &str| format!("{}/apps/oidc/{name}", request.base());
    let mut scopes: Vec<&str> = SCOPES.to_vec();
    // Whoever registers changes the document for everybody (oidc/039).
    let of_clients = oidc
        .clients
        .iter()
        .flat_map(|client| client.scopes.split_whitespace());
    for scope in of_clients {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let auth_methods = ["client_secret_post", "client_secret_basic"];
    let mut document = json!({
        "issuer": oidc.issuer(request),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "scopes_supported": scopes,
        "response_types_supported": ["code", "code id_token", "id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token"],
        "acr_values_supported": ["0"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256"],
        "token_endpoint_auth_methods_supported": auth_methods,
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": CLAIMS,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "end_session_endpoint": at("logout"),
        "introspection_endpoint": at("introspect"),
        "introspection_endpoint_auth_methods_supported": auth_methods,
    });
    if oidc.settings.registration {
        document["registration_endpoint"] = Value::String(at("register"));
    }
    if let Some(methods) = &oidc.settings.pkce_methods {
        document["code_challenge_methods_supported"] = json!(methods);
    }
    success(who, 200, "GET", &document)
}

/// The one key there is.
pub(super) fn keys(state: &mut State, who: &Identity) -> Reply {
    let key = state.oidc.signer().jwk();
    success(who, 200, "GET", &json!({"keys": [key]}))
}

/// Who is asked for an account's identity.
pub(super) fn webfinger(state: &State, request: &Request, who: &Identity) -> Reply {
    let resource = request.parameter("resource").unwrap_or_default();
    let subject = resource.strip_prefix("acct:").unwrap_or(resource);
    let link = json!({"rel": "http://openid.net/specs/connect/1.0/issuer", "href": state.oidc.issuer(request)});
    Reply::api(200, who).json(&json!({"subject": subject, "links": [link]}))
}
