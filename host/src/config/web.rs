//! Names under which this server and web pages are known on the web: what a `Host` and an `Origin` header hold.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::Url;

/// What a `Host` header holds: a host, and a port unless it is the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Lower case, without the brackets of an IPv6 address.
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// `host` on any port.
    pub fn any_port(host: &str) -> Self {
        Self {
            host: host.trim_matches(['[', ']']).to_ascii_lowercase(),
            port: None,
        }
    }

    /// Whether `host` is the one that this entry means; an entry without a port means every port.
    pub fn admits(&self, other: &Self) -> bool {
        self.host == other.host && self.port.is_none_or(|port| other.port == Some(port))
    }

    /// Whether it names this machine, whatever a resolver says.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self
                .host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for Authority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is neither a host nor host:port, such as mcp.example.com or mcp.example.com:8443"
            )
        };
        // A bare IPv6 address has colons, too, and no port.
        if text.parse::<IpAddr>().is_ok() {
            return Ok(Self::any_port(text));
        }
        let authority: http::uri::Authority = text.parse().map_err(|_| wrong())?;
        let (host, port) = (authority.host(), authority.port());
        // `http` also takes `user@host` and `host:`; both would compare in a way that nobody meant.
        let whole = port
            .as_ref()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        if host.is_empty() || whole != text {
            return Err(wrong());
        }
        Ok(Self {
            port: port.map(|port| port.as_u16()),
            ..Self::any_port(host)
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl From<&Url> for Authority {
    fn from(url: &Url) -> Self {
        Self {
            port: url.port(),
            ..Self::any_port(url.host_str().unwrap_or_default())
        }
    }
}

/// Where a web page comes from (RFC 6454): scheme, host and port. Never the opaque `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(url::Origin);

impl Origin {
    /// The origin of pages at `url`.
    pub fn of(url: &Url) -> Self {
        Self(url.origin())
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is not an origin, such as https://app.example.com or http://localhost:6274"
            )
        };
        let url = Url::parse(text).map_err(|_| wrong())?;
        // A browser sends no more than this; an entry with more (a path, a user name) could never match.
        let plain = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if plain {
            Ok(Self(url.origin()))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.ascii_serialization())
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

    fn authority(text: &str) -> Authority {
        text.parse().unwrap()
    }

    #[test]
    fn an_entry_without_a_port_admits_every_port_and_one_with_a_port_just_that() {
        assert!(authority("MCP.example.com").admits(&authority("mcp.example.com:8443")));
        assert!(authority("mcp.example.com:8443").admits(&authority("mcp.example.com:8443")));
        assert!(!authority("mcp.example.com:8443").admits(&authority("mcp.example.com")));
        assert!(!authority("mcp.example.com").admits(&authority("mcp.example.com.evil.org")));
        assert!(authority("::1").admits(&authority("[::1]:8000")));
    }

    #[test]
    fn what_only_looks_like_a_host_is_refused() {
        for bad in [
            "",
            "user@mcp.example.com",
            "mcp.example.com:",
            "mcp.example.com:port",
            "https://mcp.example.com",
            "a b",
            "a/b",
            "*",
        ] {
            assert!(bad == "*" || bad.parse::<Authority>().is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_is_decided_by_the_name_alone() {
        for good in ["localhost", "127.0.0.1:8000", "127.8.9.1", "[::1]:1"] {
            assert!(authority(good).is_loopback(), "{good}");
        }
        for bad in ["localhost.example.com", "0.0.0.0", "10.0.0.1"] {
            assert!(!authority(bad).is_loopback(), "{bad}");
        }
    }

    #[test]
    fn origins_compare_by_scheme_host_and_port() {
        let origin = |text: &str| text.parse::<Origin>().unwrap();
        assert_eq!(
            origin("https://App.example.com"),
            origin("https://app.example.com:443")
        );
        assert_ne!(
            origin("http://app.example.com"),
            origin("https://app.example.com")
        );
        assert_ne!(
            origin("http://localhost:6274"),
            origin("http://localhost:6275")
        );
        for bad in [
            "null",
            "app.example.com",
            "https://app.example.com/path",
            "https://u@app.example.com",
            "file:///a",
            "",
        ] {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
