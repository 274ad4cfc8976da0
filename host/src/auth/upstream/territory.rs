//! Where the provider's endpoints may be, and by which address this server and browsers reach them.
//!
//! Nextcloud makes every address in its document from the request's `Host` (`oidc/004`), unless its administrator fixed
//! it. So what this server was told may be its own inner address where people need the public one, or the other way
//! round: requests of ours always go to `NEXTCLOUD_HOST`, browsers always to `NEXTCLOUD_PUBLIC_URL`.

use url::Url;

use super::DiscoveryError;
use crate::config::{OAuthSettings, Origin};
use crate::nextcloud::ServiceClient;

pub(super) struct Territory {
    client: ServiceClient,
    base: String,
    public: String,
    /// `NEXTCLOUD_OIDC_ISSUER`.
    issuer: Option<String>,
    /// `NEXTCLOUD_OIDC_ENDPOINT_ORIGINS`.
    more: Vec<Origin>,
}

impl Territory {
    pub(super) fn new(client: ServiceClient, settings: &OAuthSettings) -> Self {
        Self {
            base: client.base_url(),
            public: client.public_url(),
            issuer: settings.oidc_issuer.clone(),
            more: settings.oidc_endpoint_origins.clone(),
            client,
        }
    }

    /// The names that the provider may go by: what the operator says it is, else either address of Nextcloud.
    pub(super) fn issuers(&self) -> Vec<&str> {
        match &self.issuer {
            Some(issuer) => vec![issuer],
            None if self.base == self.public => vec![&self.base],
            None => vec![&self.base, &self.public],
        }
    }

    /// An endpoint for this server.
    pub(super) fn server_endpoint(
        &self,
        name: &'static str,
        address: &str,
    ) -> Result<Url, DiscoveryError> {
        let url = self.allowed(name, address)?;
        self.over_https(name, rebase(url, &self.public, &self.base))
    }

    /// An endpoint for browsers.
    pub(super) fn browser_endpoint(
        &self,
        name: &'static str,
        address: &str,
    ) -> Result<Url, DiscoveryError> {
        let url = self.allowed(name, address)?;
        self.over_https(name, rebase(url, &self.base, &self.public))
    }

    fn allowed(&self, name: &'static str, address: &str) -> Result<Url, DiscoveryError> {
        let malformed = || DiscoveryError::Document(format!("its {name} is not a web address"));
        let url = Url::parse(address).map_err(|_| malformed())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(malformed());
        }
        let origin = Origin::of(&url);
        let own = [&self.base, &self.public];
        let is_own = own
            .into_iter()
            .filter_map(|own| Url::parse(own).ok())
            .any(|own| Origin::of(&own) == origin);
        if is_own || self.more.contains(&origin) {
            Ok(url)
        } else {
            Err(DiscoveryError::Elsewhere {
                endpoint: name,
                origin: origin.to_string(),
            })
        }
    }

    fn over_https(&self, name: &'static str, url: Url) -> Result<Url, DiscoveryError> {
        if self.client.admits(&url) {
            Ok(url)
        } else {
            Err(DiscoveryError::PlainHttp {
                endpoint: name,
                origin: Origin::of(&url).to_string(),
            })
        }
    }
}

/// The same below `to`, if it is below `from` and not below `to` already.
fn rebase(url: Url, from: &str, to: &str) -> Url {
    let below = |base: &str| {
        let tail = url.as_str().strip_prefix(base)?;
        tail.starts_with('/').then_some(tail)
    };
    let moved = match (below(to), below(from)) {
        (None, Some(tail)) => Url::parse(&format!("{to}{tail}")).ok(),
        _ => None,
    };
    moved.unwrap_or(url)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn an_address_moves_from_one_name_of_nextcloud_to_the_other() {
        let (inner, public) = ("http://app:8080", "https://example.org/nextcloud");
        for (url, from, to, expected) in [
            (
                "http://app:8080/apps/oidc/token",
                inner,
                public,
                "https://example.org/nextcloud/apps/oidc/token",
            ),
            (
                "https://example.org/nextcloud/apps/oidc/token?a=b",
                public,
                inner,
                "http://app:8080/apps/oidc/token?a=b",
            ),
            // Not a prefix of whole segments, there already, or somewhere else.
            (
                "https://example.org/nextcloud-two/token",
                public,
                inner,
                "https://example.org/nextcloud-two/token",
            ),
            (
                "https://example.org/nextcloud/token",
                "https://example.org",
                public,
                "https://example.org/nextcloud/token",
            ),
            (
                "https://login.example.org/token",
                public,
                inner,
                "https://login.example.org/token",
            ),
        ] {
            assert_eq!(rebase(url.parse().unwrap(), from, to).as_str(), expected);
        }
    }
}
