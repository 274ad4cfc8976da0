//! The key that the provider signs with. 2048 bits, where the recorded server's had 4096: nothing here depends on it,
//! and making one takes a fraction of the time.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

use crate::nextcloud::reply::random;

/// Bits of a key.
const BITS: usize = 2048;

/// A key pair and the name it is published by.
#[derive(Debug, Clone)]
pub struct Signer {
    key: Arc<RsaPrivateKey>,
    kid: String,
}

impl Signer {
    /// The n-th key of a provider. The stand-ins of a process share their keys, which take long to make; the names differ.
    pub(super) fn numbered(number: usize) -> Self {
        static MADE: Mutex<Vec<Arc<RsaPrivateKey>>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().expect("no maker panicked");
        while made.len() <= number {
            made.push(generate());
        }
        Self {
            key: made[number].clone(),
            kid: kid(),
        }
    }

    /// A key that no provider publishes.
    pub fn stranger() -> Self {
        Self {
            key: generate(),
            kid: kid(),
        }
    }

    /// The same key under another name.
    #[must_use]
    pub fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The name that it is published by.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs claims (RS256) with this `typ`.
    pub fn sign(&self, typ: &str, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid.clone());
        let der = self.key.to_pkcs1_der().expect("a key of our own");
        let key = EncodingKey::from_rsa_der(der.as_bytes());
        jsonwebtoken::encode(&header, claims, &key).expect("a key of our own signs")
    }

    /// The public half, for whoever wants to misuse it.
    pub fn public_key(&self) -> RsaPublicKey {
        self.key.to_public_key()
    }

    /// The public half as a JWK (oidc/008).
    pub(super) fn jwk(&self) -> Value {
        let encoded = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        json!({
            "kty": "RSA", "use": "sig", "key_ops": ["verify"], "alg": "RS256", "kid": self.kid,
            "n": encoded(self.key.n()), "e": encoded(self.key.e()),
        })
    }

    /// `typ` and claims of a token that this key signed, expired or not.
    pub(super) fn verified(&self, token: &str) -> Option<(String, Value)> {
        let typ = jsonwebtoken::decode_header(token).ok()?.typ?;
        let jwk = self.jwk();
        let part = |name: &str| jwk[name].as_str().unwrap_or_default().to_owned();
        let key = DecodingKey::from_rsa_components(&part("n"), &part("e")).ok()?;
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let decoded = jsonwebtoken::decode::<Value>(token, &key, &rules).ok()?;
        Some((typ, decoded.claims))
    }
}

fn generate() -> Arc<RsaPrivateKey> {
    Arc::new(RsaPrivateKey::new(&mut OsRng, BITS).expect("random numbers"))
}

/// A UUID, as Nextcloud names its keys.
fn kid() -> String {
    let digits = random(32);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| digits[part].to_owned()).join("-")
}
