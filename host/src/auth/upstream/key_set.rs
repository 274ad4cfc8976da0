//! The provider's published keys (RFC 7517), of which only RSA keys for RS256 signatures count.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use openidconnect::JsonWebKeyId;
use openidconnect::core::CoreJsonWebKey;
use serde::Deserialize;
use serde_json::Value;

/// Smallest modulus (RFC 7518, section 3.3): 2048 bits.
const MODULUS_BYTES: usize = 256;

/// See the module's documentation. Never empty.
pub(super) struct KeySet(Vec<Key>);

/// A public key.
#[derive(Clone)]
pub(super) struct Key {
    kid: Option<String>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    n: String,
    e: String,
}

impl KeySet {
    /// Keys of other kinds are left out; `None` if that leaves none, or if this is no key set.
    pub(super) fn parse(document: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(document).ok()?;
        let keys: Vec<Key> = document
            .keys
            .into_iter()
            .filter_map(|entry| serde_json::from_value(entry).ok())
            .filter_map(Key::new)
            .collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The one key that a token means: by its name, which may only be missing where there is no choice.
    pub(super) fn find(&self, kid: Option<&str>) -> Option<&Key> {
        let mut fitting = self
            .0
            .iter()
            .filter(|key| kid.is_none() || key.kid.as_deref() == kid);
        let only = fitting.next();
        only.filter(|_| fitting.next().is_none())
    }
}

impl Key {
    fn new(entry: Entry) -> Option<Self> {
        let fits = entry.kty == "RSA"
            && entry.usage.is_none_or(|usage| usage == "sig")
            && entry
                .key_ops
                .is_none_or(|operations| operations.iter().any(|name| name == "verify"))
            && entry.alg.is_none_or(|algorithm| algorithm == "RS256");
        let modulus = URL_SAFE_NO_PAD.decode(&entry.n).ok()?;
        let exponent = URL_SAFE_NO_PAD.decode(&entry.e).ok()?;
        (fits && modulus.len() >= MODULUS_BYTES && !exponent.is_empty()).then_some(Self {
            kid: entry.kid,
            modulus,
            exponent,
        })
    }

    pub(super) fn for_access_tokens(&self) -> DecodingKey {
        DecodingKey::from_rsa_raw_components(&self.modulus, &self.exponent)
    }

    pub(super) fn for_id_tokens(&self) -> CoreJsonWebKey {
        let kid = self.kid.clone().map(JsonWebKeyId::new);
        CoreJsonWebKey::new_rsa(self.modulus.clone(), self.exponent.clone(), kid)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(change: &Value) -> Value {
        let mut entry = json!({"kty": "RSA", "use": "sig", "key_ops": ["verify"], "alg": "RS256", "kid": "a",
            "n": URL_SAFE_NO_PAD.encode([0xab; MODULUS_BYTES]), "e": "AQAB"});
        for (name, value) in change.as_object().unwrap() {
            entry[name] = value.clone();
        }
        entry
    }

    fn parse(entries: &[Value]) -> Option<KeySet> {
        KeySet::parse(json!({ "keys": entries }).to_string().as_bytes())
    }

    #[test]
    fn only_rsa_keys_for_signatures_with_rs256_count() {
        assert!(parse(&[entry(&json!({}))]).is_some());
        assert!(parse(&[entry(&json!({"use": null, "key_ops": null, "alg": null}))]).is_some());
        for change in [
            json!({"kty": "oct"}),
            json!({"use": "enc"}),
            json!({"key_ops": ["encrypt"]}),
            json!({"alg": "HS256"}),
            json!({"alg": "PS256"}),
            json!({"n": URL_SAFE_NO_PAD.encode([0xab; 128])}),
            json!({"n": "not base64!"}),
            json!({"n": null}),
            json!({"e": ""}),
        ] {
            assert!(parse(&[entry(&change)]).is_none(), "{change}");
            assert!(
                parse(&[entry(&change), entry(&json!({"kid": "b"}))]).is_some(),
                "others still count"
            );
        }
        for garbage in ["", "{}", "[]", r#"{"keys":{}}"#, "<html>"] {
            assert!(KeySet::parse(garbage.as_bytes()).is_none(), "{garbage}");
        }
    }

    #[test]
    fn a_token_without_a_key_name_is_only_understood_where_there_is_one_key() {
        let one = parse(&[entry(&json!({}))]).unwrap();
        assert!(one.find(None).is_some() && one.find(Some("a")).is_some());
        assert!(one.find(Some("b")).is_none());
        let two = parse(&[entry(&json!({})), entry(&json!({"kid": "b"}))]).unwrap();
        assert!(two.find(None).is_none() && two.find(Some("b")).is_some());
        let twins = parse(&[entry(&json!({})), entry(&json!({}))]).unwrap();
        assert!(twins.find(Some("a")).is_none());
    }
}
