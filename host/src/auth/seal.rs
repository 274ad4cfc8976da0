//! What this server gives out and must understand again later, sealed: client ids, codes, tokens, stored secrets.
//!
//! So nothing about a user or a client is kept here, and every replica with the same key understands what another
//! sealed. XChaCha20-Poly1305 under a subkey for each purpose (HKDF-SHA256); the associated data names format, purpose
//! and issuer, so that nothing sealed for one purpose or by another server opens as something else. Nonces of 192 bits
//! are drawn at random.
//!
//! Never here: what the sealed things mean.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use thiserror::Error;

use super::key::SecretKeys;
use crate::random;

/// The layout of what is sealed. Another one gets another number.
const FORMAT: u8 = 1;

const NONCE_BYTES: usize = 24;

/// What something is sealed for. The letter stands in what clients see, so that a person can tell a code from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A registered client: its id.
    Client,
    /// An authorization that a browser is in the middle of: a cookie.
    Transaction,
    /// An authorization code.
    Code,
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
    /// A secret in the database.
    Stored,
    /// A call that waits for a person's answer.
    Call,
}

impl Purpose {
    fn letter(self) -> char {
        match self {
            Self::Client => 'i',
            Self::Transaction => 't',
            Self::Code => 'c',
            Self::Access => 'a',
            Self::Refresh => 'r',
            Self::Stored => 's',
            Self::Call => 'q',
        }
    }
}

/// Why something does not open. Deliberately little: whoever sent it learns nothing from the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum OpenError {
    /// It does not even look like something of ours.
    #[error("this is not something that this server gave out")]
    Foreign,
    /// Sealed with another key, for another purpose, by another server, or changed on the way.
    #[error("this was not sealed by this server with a key that it still has")]
    Unknown,
}

/// Nothing can be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the operating system gives no random numbers, or the content cannot be written")]
pub(crate) struct SealError;

/// Seals and opens for one issuer. The first key seals, all open. Cheap to clone.
#[derive(Clone)]
pub(super) struct Sealer {
    keys: Arc<SecretKeys>,
    issuer: String,
}

impl Sealer {
    pub(super) fn new(keys: SecretKeys, issuer: impl Into<String>) -> Self {
        Self {
            keys: Arc::new(keys),
            issuer: issuer.into(),
        }
    }

    /// `content` as text of letters, digits and `-_`, which URLs, headers and cookies carry as it is.
    pub(super) fn seal(
        &self,
        purpose: Purpose,
        content: &impl Serialize,
    ) -> Result<String, SealError> {
        let plain = Zeroizing::new(serde_json::to_vec(content).map_err(|_| SealError)?);
        let mut sealed = random::bytes::<NONCE_BYTES>()
            .map_err(|_| SealError)?
            .to_vec();
        let key = self.keys.first();
        let nonce = XNonce::try_from(&*sealed).map_err(|_| SealError)?;
        let payload = Payload {
            msg: &plain,
            aad: &self.associated(purpose),
        };
        let body = cipher(key, purpose)
            .encrypt(&nonce, payload)
            .map_err(|_| SealError)?;
        sealed.extend_from_slice(&body);
        Ok(format!(
            "{}{}",
            prefix(purpose),
            URL_SAFE_NO_PAD.encode(sealed)
        ))
    }

    /// What was sealed for this purpose.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        text: &str,
    ) -> Result<T, OpenError> {
        let sealed = text
            .strip_prefix(&*prefix(purpose))
            .and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok())
            .ok_or(OpenError::Foreign)?;
        let (nonce, body) = sealed
            .split_at_checked(NONCE_BYTES)
            .ok_or(OpenError::Foreign)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| OpenError::Foreign)?;
        let aad = self.associated(purpose);
        let opened = self.keys.all().find_map(|key| {
            let payload = Payload {
                msg: body,
                aad: &aad,
            };
            cipher(key, purpose).decrypt(&nonce, payload).ok()
        });
        let plain = Zeroizing::new(opened.ok_or(OpenError::Unknown)?);
        serde_json::from_slice(&plain).map_err(|_| OpenError::Unknown)
    }

    /// Whether a text claims to be sealed for this purpose.
    pub(super) fn claims(purpose: Purpose, text: &str) -> bool {
        text.starts_with(&prefix(purpose))
    }

    /// A secret that belongs to `context` and needs no place to be kept: the same with each key as long as it is there.
    /// The first is the one to give out, all are to be accepted.
    pub(super) fn secrets_of(&self, context: &str) -> impl Iterator<Item = SecretString> {
        self.keys.all().map(move |key| {
            let mut secret = Zeroizing::new([0; 32]);
            let info = [b"client secret ", context.as_bytes()].concat();
            expand(key, &info, &mut secret);
            URL_SAFE_NO_PAD.encode(*secret).into()
        })
    }

    /// What only a server with one of these keys can know about `content`, by each key: short enough for a model to repeat.
    /// The first is the one to give out, all are to be accepted.
    pub(super) fn marks_of(&self, content: &[u8]) -> impl Iterator<Item = [u8; 16]> {
        let info = [
            b"nextcloud-mcp-server mark ",
            self.issuer.as_bytes(),
            b"\0",
            content,
        ]
        .concat();
        self.keys.all().map(move |key| {
            let mut mark = Zeroizing::new([0; 32]);
            expand(key, &info, &mut mark);
            let mut short = [0; 16];
            short.copy_from_slice(&mark[..16]);
            short
        })
    }

    /// Each part ends with a byte that none of them holds.
    fn associated(&self, purpose: Purpose) -> Vec<u8> {
        format!("{FORMAT}\0{}\0{}\0", purpose.letter(), self.issuer).into_bytes()
    }
}

