//! Verifies access tokens that Nextcloud signed (RFC 9068): signature by jsonwebtoken, every claim here.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, Validation, decode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::keys::Keys;
use super::token_header::TokenHeader;
use super::{AccessClaims, CLOCK_SKEW, Flaw, UpstreamError};
use crate::auth::grant::{Timestamp, now};

/// RFC 9068, section 2.1. In any case: Nextcloud writes `at+JWT` (`oidc-misc/013`).
const TYPES: [&str; 2] = ["at+jwt", "application/at+jwt"];

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    client_id: String,
    exp: Timestamp,
    iat: Timestamp,
    nbf: Option<Timestamp>,
    #[serde(default)]
    scope: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

pub(super) async fn verify(
    keys: &Keys,
    issuer: &str,
    token: &SecretString,
    audience: &str,
) -> Result<AccessClaims, UpstreamError> {
    let token = token.expose_secret();
    let header = TokenHeader::read(token)?;
    let typ = header.typ.unwrap_or_default();
    if !TYPES.iter().any(|known| known.eq_ignore_ascii_case(&typ)) {
        return Err(Flaw::Type.into());
    }
    let key = keys.find(header.kid.as_deref()).await?;
    let signed = decode::<Claims>(token, &key.for_access_tokens(), &signature_alone());
    let claims = signed.map_err(|error| translate(&error))?.claims;
    Ok(claims.check(issuer, audience, now())?)
}

impl Claims {
    fn check(self, issuer: &str, audience: &str, now: Timestamp) -> Result<AccessClaims, Flaw> {
        let skew = CLOCK_SKEW.as_secs();
        if self.iss != issuer {
            return Err(Flaw::Issuer);
        }
        if !self.aud.names(audience) {
            return Err(Flaw::Audience);
        }
        if self.exp.saturating_add(skew) < now {
            return Err(Flaw::Expired);
        }
        if self.iat.max(self.nbf.unwrap_or(0)) > now.saturating_add(skew) {
            return Err(Flaw::NotYet);
        }
        if self.sub.is_empty() || self.client_id.is_empty() {
            return Err(Flaw::Claims);
        }
        Ok(AccessClaims {
            subject: self.sub,
            client_id: self.client_id,
            scope: self.scope,
            expires: self.exp,
        })
    }
}

impl Audience {
    /// To the letter: `.../mcp/` is somewhere else.
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// RS256 alone, and no claim: those are read strictly, in one place.
fn signature_alone() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

fn translate(error: &Error) -> Flaw {
    match error.kind() {
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => Flaw::Algorithm,
        // The header was read before: what is not JSON by now are the claims, and their signature was right.
        ErrorKind::Json(_) | ErrorKind::Utf8(_) => Flaw::Claims,
        ErrorKind::InvalidToken | ErrorKind::Base64(_) => Flaw::Malformed,
        _ => Flaw::Signature,
    }
}
