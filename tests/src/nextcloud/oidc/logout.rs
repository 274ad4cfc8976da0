//! Logout: an ID token as a hint ends every token of its user, whoever sends it (oidc-flow/078, 079).

use super::parameters::Parameters;
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;

/// Revokes what the hint names and sends the browser to the login page.
pub(super) fn answer(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let parameters = Parameters::of(request);
    let hint = parameters.text("id_token_hint").unwrap_or_default();
    if let Some((_, claims)) = state.oidc.signer().verified(hint) {
        let user = claims["sub"].as_str().unwrap_or_default();
        state.oidc.grants.retain(|grant| grant.user != user);
    }
    Reply::api(303, who)
        .html("")
        .with("Location", format!("{}/login", request.web_root))
}
