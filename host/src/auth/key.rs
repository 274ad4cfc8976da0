//! The operator's secret keys: `NEXTCLOUD_MCP_SECRET_KEY`, or a generated file.
//!
//! Invariant: a key cannot be printed, and a weak one is refused.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use thiserror::Error;

use crate::random::{self, NoRandomness};

/// Length of a key in bytes: 256 bits.
pub(super) const KEY_BYTES: usize = 32;

/// Keys held at most: the current one and those before it. Each token of a stranger is tried with every one.
const KEYS: usize = 8;

/// Why `NEXTCLOUD_MCP_SECRET_KEY` holds no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Nothing there.
    #[error("NEXTCLOUD_MCP_SECRET_KEY is empty; `openssl rand -hex 32` makes a key")]
    Empty,
    /// Not a key.
    #[error(
        "key {0} in NEXTCLOUD_MCP_SECRET_KEY is not 256 bits as 64 hexadecimal digits or 43 characters of base64; \
         `openssl rand -hex 32` makes a key"
    )]
    Format(usize),
    /// More than [`KEYS`].
    #[error("NEXTCLOUD_MCP_SECRET_KEY holds more than {KEYS} keys; leave out the oldest")]
    Many,
}

/// One or more keys, the first of which seals. Dropped keys are wiped.
pub(super) struct SecretKeys(Vec<SecretBox<[u8; KEY_BYTES]>>);

impl SecretKeys {
    /// Keys in hexadecimal or base64, separated by white space or commas; the newest first.
    pub(super) fn parse(text: &SecretString) -> Result<Self, KeyError> {
        let words: Vec<&str> = text
            .expose_secret()
            .split(|separator: char| separator.is_whitespace() || separator == ',')
            .filter(|word| !word.is_empty())
            .collect();
        if words.is_empty() {
            return Err(KeyError::Empty);
        }
        if words.len() > KEYS {
            return Err(KeyError::Many);
        }
        let keys = words.iter().enumerate().map(|(at, word)| {
            key(word)
                .map(|key| SecretBox::new(Box::new(key)))
                .ok_or(KeyError::Format(at + 1))
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    /// A new one, and its text for a file.
    pub(super) fn generate() -> Result<(Self, SecretString), NoRandomness> {
        let key = random::bytes::<KEY_BYTES>()?;
        let text = hex::encode(key).into();
        Ok((Self(vec![SecretBox::new(Box::new(key))]), text))
    }

    pub(super) fn first(&self) -> &[u8; KEY_BYTES] {
        // There is no way to make an empty list.
        self.0[0].expose_secret()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &[u8; KEY_BYTES]> {
        self.0.iter().map(ExposeSecret::expose_secret)
    }
}

impl std::fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKeys({})", self.0.len())
    }
}

fn key(word: &str) -> Option<[u8; KEY_BYTES]> {
    if let Ok(bytes) = hex::decode(word) {
        return bytes.try_into().ok();
    }
    let word = word.trim_end_matches('=');
    URL_SAFE_NO_PAD
        .decode(word)
        .or_else(|_| STANDARD_NO_PAD.decode(word))
        .ok()?
        .try_into()
        .ok()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SecretKeys, KeyError> {
        SecretKeys::parse(&text.into())
    }

    #[test]
    fn the_same_key_in_hexadecimal_and_base64_is_the_same() {
        let bytes = [0xfb; KEY_BYTES];
        for text in [
            hex::encode(bytes),
            hex::encode_upper(bytes),
            URL_SAFE_NO_PAD.encode(bytes),
            format!("{}=", STANDARD_NO_PAD.encode(bytes)),
            format!("  {}\n", hex::encode(bytes)),
        ] {
            assert_eq!(parse(&text).unwrap().first(), &bytes, "{text}");
        }
    }

    #[test]
    fn several_keys_keep_their_order() {
        let text = format!("{},\n{}", "a".repeat(64), "b".repeat(64));
        let keys = parse(&text).unwrap();
        assert_eq!(keys.first(), &[0xaa; KEY_BYTES]);
        assert_eq!(keys.all().count(), 2);
    }

    #[test]
    fn a_weak_or_mistyped_key_is_refused_without_being_repeated() {
        assert_eq!(parse(" \n").unwrap_err(), KeyError::Empty);
        assert_eq!(parse("correct horse").unwrap_err(), KeyError::Format(1));
        let second_short = format!("{} {}", "a".repeat(64), "b".repeat(62));
        assert_eq!(parse(&second_short).unwrap_err(), KeyError::Format(2));
        assert_eq!(parse(&"a".repeat(66)).unwrap_err(), KeyError::Format(1));
        let many = vec!["a".repeat(64); KEYS + 1].join(" ");
        assert_eq!(parse(&many).unwrap_err(), KeyError::Many);
    }

    #[test]
    fn keys_cannot_be_printed_and_generated_ones_read_back() {
        let (keys, text) = SecretKeys::generate().unwrap();
        assert_eq!(SecretKeys::parse(&text).unwrap().first(), keys.first());
        assert_eq!(format!("{keys:?}"), "SecretKeys(1)");
    }
}
