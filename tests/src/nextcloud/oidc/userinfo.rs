//! Userinfo: for any live access token of any client. What is wrong with a token is a 400 here, not a 401
//! (oidc-flow/007, 008, 017; bearer/031, 037; errors/033, 039).

use serde_json::json;

use super::claims;
use super::parameters::Parameters;
use super::{refusal, success};
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;

/// What the scopes of a token tell about its account.
pub(super) fn answer(state: &State, request: &Request, who: &Identity) -> Reply {
    let parameters = Parameters::of(request);
    let header = request.header("Authorization").unwrap_or_default();
    let of_header = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty());
    let Some(token) = of_header.or_else(|| parameters.text("access_token")) else {
        let description = "No bearer token found in request.";
        return refusal(who, 400, "invalid_request", description);
    };
    let Some(grant) = state.oidc.grants.by_access_token(token) else {
        let description = "Could not find provided bearer token.";
        return refusal(who, 400, "invalid_request", description);
    };
    let client = state.oidc.clients.get(&grant.client);
    if client.is_none_or(super::client::Client::is_expired) {
        return refusal(who, 400, "expired_client", "Client expired.");
    }
    let user = &state.users[&grant.user];
    let mut body = json!({
        "sub": user.id,
        "preferred_username": user.id,
        "scope": grant.scope,
    });
    claims::merge(&mut body, claims::about(grant, user, &request.base()));
    success(who, 200, "GET, POST", &body)
}
