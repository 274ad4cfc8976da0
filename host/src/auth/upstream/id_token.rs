//! Verifies ID tokens (OIDC Core 1.0, section 3.1.3.7) with openidconnect, against one key of the provider's.

use std::time::SystemTime;

use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKeySet, Nonce, NonceVerifier as _,
    SignatureVerificationError,
};

use super::keys::Keys;
use super::token_header::TokenHeader;
use super::{CLOCK_SKEW, Flaw, UpstreamError};

/// Who signed in, by a token for `client_id`. Without a `nonce` none is compared: after a refresh, Nextcloud repeats the
/// first one (`oidc-flow/016`), which is long forgotten.
pub(super) async fn subject(
    keys: &Keys,
    issuer: &IssuerUrl,
    token: &CoreIdToken,
    client_id: &str,
    nonce: Option<&str>,
) -> Result<String, UpstreamError> {
    let header = TokenHeader::read(&token.to_string())?;
    let key = keys.find(header.kid.as_deref()).await?;
    // As a public client, because a confidential one would also take a token that was signed with its secret; RS256
    // alone is the crate's default. It allows the clocks no difference, so its clock goes after ours.
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(client_id.to_owned()),
        issuer.clone(),
        JsonWebKeySet::new(vec![key.for_id_tokens()]),
    )
    .set_time_fn(|| (SystemTime::now() - CLOCK_SKEW).into());
    let same_nonce = |found: Option<&Nonce>| match nonce {
        Some(expected) => (&Nonce::new(expected.to_owned())).verify(found),
        None => Ok(()),
    };
    let claims = token
        .claims(&verifier, same_nonce)
        .map_err(|error| translate(&error))?;
    let subject = claims.subject().as_str();
    if subject.is_empty() {
        return Err(Flaw::Claims.into());
    }
    Ok(subject.to_owned())
}

fn translate(error: &ClaimsVerificationError) -> Flaw {
    match error {
        ClaimsVerificationError::Expired(_) => Flaw::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Flaw::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Flaw::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Flaw::Nonce,
        ClaimsVerificationError::Unsupported(_) => Flaw::Type,
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature,
        ) => Flaw::Algorithm,
        ClaimsVerificationError::SignatureVerification(_) => Flaw::Signature,
        _ => Flaw::Claims,
    }
}
