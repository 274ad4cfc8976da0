//! Keys made at test time, and tokens of any shape signed with them.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

/// Smallest that is accepted, and so the fastest to make.
const BITS: usize = 2048;

pub(super) struct Signer {
    kid: &'static str,
    der: Vec<u8>,
    n: String,
    e: String,
}

/// The provider's key.
pub(super) fn first() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| Signer::new("first"))
}

/// Its next one, or somebody else's.
pub(super) fn second() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(|| Signer::new("second"))
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        let key = RsaPrivateKey::new(&mut OsRng, BITS).unwrap();
        Self {
            kid,
            der: key.to_pkcs1_der().unwrap().as_bytes().to_vec(),
            n: URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()),
            e: URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
        }
    }

    /// As in `oidc/008`.
    pub(super) fn jwk(&self) -> Value {
        json!({"kty": "RSA", "use": "sig", "key_ops": ["verify"], "alg": "RS256", "kid": self.kid, "n": self.n, "e": self.e})
    }

    pub(super) fn header(&self, typ: &str) -> Value {
        json!({"typ": typ, "alg": "RS256", "kid": self.kid})
    }

    pub(super) fn id_token(&self, claims: &Value) -> String {
        self.sign(&self.header("JWT"), claims)
    }

    pub(super) fn access_token(&self, claims: &Value) -> String {
        self.sign(&self.header("at+JWT"), claims)
    }

    /// RS256, whatever the header says.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let key = EncodingKey::from_rsa_der(&self.der);
        signed(header, claims, &key, Algorithm::RS256)
    }

    /// HS256, with what everybody can read as the secret.
    pub(super) fn sign_with_public_key(&self, header: &Value, claims: &Value) -> String {
        let public = self.jwk().to_string();
        sign_with_secret(public.as_bytes(), header, claims)
    }
}

pub(super) fn sign_with_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    signed(header, claims, &key, Algorithm::HS256)
}

/// `alg: none`.
pub(super) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.", message(header, claims))
}

fn signed(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = message(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// With slashes escaped, as PHP writes JSON.
fn message(header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string().replace('/', "\\/"));
    format!("{}.{}", encode(header), encode(claims))
}