/// Nobody prints keys.
impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// `ncmcp`, the purpose's letter and the format: scanners for leaked secrets can look for it.
fn prefix(purpose: Purpose) -> String {
    format!("ncmcp{}{FORMAT}_", purpose.letter())
}

fn cipher(key: &[u8; 32], purpose: Purpose) -> XChaCha20Poly1305 {
    let mut subkey = Zeroizing::new([0; 32]);
    let info = format!("nextcloud-mcp-server seal {}", purpose.letter());
    expand(key, info.as_bytes(), &mut subkey);
    XChaCha20Poly1305::new((&*subkey).into())
}

/// HKDF-SHA256 (RFC 5869). Its only error is an output of more than 8160 bytes.
fn expand(key: &[u8; 32], info: &[u8], output: &mut [u8; 32]) {
    let derived = Hkdf::<Sha256>::new(None, key).expand(info, output);
    debug_assert!(derived.is_ok(), "32 bytes are within HKDF's range");
}

/// For fields of sealed things that are secrets: written in the clear, since what holds them is sealed.
pub(super) mod secret_text {
    use super::{ExposeSecret, SecretString};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::auth) fn serialize<S: Serializer>(
        secret: &SecretString,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose_secret())
    }

    pub(in crate::auth) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<SecretString, D::Error> {
        String::deserialize(deserializer).map(SecretString::from)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://mcp.example.com";

    fn keys(text: &str) -> SecretKeys {
        SecretKeys::parse(&text.into()).unwrap()
    }

    fn key(letter: &str) -> String {
        letter.repeat(64)
    }

    fn sealer() -> Sealer {
        Sealer::new(keys(&key("a")), ISSUER)
    }

    #[test]
    fn what_is_sealed_opens_and_is_text_that_every_place_carries() {
        let text = sealer().seal(Purpose::Access, &("alice", 7)).unwrap();
        let opened: (String, u32) = sealer().open(Purpose::Access, &text).unwrap();
        assert_eq!(opened, ("alice".to_owned(), 7));
        assert!(text.starts_with("ncmcpa1_") && !text.contains("alice"));
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
    }

    #[test]
    fn nothing_opens_as_something_else_or_elsewhere() {
        let text = sealer().seal(Purpose::Code, &"x").unwrap();
        let body = text.split_once('_').unwrap().1;
        let refused =
            |sealer: Sealer, purpose, text: &str| sealer.open::<String>(purpose, text).unwrap_err();
        assert_eq!(
            refused(sealer(), Purpose::Access, &text),
            OpenError::Foreign
        );
        assert_eq!(
            refused(sealer(), Purpose::Access, &format!("ncmcpa1_{body}")),
            OpenError::Unknown,
            "a code with a token's prefix"
        );
        let elsewhere = Sealer::new(keys(&key("a")), "https://other.example.com");
        assert_eq!(refused(elsewhere, Purpose::Code, &text), OpenError::Unknown);
        let other_key = Sealer::new(keys(&key("b")), ISSUER);
        assert_eq!(refused(other_key, Purpose::Code, &text), OpenError::Unknown);
    }

    #[test]
    fn one_changed_character_anywhere_is_noticed() {
        let text = sealer().seal(Purpose::Refresh, &"x").unwrap();
        for at in 8..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let opened = sealer().open::<String>(Purpose::Refresh, &changed);
            // The last character holds bits that mean nothing; a decoder refuses them unless they are zero.
            assert!(opened.is_err(), "position {at}");
        }
        for cut in [0, 7, 8, 20, text.len() - 1] {
            assert!(
                sealer()
                    .open::<String>(Purpose::Refresh, &text[..cut])
                    .is_err()
            );
        }
    }

    #[test]
    fn after_a_change_of_keys_the_old_one_still_opens_and_the_new_one_seals() {
        let old = sealer().seal(Purpose::Access, &"x").unwrap();
        let both = Sealer::new(keys(&format!("{} {}", key("b"), key("a"))), ISSUER);
        assert!(both.open::<String>(Purpose::Access, &old).is_ok());
        let new = both.seal(Purpose::Access, &"x").unwrap();
        assert!(sealer().open::<String>(Purpose::Access, &new).is_err());
    }

    #[test]
    fn derived_secrets_belong_to_one_context_and_one_key() {
        let secret = |sealer: &Sealer, context| {
            let first = sealer.secrets_of(context).next().unwrap();
            first.expose_secret().to_owned()
        };
        assert_eq!(secret(&sealer(), "client"), secret(&sealer(), "client"));
        assert_ne!(secret(&sealer(), "client"), secret(&sealer(), "clienu"));
        let both = Sealer::new(keys(&format!("{} {}", key("b"), key("a"))), ISSUER);
        let old = secret(&sealer(), "client");
        assert!(
            both.secrets_of("client")
                .any(|secret| secret.expose_secret() == old)
        );
        assert_ne!(secret(&both, "client"), old);
    }
}
