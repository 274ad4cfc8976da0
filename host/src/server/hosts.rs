//! Which names this server answers to, and which web pages may call it.
//!
//! A browser sends what a web page asks for to any address, with a `Host` that the page chose (DNS rebinding) and an
//! `Origin` that it cannot choose. Both are checked before anything else, so that a page cannot reach a server that
//! listens on loopback without a token. Clients that are not browsers send no `Origin`.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};

use crate::config::{Authority, Origin, ServerSettings};

/// The allow-lists.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    hosts: Vec<Authority>,
    origins: Vec<Origin>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum HostError {
    /// RFC 9112, section 3.2: 400.
    #[error("the request has no Host header, or more than one")]
    Missing,
    /// Not on the list: 403.
    #[error(
        "this server does not answer to the Host `{0}`. If it should, add it to NEXTCLOUD_MCP_ALLOWED_HOSTS"
    )]
    Host(String),
    /// Not on the list: 403.
    #[error(
        "web pages from the Origin `{0}` may not call this server. If they should, add it to NEXTCLOUD_MCP_ALLOWED_ORIGINS"
    )]
    Origin(String),
}

impl Allowed {
    /// These and no others.
    #[cfg(test)]
    pub(super) fn new(hosts: Vec<Authority>, origins: Vec<Origin>) -> Self {
        Self { hosts, origins }
    }

    /// What the operator lists and what follows from the other settings; nothing does from an address that stands for
    /// all.
    pub(super) fn of(settings: &ServerSettings) -> Self {
        let mut hosts = settings.allowed_hosts.clone();
        let everywhere = settings
            .listen_host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_unspecified());
        hosts.extend((!everywhere).then(|| Authority::any_port(&settings.listen_host)));
        let url = settings.server_url.as_ref();
        hosts.extend(url.map(|url| Authority::any_port(url.host_str().unwrap_or_default())));
        let mut origins = settings.allowed_origins.clone();
        origins.extend(url.map(Origin::of));
        Self { hosts, origins }
    }

    /// Checks a request's host and origin. Returns the origin, if one was sent, for the headers that a browser needs.
    pub(super) fn check(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Option<Origin>, HostError> {
        let host = self.check_host(uri, headers)?;
        let mut sent = headers.get_all(ORIGIN).iter();
        let Some(value) = sent.next() else {
            return Ok(None);
        };
        let text = shown(value.as_bytes());
        let origin: Option<Origin> = value.to_str().ok().and_then(|text| text.parse().ok());
        match (origin, sent.next()) {
            (Some(origin), None) if self.origins.contains(&origin) || is_own(&origin, &host) => {
                Ok(Some(origin))
            }
            _ => Err(HostError::Origin(text)),
        }
    }

    /// Checks the host alone. HTTP/2 puts the host into the URI, HTTP/1.1 into a header; where both are there, both must be allowed.
    pub(super) fn check_host(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Authority, HostError> {
        let mut header = headers.get_all(HOST).iter();
        let named = [
            uri.authority()
                .map(|authority| authority.as_str().as_bytes()),
            header.next().map(http::HeaderValue::as_bytes),
        ];
        if header.next().is_some() {
            return Err(HostError::Missing);
        }
        let mut checked = None;
        for text in named.into_iter().flatten() {
            let refused = || HostError::Host(shown(text));
            let host: Authority = std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(refused)?;
            if !host.is_loopback() && !self.hosts.iter().any(|allowed| allowed.admits(&host)) {
                return Err(refused());
            }
            checked = Some(host);
        }
        checked.ok_or(HostError::Missing)
    }
}

/// A page that this server itself would have served, at the address under which it was just called.
fn is_own(origin: &Origin, host: &Authority) -> bool {
    format!("http://{host}")
        .parse()
        .is_ok_and(|own: Origin| own == *origin)
}

/// What was sent, short and fit for a message.
fn shown(sent: &[u8]) -> String {
    const SHOWN: usize = 200;
    sent[..sent.len().min(SHOWN)].escape_ascii().to_string()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
mod tests {
    use http::HeaderValue;
    use http::header::HeaderName;

    use super::*;

    fn check(uri: &str, sent: &[(HeaderName, &str)]) -> Result<bool, HostError> {
        let allowed = Allowed::new(
            vec![
                "mcp.example.com".parse().unwrap(),
                "10.0.0.1:8000".parse().unwrap(),
            ],
            vec!["https://app.example.com".parse().unwrap()],
        );
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        allowed
            .check(&uri.parse().unwrap(), &headers)
            .map(|origin| origin.is_some())
    }

    #[test]
    fn only_the_names_on_the_list_and_loopback_are_answered() {
        for good in [
            "localhost:8000",
            "127.0.0.1",
            "[::1]:8000",
            "mcp.example.com",
            "MCP.EXAMPLE.COM:443",
            "10.0.0.1:8000",
        ] {
            assert_eq!(check("/mcp", &[(HOST, good)]), Ok(false), "{good}");
        }
        for bad in [
            "evil.example.org",
            "localhost.evil.example.org",
            "mcp.example.com.evil.example.org",
            "10.0.0.1:9000",
            "user@localhost",
            "",
            "a b",
        ] {
            assert_eq!(
                check("/mcp", &[(HOST, bad)]),
                Err(HostError::Host(bad.to_owned())),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_request_without_exactly_one_host_is_refused() {
        assert_eq!(check("/mcp", &[]), Err(HostError::Missing));
        assert_eq!(
            check("/mcp", &[(HOST, "localhost"), (HOST, "localhost")]),
            Err(HostError::Missing)
        );
    }

    #[test]
    fn the_host_of_http2_counts_as_much_as_the_header() {
        assert_eq!(check("http://localhost/mcp", &[]), Ok(false));
        assert!(check("http://evil.example.org/mcp", &[(HOST, "localhost")]).is_err());
        assert!(check("http://localhost/mcp", &[(HOST, "evil.example.org")]).is_err());
    }

    #[test]
    fn no_origin_is_fine_and_a_foreign_one_is_not() {
        let from = |origin| check("/mcp", &[(HOST, "localhost:8000"), (ORIGIN, origin)]);
        assert_eq!(from("https://app.example.com"), Ok(true));
        assert_eq!(from("http://localhost:8000"), Ok(true), "its own");
        for bad in [
            "https://evil.example.org",
            "http://localhost:3000",
            "https://localhost:8000",
            "null",
            "",
            "http://app.example.com",
            "https://app.example.com.evil.org",
        ] {
            assert_eq!(from(bad), Err(HostError::Origin(bad.to_owned())), "{bad}");
        }
        let twice = [
            (HOST, "localhost:8000"),
            (ORIGIN, "https://app.example.com"),
            (ORIGIN, "https://app.example.com"),
        ];
        assert!(check("/mcp", &twice).is_err());
    }

    #[test]
    fn a_refusal_names_the_setting_and_repeats_no_control_character() {
        let message = check("/mcp", &[(HOST, "evil\u{80}")])
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("NEXTCLOUD_MCP_ALLOWED_HOSTS") && message.is_ascii(),
            "{message}"
        );
    }
}
