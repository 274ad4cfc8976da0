//! What tokens and userinfo say about an account, and the two kinds of signed tokens (oidc-misc/013, 014).

use serde_json::{Map, Value, json};

use super::grant::Grant;
use crate::nextcloud::time;
use crate::nextcloud::user::User;

/// `typ` of access tokens (RFC 9068), in the spelling of Nextcloud.
const ACCESS_TOKEN: &str = "at+JWT";
/// `typ` of ID tokens.
const ID_TOKEN: &str = "JWT";

/// Where a token comes from and how long it says that it lives.
pub(super) struct Origin<'a> {
    pub(super) issuer: &'a str,
    /// Scheme, host and web root, for pictures.
    pub(super) base: &'a str,
    pub(super) lifetime: i64,
}

/// `typ` and claims of an access token.
pub(super) fn access_token(
    grant: &Grant,
    user: &User,
    origin: &Origin<'_>,
) -> (&'static str, Value) {
    let now = time::now();
    let mut claims = json!({
        "iss": origin.issuer,
        "sub": grant.user,
        "aud": grant.resource.as_ref().unwrap_or(&grant.client),
        "exp": now + origin.lifetime,
        "auth_time": grant.created,
        "iat": now,
        "acr": "0",
        "client_id": grant.client,
        "azp": grant.client,
        "preferred_username": grant.user,
        "scope": grant.scope,
        "jti": grant.id.to_string(),
    });
    merge(&mut claims, about(grant, user, origin.base));
    (ACCESS_TOKEN, claims)
}

/// `typ` and claims of an ID token: nothing about the account but what the request's `claims` named.
pub(super) fn id_token(grant: &Grant, user: &User, origin: &Origin<'_>) -> (&'static str, Value) {
    let now = time::now();
    let mut claims = json!({
        "iss": origin.issuer,
        "sub": grant.user,
        "aud": grant.client,
        "exp": now + origin.lifetime,
        "auth_time": grant.created,
        "iat": now,
        "acr": "0",
        "azp": grant.client,
        "nbf": now,
        "jti": grant.id.to_string(),
    });
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = json!(nonce);
    }
    let asked = |name: &str| grant.extra_claims.iter().any(|one| one == name);
    if asked("preferred_username") {
        claims["preferred_username"] = json!(grant.user);
    }
    if asked("email") {
        claims["email"] = json!(user.email);
    }
    (ID_TOKEN, claims)
}

/// What a grant's scopes tell about its account.
pub(super) fn about(grant: &Grant, user: &User, base: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if grant.has_scope("roles") {
        say("roles", json!(user.groups));
    }
    if grant.has_scope("groups") {
        say("groups", json!(user.groups));
    }
    if grant.has_scope("profile") {
        let (given, family) = user
            .display_name
            .split_once(' ')
            .unwrap_or((&user.display_name, ""));
        say("updated_at", json!(grant.created));
        say("name", json!(user.display_name));
        say("family_name", json!(family));
        say("given_name", json!(given));
        say("picture", json!(format!("{base}/avatar/{}/64", user.id)));
    }
    if grant.has_scope("email") {
        say("email", json!(user.email));
        say("email_verified", json!(false));
    }
    claims
}

/// Adds members to an object.
pub(super) fn merge(object: &mut Value, members: Map<String, Value>) {
    if let Value::Object(object) = object {
        object.extend(members);
    }
}
