//! The header of a signed token (RFC 7515, section 4), read before anything of the token is believed.
//!
//! Keys that a token brings along or points to (`jwk`, `jku`, `x5c`, `x5u`) are not even read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Flaw;

/// Longest token. Nextcloud's have some 1-2 kB.
const TOKEN_BYTES: usize = 16 * 1024;

#[derive(Deserialize)]
pub(super) struct TokenHeader {
    alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl TokenHeader {
    /// Of a token that is signed with RS256 and demands nothing special.
    pub(super) fn read(token: &str) -> Result<Self, Flaw> {
        if token.len() > TOKEN_BYTES || token.split('.').count() != 3 {
            return Err(Flaw::Malformed);
        }
        let (encoded, _) = token.split_once('.').ok_or(Flaw::Malformed)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(|_| Flaw::Malformed)?;
        let header: Self = serde_json::from_slice(&bytes).map_err(|_| Flaw::Malformed)?;
        if header.alg != "RS256" {
            return Err(Flaw::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Flaw::Critical);
        }
        Ok(header)
    }
}
