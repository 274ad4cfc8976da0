//! Management of a registered client (RFC 7592): read, change (the token rotates, the expiry does not move), delete
//! (oidc/030-037, errors/041, 045).

use super::parameters::Parameters;
use super::register::describe;
use super::{open_to, refusal, success};
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;

/// Answers for the client that the path names, to the holder of its registration token.
pub(super) fn answer(state: &mut State, request: &Request, who: &Identity, id: &str) -> Reply {
    let oidc = &mut state.oidc;
    let header = request.header("Authorization").unwrap_or_default();
    let token = header.strip_prefix("Bearer ").unwrap_or_default().trim();
    let Some(owner) = oidc.clients.of_token(token) else {
        let description = "Invalid or missing registration access token.";
        return refusal(who, 401, "invalid_token", description);
    };
    if oidc.clients.get(owner).is_none() {
        let description = "Token does not correspond to a valid client.";
        return refusal(who, 401, "invalid_token", description);
    }
    if owner != id {
        let description = "Token does not match the requested client.";
        return refusal(who, 403, "unauthorized_client", description);
    }
    match request.method.as_str() {
        "GET" => {
            let client = oidc.clients.get(id).expect("looked up above");
            success(who, 200, "GET", &describe(client, request))
        }
        "PUT" => {
            let client = oidc.clients.get_mut(id).expect("looked up above");
            let parameters = Parameters::of(request);
            if let Some(name) = parameters.text("client_name") {
                name.clone_into(&mut client.name);
            }
            if parameters.value("redirect_uris").is_some() {
                client.redirect_uris = parameters.list("redirect_uris");
            }
            if let Some(scopes) = parameters.text("scope") {
                scopes.clone_into(&mut client.scopes);
            }
            let mut body = describe(client, request);
            body["registration_access_token"] = oidc.clients.new_token(id).into();
            success(who, 200, "PUT", &body)
        }
        "DELETE" => {
            // Unlike a client whose time is up, a deleted one takes its access tokens along.
            oidc.clients.remove(id);
            oidc.grants.retain(|grant| grant.client != id);
            open_to(Reply::api(204, who), "DELETE")
                .with("Content-Type", "application/json; charset=utf-8")
        }
        _ => Reply::early(405, who, "").html(""),
    }
}
