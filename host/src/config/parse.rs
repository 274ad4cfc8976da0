//! Parsers of single values. Each error is the end of a sentence that begins with the setting's name.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

/// A span of time, written as a whole number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(u32);

impl Seconds {
    pub(super) const fn new(seconds: u32) -> Self {
        Self(seconds)
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Self(u32::try_from(duration.as_secs()).unwrap_or(u32::MAX))
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Self::from_secs(seconds.0.into())
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A day: longer than any call or pause may be, and no arithmetic on it can overflow.
        const MOST: u32 = 24 * 60 * 60;
        match text.parse() {
            Ok(seconds @ 1..=MOST) => Ok(Self(seconds)),
            _ => Err(format!(
                "'{text}' is not a whole number of seconds from 1 to {MOST}"
            )),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A count or size that must be at least 1: zero would switch off what it limits, or everything.
pub(super) fn positive<T: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<T, String> {
    match text.parse() {
        Ok(number) if number >= T::from(1) => Ok(number),
        _ => Err(format!("'{text}' is not a whole number of at least 1")),
    }
}

/// A port; 0 lets the system choose one.
pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| {
        // What Kubernetes puts into the environment of every pod beside a Service named `nextcloud-mcp`.
        let hint = if text.starts_with("tcp://") { "; Kubernetes sets it for a Service of this name: set `enableServiceLinks: false` in the pod" } else { "" };
        format!("'{text}' is not a port from 0 to 65535{hint}")
    })
}

/// `https://host[:port][/path]`, or the same with http; a slash at the end means nothing. No message repeats the
/// value, since it may hold a password.
pub(super) fn web_address(text: &str) -> Result<Url, String> {
    let example = "write it as https://mcp.example.com";
    let url =
        Url::parse(text).map_err(|error| format!("is not an address ({error}); {example}"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!(
            "does not begin with https:// or http://; {example}"
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("holds a user name or password; {example}"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("holds ? or #; {example}"));
    }
    Ok(url)
}

/// A host name, or an address, to listen on.
pub(super) fn listen_host(text: &str) -> Result<String, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<IpAddr>().is_ok() || url::Host::parse(bare).is_ok() && !bare.contains(':') {
        Ok(bare.to_owned())
    } else {
        Err(format!(
            "'{text}' is neither a host name nor an address, such as 127.0.0.1 or 0.0.0.0; the port has a setting of its own"
        ))
    }
}

/// An address, or a network as ADDRESS/BITS.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address
        .or_else(|_| text.parse::<IpNet>())
        .map_err(|_| format!("'{text}' is neither an address nor a network such as 10.0.0.0/8"))
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
    fn an_address_may_have_a_path_and_a_slash_and_nothing_else() {
        for good in [
            "https://mcp.example.com",
            "https://mcp.example.com/",
            "http://127.0.0.1:8080/nextcloud/",
            "https://[::1]:8443",
        ] {
            assert!(web_address(good).is_ok(), "{good}");
        }
        for bad in [
            "mcp.example.com",
            "ftp://mcp.example.com",
            "https://",
            "https://c/?a=b",
            "https://c/#a",
            "",
        ] {
            assert!(web_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_inside_an_address_is_refused_without_being_repeated() {
        let message = web_address("https://alice:canary@cloud.example.com").unwrap_err();
        assert!(!message.contains("canary"), "{message}");
        let message = web_address("https://alice:canary@cloud example").unwrap_err();
        assert!(!message.contains("canary"), "{message}");
    }

    #[test]
    fn what_kubernetes_puts_into_the_port_is_explained() {
        assert!(
            port("tcp://10.0.0.7:8000")
                .unwrap_err()
                .contains("enableServiceLinks")
        );
        assert!(port("70000").unwrap_err().contains("65535"));
        assert_eq!(port("0"), Ok(0));
    }

    #[test]
    fn a_host_to_listen_on_has_no_port() {
        for (text, host) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::", "::"),
            ("[::1]", "::1"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(listen_host(text).unwrap(), host);
        }
        for bad in ["127.0.0.1:8000", "http://localhost", "a b", ""] {
            assert!(listen_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network_and_no_name() {
        for (text, network_of) in [
            ("127.0.0.1", "127.0.0.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("fd00::/8", "fd00::/8"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), network_of);
        }
        for bad in ["proxy", "10.0.0.0/33", "10.0.0.1:80", "*", ""] {
            assert!(network(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_limit_of_zero_is_refused() {
        assert!(positive::<u64>("0").is_err());
        assert!("0".parse::<Seconds>().is_err());
        assert_eq!(positive::<u32>("7"), Ok(7));
        assert_eq!("30".parse(), Ok(Seconds(30)));
    }
}
