//! Introspection (RFC 7662) with Nextcloud's rule: a client sees its own tokens, and those whose resource is its id or its
//! `resource_url`. That rule is the audience check; `aud` of the answer is always the client id (oidc-flow/009-015, 049,
//! 050).

use serde_json::json;

use super::client::Client;
use super::grant::Grant;
use super::parameters::{Parameters, named_client};
use super::{refusal, success};
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;

/// Tells a client about a token, as far as it is its business. An expired client may still ask (errors/042).
pub(super) fn answer(state: &State, request: &Request, who: &Identity) -> Reply {
    let parameters = Parameters::of(request);
    let named = named_client(request, &parameters);
    let client = named.and_then(|(id, secret)| state.oidc.authenticated(&id, secret.as_deref()));
    let Some(client) = client else {
        return refusal(who, 401, "invalid_client", "Client authentication failed.");
    };
    let token = parameters.text("token").unwrap_or_default();
    let grant = state.oidc.grants.by_access_token(token);
    let Some(grant) = grant.filter(|grant| concerns(grant, client)) else {
        return Reply::api(200, who).json(&json!({"active": false}));
    };
    let body = json!({
        "active": true,
        "scope": grant.scope,
        "client_id": grant.client,
        "username": grant.user,
        "token_type": "Bearer",
        "exp": grant.access_ends,
        "iat": grant.created,
        "sub": grant.user,
        "aud": grant.client,
    });
    success(who, 200, "POST", &body)
}

fn concerns(grant: &Grant, client: &Client) -> bool {
    let resource = grant.resource.as_deref();
    grant.client == client.id
        || resource == Some(client.id.as_str())
        || (resource.is_some() && resource == client.resource_url.as_deref())
}
