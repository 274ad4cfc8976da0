//! Fetches small public documents of third parties, whose addresses strangers choose (client ID metadata documents).
//!
//! So nobody can make this server speak to what only it can reach: https on port 443 alone, no redirect, no proxy, and
//! connections only to addresses that `public_address` let pass, after the name was resolved.
//! Bounded in size and time. Never here: a credential, or what a document says.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, HeaderValue};
use http::{HeaderMap, Method, Response};
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

use super::public_address;
use super::settings::SetupError;
use super::tls::ClientFactory;

/// For a whole exchange: somebody waits for a page meanwhile, and a stranger chose the server.
const WITHIN: Duration = Duration::from_secs(5);

/// Largest document, as the client ID metadata draft recommends (section 6.6).
const DOCUMENT_BYTES: usize = 5 * 1024;

/// See the module's documentation. Cheap to clone.
///
/// On a developer's machine (this server's own URL is plain http on loopback) it may fetch from loopback too, on any
/// port, and still over https only: otherwise a client could not be tried out there. Elsewhere that would be a hole.
#[derive(Clone)]
pub struct PublicClient {
    client: Client,
    rule: Rule,
}

/// Why there is no document. Holds nothing of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PublicError {
    /// The address itself is refused.
    #[error("its address must be https, on the usual port, without a user name or password")]
    Address,
    /// The host is not on the public internet, or one of its addresses is not.
    #[error("its host is not on the public internet")]
    NotPublic,
    /// No connection, or it broke.
    #[error("its host cannot be reached over https")]
    Unreachable,
    /// Not there in time.
    #[error("its host did not answer within {} seconds", WITHIN.as_secs())]
    TimedOut,
    /// Larger than anything honest.
    #[error("it is larger than {DOCUMENT_BYTES} bytes")]
    TooLarge,
}

impl PublicClient {
    pub(super) fn new(clients: &ClientFactory, allow_loopback: bool) -> Result<Self, SetupError> {
        let rule = Rule { allow_loopback };
        let client = clients.public_client(Arc::new(rule))?;
        Ok(Self { client, rule })
    }

    /// Fetches a document once. Whatever its status, it is an answer; redirects are for the caller to refuse.
    pub async fn fetch(&self, url: &Url) -> Result<Response<Bytes>, PublicError> {
        self.rule.check(url)?;
        timeout(WITHIN, self.exchange(url.clone()))
            .await
            .unwrap_or(Err(PublicError::TimedOut))
    }

    async fn exchange(&self, url: Url) -> Result<Response<Bytes>, PublicError> {
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let request = self.client.request(Method::GET, url).headers(headers);
        let mut incoming = request.send().await.map_err(|error| translate(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = incoming.chunk().await.map_err(|error| translate(&error))? {
            if body.len() + chunk.len() > DOCUMENT_BYTES {
                return Err(PublicError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body.freeze());
        *answer.status_mut() = incoming.status();
        std::mem::swap(answer.headers_mut(), incoming.headers_mut());
        Ok(answer)
    }
}

/// What may be spoken to. As a resolver it gives only addresses that may, and gives none if one may not: a name that
/// points both ways is somebody's attempt.
#[derive(Debug, Clone, Copy)]
struct Rule {
    allow_loopback: bool,
}

impl Rule {
    fn admits(self, address: IpAddr) -> bool {
        public_address::is_public(address) || (self.allow_loopback && address.is_loopback())
    }

    /// What can be said before a name is resolved. Addresses that are written out never see the resolver.
    fn check(self, url: &Url) -> Result<(), PublicError> {
        let plain = url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none()
            && (url.port().is_none() || self.allow_loopback);
        if !plain {
            return Err(PublicError::Address);
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(PublicError::Address),
        };
        if self.admits(literal) {
            Ok(())
        } else {
            Err(PublicError::NotPublic)
        }
    }
}

impl Resolve for Rule {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = *self;
        Box::pin(async move {
            // The port is replaced by the URL's.
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            if !found.iter().all(|address| rule.admits(address.ip())) {
                return Err(PublicError::NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// The cause goes to the operator's log at debug only: strangers choose what fails here.
fn translate(error: &reqwest::Error) -> PublicError {
    let mut cause = error.source();
    let mut last = None;
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<PublicError>() {
            return *refused;
        }
        last = Some(inner);
        cause = inner.source();
    }
    if let Some(last) = last {
        tracing::debug!(cause = %last, "a public document could not be fetched");
    }
    if error.is_timeout() {
        PublicError::TimedOut
    } else {
        PublicError::Unreachable
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

    fn check(allow_loopback: bool, url: &str) -> Result<(), PublicError> {
        Rule { allow_loopback }.check(&url.parse().unwrap())
    }

    #[test]
    fn only_https_on_its_own_port_to_public_addresses_is_tried() {
        assert_eq!(check(false, "https://app.example.com/client.json"), Ok(()));
        assert_eq!(check(false, "https://8.8.8.8/client.json"), Ok(()));
        for url in [
            "http://app.example.com/client.json",
            "https://app.example.com:8443/client.json",
            "https://user@app.example.com/client.json",
            "https://:secret@app.example.com/client.json",
            "ftp://app.example.com/client.json",
        ] {
            assert_eq!(check(false, url), Err(PublicError::Address), "{url}");
        }
        // The URL parser reads these spellings as addresses, as browsers and libc do.
        for url in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert_eq!(check(false, url), Err(PublicError::NotPublic), "{url}");
        }
    }

    #[test]
    fn a_developers_machine_reaches_its_loopback_and_nothing_else_besides() {
        assert_eq!(check(true, "https://127.0.0.1:8443/client.json"), Ok(()));
        assert_eq!(check(true, "https://[::1]:8443/client.json"), Ok(()));
        assert_eq!(
            check(true, "https://10.0.0.1/client.json"),
            Err(PublicError::NotPublic)
        );
        assert_eq!(
            check(true, "http://127.0.0.1:8443/client.json"),
            Err(PublicError::Address)
        );
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_resolves_to_nothing() {
        let resolve =
            |allow_loopback| Rule { allow_loopback }.resolve("localhost".parse().unwrap());
        let refused = resolve(false).await.err().unwrap();
        assert_eq!(
            refused.downcast_ref::<PublicError>(),
            Some(&PublicError::NotPublic)
        );
        let found = resolve(true).await.unwrap();
        assert!(found.map(|address| address.ip()).all(|ip| ip.is_loopback()));
    }
}
