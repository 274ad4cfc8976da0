//! Tokens that the provider never gave out, for tests that try to get in with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};

pub use super::keys::Signer;
use crate::nextcloud::time;

/// `typ` of access tokens (RFC 9068), in the spelling of Nextcloud.
pub const ACCESS_TOKEN: &str = "at+JWT";
/// Seconds that forged tokens live.
const LIFETIME: i64 = 900;

/// The claims of a good access token (oidc-misc/013), to be spoiled.
pub fn access_claims(issuer: &str, user: &str, client: &str, audience: &str, scope: &str) -> Value {
    let now = time::now();
    json!({
        "iss": issuer, "sub": user, "aud": audience, "exp": now + LIFETIME, "auth_time": now, "iat": now, "acr": "0",
        "client_id": client, "azp": client, "preferred_username": user, "scope": scope, "jti": "1",
    })
}

/// Signed with HS256 and the provider's public key as the secret: what a verifier falls for that lets the token choose.
pub fn confused(signer: &Signer, claims: &Value) -> String {
    let pem = signer
        .public_key()
        .to_public_key_pem(LineEnding::LF)
        .expect("a key of our own");
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(ACCESS_TOKEN.to_owned());
    header.kid = Some(signer.kid().to_owned());
    let key = EncodingKey::from_secret(pem.as_bytes());
    jsonwebtoken::encode(&header, claims, &key).expect("claims of our own")
}

/// Not signed at all (`alg: none`).
pub fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"typ": ACCESS_TOKEN, "alg": "none"});
    format!("{}.{}.", part(&header), part(claims))
}

/// A good token with other claims under its old signature.
pub fn altered(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut parts = token.split('.');
    let mut next = || parts.next().expect("three parts");
    let (header, body, signature) = (next(), next(), next());
    let body = URL_SAFE_NO_PAD.decode(body).expect("base64");
    let mut claims: Value = serde_json::from_slice(&body).expect("JSON");
    change(&mut claims);
    format!(
        "{header}.{}.{signature}",
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}
