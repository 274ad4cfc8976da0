//! Where this server is, as clients and Nextcloud know it. Every address that they compare is made here, once.

use url::Url;

/// `NEXTCLOUD_MCP_SERVER_URL` and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Without a slash at the end.
    base: String,
    /// Scheme, host and port alone.
    origin: String,
    /// Of the base: empty, or such as `/mcp-server`.
    path: String,
    secure: bool,
    host: String,
}

impl Place {
    /// What is behind a `?` or `#` does not count.
    pub fn new(url: &Url) -> Self {
        let origin = url.origin().ascii_serialization();
        let path = url.path().trim_end_matches('/').to_owned();
        Self {
            base: format!("{origin}{path}"),
            secure: url.scheme() == "https",
            host: url.host_str().unwrap_or_default().to_owned(),
            origin,
            path,
        }
    }

    /// On this machine alone, where nobody configured an address.
    pub fn local(port: Option<u16>) -> Self {
        let origin = match port {
            Some(port) if port != 80 => format!("http://localhost:{port}"),
            _ => "http://localhost".to_owned(),
        };
        Self {
            base: origin.clone(),
            origin,
            path: String::new(),
            secure: false,
            host: "localhost".to_owned(),
        }
    }

    /// Our name as an authorization server (RFC 8414, `issuer`).
    pub fn issuer(&self) -> &str {
        &self.base
    }

    /// Our name as a resource server (RFC 8707, RFC 9728), no slash at its end.
    pub fn resource(&self) -> String {
        format!("{}/mcp", self.base)
    }

    /// Where the resource's metadata are (RFC 9728, section 3.1: between host and path).
    pub fn resource_metadata(&self) -> String {
        format!(
            "{}/.well-known/oauth-protected-resource{}/mcp",
            self.origin, self.path
        )
    }

    /// Where Nextcloud sends browsers back to.
    pub fn redirect_uri(&self) -> String {
        self.at("/oauth/callback")
    }

    /// `path` here. It begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Scheme, host and port, as browsers send it in `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The base's path: empty, or such as `/mcp-server`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host's name, for people.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers speak https with us: only then do they keep `__Host-` cookies.
    pub fn is_secure(&self) -> bool {
        self.secure
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

    fn place(url: &str) -> Place {
        Place::new(&url.parse().unwrap())
    }

    #[test]
    fn the_resource_has_no_slash_at_its_end_however_the_url_was_written() {
        for url in ["https://mcp.example.com", "https://mcp.example.com/"] {
            let place = place(url);
            assert_eq!(place.issuer(), "https://mcp.example.com");
            assert_eq!(place.resource(), "https://mcp.example.com/mcp");
            assert_eq!(
                place.redirect_uri(),
                "https://mcp.example.com/oauth/callback"
            );
            assert_eq!(
                place.resource_metadata(),
                "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"
            );
        }
    }

    #[test]
    fn below_a_path_the_metadata_go_between_host_and_path() {
        let place = place("https://example.com/assistant/");
        assert_eq!(place.resource(), "https://example.com/assistant/mcp");
        assert_eq!(
            place.resource_metadata(),
            "https://example.com/.well-known/oauth-protected-resource/assistant/mcp"
        );
        assert!(place.is_secure());
    }

    #[test]
    fn the_default_is_plain_http_on_loopback() {
        let place = place("http://localhost:8000");
        assert_eq!(place.resource(), "http://localhost:8000/mcp");
        assert!(!place.is_secure());
    }
}
