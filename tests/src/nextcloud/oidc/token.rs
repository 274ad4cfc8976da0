//! The token endpoint: codes and refresh tokens become access tokens. Every refusal is a 400 (oidc-flow/006-056).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::claims::{self, Origin};
use super::client::TokenKind;
use super::grant::{Challenge, Grant, Grants};
use super::parameters::{Parameters, named_client};
use super::{refusal, success};
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::{Reply, random};
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Length of an opaque access token.
const OPAQUE: usize = 72;

/// Why a request gets no token: error and description.
type Refusal = (&'static str, &'static str);

/// Trades a code or a refresh token in. The redirect URI is not compared (oidc-flow/030), a `scope` is ignored (021).
pub(super) fn answer(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let parameters = Parameters::of(request);
    match redeem(state, request, &parameters) {
        Ok(grant) => {
            let body = issue(state, grant, &state.oidc.issuer(request), &request.base());
            success(who, 200, "GET, POST", &body)
        }
        Err((error, description)) => refusal(who, 400, error, description),
    }
}

/// The row that a request may have tokens of.
fn redeem(state: &mut State, request: &Request, parameters: &Parameters) -> Result<i64, Refusal> {
    let oidc = &mut state.oidc;
    let by_code = match parameters.text("grant_type") {
        Some("authorization_code") => true,
        Some("refresh_token") => false,
        _ => {
            let description =
                "Invalid grant_type provided. Must be authorization_code or refresh_token.";
            return Err(("invalid_grant", description));
        }
    };
    // The code is looked up first, the client after it (oidc-flow/041).
    let found = if by_code {
        let code = parameters.text("code").unwrap_or_default();
        oidc.grants.by_code(code)
    } else {
        let token = parameters.text("refresh_token").unwrap_or_default();
        oidc.grants.by_refresh_token(token)
    };
    let unknown = "Could not find access token for code or refresh_token.";
    let grant = found.cloned().ok_or(("invalid_grant", unknown))?;
    let failed = ("invalid_client", "Client authentication failed.");
    let (id, secret) = named_client(request, parameters).ok_or(failed)?;
    let client = oidc
        .clients
        .get(&id)
        .ok_or(("invalid_client", "Client not found."))?;
    if client.secret.is_some() && client.secret != secret {
        return Err(failed);
    }
    if client.id != grant.client {
        return Err(("invalid_grant", "Grant is not valid for this client."));
    }
    if client.is_expired() {
        return Err(("expired_client", "Client expired."));
    }
    if !by_code {
        let expired = ("invalid_grant", "Refresh token is expired.");
        return if grant.refresh_is_expired() {
            Err(expired)
        } else {
            Ok(grant.id)
        };
    }
    if grant.code_used {
        // The replay takes the tokens along (oidc-flow/025, 026).
        oidc.grants.remove(grant.id);
        return Err(("invalid_grant", "Authorization code has already been used."));
    }
    if let Some(challenge) = &grant.challenge
        && let Err(refusal) = prove(challenge, parameters.text("code_verifier"))
    {
        // One try a code (oidc-flow/027, 028).
        oidc.grants.remove(grant.id);
        return Err(refusal);
    }
    Ok(grant.id)
}

fn prove(challenge: &Challenge, verifier: Option<&str>) -> Result<(), Refusal> {
    let missing = ("invalid_grant", "code_verifier required for PKCE flow.");
    let verifier = verifier.ok_or(missing)?;
    let proof = if challenge.plain {
        verifier.to_owned()
    } else {
        URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
    };
    if proof == challenge.value {
        Ok(())
    } else {
        Err(("invalid_grant", "Invalid code_verifier."))
    }
}

/// Fresh tokens for a row; what it had before is gone.
pub(super) fn issue(state: &mut State, id: i64, issuer: &str, base: &str) -> Value {
    let now = time::now();
    let lifetime = state.oidc.settings.token_lifetime;
    let refresh_lifetime = state.oidc.settings.refresh_lifetime;
    let grant: &mut Grant = state.oidc.grants.get_mut(id).expect("a row that was found");
    grant.code_used = true;
    // Validity counts from the end of the lifetime, for both (measured).
    grant.access_ends = now + 2 * lifetime;
    grant.refresh_ends = refresh_lifetime.map(|more| now + lifetime + more);
    grant.refresh_token = grant
        .has_scope("offline_access")
        .then(Grants::new_refresh_token);
    let grant = grant.clone();
    let client = state.oidc.clients.get(&grant.client);
    let kind = client.map(|client| client.kind).unwrap_or_default();
    let user = state.users[&grant.user].clone();
    let origin = Origin {
        issuer,
        base,
        lifetime,
    };
    let signer = state.oidc.signer();
    let access_token = match kind {
        TokenKind::Opaque => random(OPAQUE),
        TokenKind::Jwt => {
            let (typ, claims) = claims::access_token(&grant, &user, &origin);
            signer.sign(typ, &claims)
        }
    };
    let (typ, claims) = claims::id_token(&grant, &user, &origin);
    let id_token = signer.sign(typ, &claims);
    let row = state.oidc.grants.get_mut(id).expect("a row that was found");
    row.access_token = Some(access_token.clone());
    let mut body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime,
        "id_token": id_token,
    });
    if let Some(refresh_token) = &grant.refresh_token {
        body["refresh_token"] = json!(refresh_token);
        if let Some(lifetime) = refresh_lifetime {
            body["refresh_expires_in"] = json!(lifetime);
        }
    }
    body
}
