//! Dynamic client registration (RFC 7591), with everything that it does not check: redirect URIs, authentication
//! methods, grant types (oidc/012-029).

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, MOST_REGISTERED, NewClient, TokenKind};
use super::parameters::Parameters;
use super::{refusal, success};
use crate::nextcloud::auth::Identity;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::Request;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Longest name of a client; the rest is cut off (oidc/029).
const NAME: usize = 64;
/// Longest list of scopes; the rest is cut off.
const SCOPES: usize = 512;
/// Registrations that one address may send in a minute, where that is limited (errors/001).
const REGISTRATIONS_A_MINUTE: usize = 10;

/// Registers a client, or says why not in words that no RFC knows.
pub(super) fn answer(state: &mut State, request: &Request, who: &Identity) -> Reply {
    let oidc = &mut state.oidc;
    if oidc.settings.registration_limit {
        let now = time::now();
        oidc.registrations.retain(|&when| when > now - 60);
        if oidc.registrations.len() >= REGISTRATIONS_A_MINUTE {
            return Reply::api(429, who).html("");
        }
        oidc.registrations.push(now);
    }
    if !oidc.settings.registration {
        let description = "Dynamic Client Registration is disabled.";
        return refusal(who, 400, "dynamic_registration_not_allowed", description);
    }
    oidc.clean_up();
    let parameters = Parameters::of(request);
    if parameters
        .value("redirect_uris")
        .is_some_and(Value::is_string)
    {
        // PHP's type error (oidc/020).
        return Reply::api(400, who).html("");
    }
    let full = oidc.clients.registered() >= MOST_REGISTERED;
    let lifetime = u64::try_from(oidc.settings.client_lifetime).unwrap_or_default();
    let new = match read(&parameters, request, full) {
        Ok(new) => new,
        Err((error, description)) => return refusal(who, 400, error, description),
    };
    let client = oidc.clients.create(NewClient {
        expires_in: Some(Duration::from_secs(lifetime)),
        ..new
    });
    client.registered = true;
    client.implicit = parameters
        .list("response_types")
        .iter()
        .any(|kind| kind.contains("id_token"));
    let client = client.clone();
    oidc.clients.registrations += 1;
    let token = oidc.clients.new_token(&client.id);
    let mut body = describe(&client, request);
    body["registration_access_token"] = json!(token);
    body["token_type"] = json!(client.kind.name());
    // The one answer that repeats what was asked for; every later one says `web` (oidc/013, 030).
    body["application_type"] = json!(parameters.text("application_type").unwrap_or("web"));
    if let Some(resource) = &client.resource_url {
        body["resource_url"] = json!(resource);
    }
    success(who, 201, "POST", &body)
}

/// The client that is asked for, or the provider's error and its words for it, in the order in which it looks.
fn read(
    parameters: &Parameters,
    request: &Request,
    full: bool,
) -> Result<NewClient, (&'static str, &'static str)> {
    let redirect_uris = parameters.list("redirect_uris");
    if redirect_uris.is_empty() {
        let description = "Dynamic Client Registration requires redirect_uris to be set.";
        return Err(("no_redirect_uris_provided", description));
    }
    if full {
        let description = "Maximum number of dynamic registered clients exceeded.";
        return Err(("max_num_clients_exceeded", description));
    }
    let scopes: String = parameters
        .text("scope")
        .unwrap_or_default()
        .chars()
        .take(SCOPES)
        .collect();
    if !scopes.chars().all(is_scope_letter) {
        let description = "Scope contains invalid characters. Allowed: alphanumeric, spaces, underscores, hyphens, \
                           colons, periods, and forward slashes.";
        return Err(("invalid_scope", description));
    }
    let resource_url = parameters.text("resource_url").map(str::to_owned);
    if resource_url
        .as_ref()
        .is_some_and(|url| url::Url::parse(url).is_err())
    {
        let description = "Resource URL must be a valid URL (RFC 9728).";
        return Err(("invalid_resource_url", description));
    }
    let name = parameters
        .text("client_name")
        .map_or_else(|| unnamed(request), str::to_owned);
    Ok(NewClient {
        name: name.chars().take(NAME).collect(),
        redirect_uris,
        resource_url,
        kind: TokenKind::named(parameters.text("token_type")),
        scopes,
        ..NewClient::default()
    })
}

/// What every answer of registration and management says of a client.
pub(super) fn describe(client: &Client, request: &Request) -> Value {
    let (response_types, grant_types): (&[&str], &[&str]) = if client.implicit {
        (&["code", "id_token"], &["authorization_code", "implicit"])
    } else {
        (&["code"], &["authorization_code"])
    };
    json!({
        "client_name": client.name,
        "client_id": client.id,
        "client_secret": client.secret,
        "registration_client_uri": format!("{}/apps/oidc/register/{}", request.base(), client.id),
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": "client_secret_post",
        "response_types": response_types,
        "grant_types": grant_types,
        "id_token_signed_response_alg": "RS256",
        "application_type": "web",
        "client_id_issued_at": client.issued,
        "client_secret_expires_at": client.expires.unwrap_or_default(),
        "scope": client.scopes,
    })
}

fn is_scope_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || " _:./-".contains(letter)
}

/// The name of a client that gave none; `X-Forwarded-For` is believed.
fn unnamed(request: &Request) -> String {
    let peer = request.peer.ip().to_string();
    format!("DCR-{}", request.header("X-Forwarded-For").unwrap_or(&peer))
}
