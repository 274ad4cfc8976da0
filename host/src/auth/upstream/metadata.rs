//! What the provider says of itself (OIDC Discovery 1.0, section 3), checked before anything of it is used.

use openidconnect::IssuerUrl;
use serde::Deserialize;
use url::Url;

use super::discovery::DiscoveryError;
use super::territory::Territory;

/// RFC 7636, section 4.3; the only method that the authorization chapter of MCP allows.
const S256: &str = "S256";

/// The provider's name and endpoints, each where it may be.
pub(super) struct Metadata {
    pub(super) issuer: IssuerUrl,
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) jwks: Url,
    pub(super) userinfo: Option<Url>,
    pub(super) introspection: Option<Url>,
    pub(super) registration: Option<Url>,
    /// Whether PKCE with S256 is advertised.
    pub(super) s256: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    introspection_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    pub(super) fn check(document: &[u8], territory: &Territory) -> Result<Self, DiscoveryError> {
        let document: Document = serde_json::from_slice(document)
            .map_err(|error| DiscoveryError::Document(error.to_string()))?;
        let at = |name, address: &str| territory.server_endpoint(name, address);
        let maybe_at = |name, address: &Option<String>| {
            let address = address.as_deref();
            address.map(|address| at(name, address)).transpose()
        };
        Ok(Self {
            issuer: issuer(document.issuer, &territory.issuers())?,
            authorization: territory
                .browser_endpoint("authorization_endpoint", &document.authorization_endpoint)?,
            token: at("token_endpoint", &document.token_endpoint)?,
            jwks: at("jwks_uri", &document.jwks_uri)?,
            userinfo: maybe_at("userinfo_endpoint", &document.userinfo_endpoint)?,
            introspection: maybe_at("introspection_endpoint", &document.introspection_endpoint)?,
            registration: maybe_at("registration_endpoint", &document.registration_endpoint)?,
            s256: s256(document.code_challenge_methods_supported.as_deref())?,
        })
    }
}

/// To the letter (section 4.3): whoever answers under one name must not issue under another.
fn issuer(found: String, expected: &[&str]) -> Result<IssuerUrl, DiscoveryError> {
    if !expected.contains(&found.as_str()) {
        return Err(DiscoveryError::Issuer {
            expected: expected.join(" or "),
            found,
        });
    }
    IssuerUrl::new(found)
        .map_err(|error| DiscoveryError::Document(format!("its issuer is not an address: {error}")))
}

/// Not mentioned at all is what providers did before RFC 8414; mentioned without S256 is a refusal.
fn s256(advertised: Option<&[String]>) -> Result<bool, DiscoveryError> {
    match advertised {
        None => Ok(false),
        Some(methods) if methods.iter().any(|method| method == S256) => Ok(true),
        Some(methods) => Err(DiscoveryError::Pkce {
            advertised: methods.join(", "),
        }),
    }
}
