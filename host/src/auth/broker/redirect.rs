//! Redirect URIs: which ones a client may register, and when one that it asks for is one that it registered.
//!
//! A code goes wherever a redirect URI says, so one that two programs could read differently is refused: it must stand
//! there exactly as a URL parser would write it.

use thiserror::Error;
use url::{Host, Url};

/// Redirect URIs of one client.
pub(super) const REDIRECT_URIS: std::ops::RangeInclusive<usize> = 1..=10;

/// Longest redirect URI in bytes. It travels in the browser's cookie and in the code.
pub(super) const REDIRECT_URI_BYTES: usize = 512;

/// Schemes whose addresses a browser or an operating system runs, shows or sends by itself: none of them belongs to an
/// application that waits for an answer. Everything that is not hierarchical (`mailto:`, `urn:`) is refused besides.
const NEVER: [&str; 26] = [
    "about",
    "android-app",
    "blob",
    "chrome",
    "chrome-extension",
    "content",
    "data",
    "dav",
    "davs",
    "edge",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "gopher",
    "intent",
    "jar",
    "javascript",
    "moz-extension",
    "resource",
    "smb",
    "ssh",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Programs of Windows that take commands from their addresses begin so (`ms-msdt:`, `search-ms:`).
const NEVER_WITH: [&str; 2] = ["ms-", "search-ms"];

/// Why a redirect URI is refused (RFC 9700, section 4.1; RFC 8252, sections 7 and 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum RedirectError {
    #[error(
        "a redirect URI is not an absolute URL, or not written the way that URL parsers write it"
    )]
    Form,
    #[error("a redirect URI is longer than {REDIRECT_URI_BYTES} bytes")]
    Length,
    #[error("a redirect URI may have no fragment")]
    Fragment,
    #[error("a redirect URI may have no user name or password")]
    UserInfo,
    #[error("a redirect URI may have no wildcard")]
    Wildcard,
    #[error("plain http is for loopback redirect URIs only (localhost, 127.0.0.1, [::1])")]
    PlainHttp,
    #[error("redirect URIs of this scheme are never accepted")]
    Scheme,
}

/// Where a checked redirect URI leads, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// A website, by its host and, if unusual, its port.
    Web(String),
    /// A program on the computer that the browser runs on.
    Loopback(String),
    /// Whatever application has claimed this scheme on that computer.
    Application(String),
}

/// Reads a redirect URI as a client may register it.
pub(super) fn check(text: &str) -> Result<Url, RedirectError> {
    if text.len() > REDIRECT_URI_BYTES {
        return Err(RedirectError::Length);
    }
    let url = Url::parse(text).map_err(|_| RedirectError::Form)?;
    if url.fragment().is_some() {
        return Err(RedirectError::Fragment);
    }
    // The parser drops an empty user name: what stands before the first slash of the text counts.
    let rest = text.split_once("//").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(RedirectError::UserInfo);
    }
    if text.contains('*') {
        return Err(RedirectError::Wildcard);
    }
    check_scheme(&url)?;
    // `https://host` is the only shorthand that everybody reads alike.
    let written = url.as_str();
    if written == text || written.strip_suffix('/') == Some(text) {
        Ok(url)
    } else {
        Err(RedirectError::Form)
    }
}

fn check_scheme(url: &Url) -> Result<(), RedirectError> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(RedirectError::PlainHttp),
        scheme
            if url.cannot_be_a_base()
                || NEVER.contains(&scheme)
                || NEVER_WITH.iter().any(|start| scheme.starts_with(start)) =>
        {
            Err(RedirectError::Scheme)
        }
        // RFC 8252, section 7.1, asks for a reversed domain name; `cursor` and `vscode` have none.
        _ => Ok(()),
    }
}

/// Whether an http(s) URL leads to the very computer that opens it.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether `asked` is `registered`: the same text, but for the port of plain http on loopback (RFC 8252, section 7.3),
/// which the system gives to a program when it starts.
pub(super) fn matches(registered: &str, asked: &str) -> bool {
    registered == asked || matches_but_for_port(registered, asked).unwrap_or(false)
}

fn matches_but_for_port(registered: &str, asked: &str) -> Option<bool> {
    let without_port = |text: &str| {
        let mut url = check(text)
            .ok()
            .filter(|url| url.scheme() == "http" && is_loopback(url))?;
        url.set_port(None).ok()?;
        Some(url)
    };
    Some(without_port(registered)? == without_port(asked)?)
}

impl Destination {
    /// Of a redirect URI that was checked.
    pub(super) fn of(url: &Url) -> Self {
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let host = format!("{}{port}", url.host_str().unwrap_or_default());
        match url.scheme() {
            "http" | "https" if is_loopback(url) => Self::Loopback(host),
            "http" | "https" => Self::Web(host),
            scheme => Self::Application(format!("{scheme}:")),
        }
    }

    /// What a form's redirects must be allowed to reach besides https, as a CSP source (level 3, `form-action`).
    pub(super) fn csp_source(url: &Url) -> String {
        match (url.scheme(), url.host()) {
            ("https", _) => String::new(),
            // A source cannot name an IPv6 address.
            ("http", Some(Host::Ipv6(_))) => "http:".to_owned(),
            ("http", _) => url.origin().ascii_serialization(),
            (scheme, _) => format!("{scheme}:"),
        }
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

    #[test]
    fn what_clients_really_register_is_accepted() {
        for good in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://vscode.dev/redirect",
            "https://app.example.com:8443/cb?tenant=1",
            "https://app.example.com",
            "http://localhost:3334/oauth/callback",
            "http://localhost/",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1:33418",
            "http://127.8.9.1/cb",
            "http://[::1]:8080/cb",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "com.example.app:/oauth",
        ] {
            assert!(check(good).is_ok(), "{good}: {:?}", check(good));
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        use RedirectError::{Form, Fragment, Length, PlainHttp, Scheme, UserInfo, Wildcard};
        for (bad, why) in [
            ("javascript:alert(1)", Scheme),
            ("javascript://example.com/%0aalert(1)", Scheme),
            ("JavaScript://example.com/%0aalert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("data://text/html,x", Scheme),
            ("vbscript:x", Scheme),
            ("file:///etc/passwd", Scheme),
            ("about:blank", Scheme),
            ("blob:https://a.example/1", Scheme),
            ("ws://localhost/", Scheme),
            ("urn:ietf:wg:oauth:2.0:oob", Scheme),
            ("mailto:a@b.example", Scheme),
            ("intent://scan/", Scheme),
            ("ms-msdt:/id", Scheme),
            ("http://app.example.com/cb", PlainHttp),
            ("http://localhost.example.com/cb", PlainHttp),
            ("http://127.0.0.1.example.com/cb", PlainHttp),
            ("http://0.0.0.0/cb", PlainHttp),
            ("http://10.0.0.1/cb", PlainHttp),
            ("https://app.example.com/cb#x", Fragment),
            ("https://app.example.com/cb#", Fragment),
            ("https://user@app.example.com/cb", UserInfo),
            ("https://user:pw@app.example.com/cb", UserInfo),
            ("https://@app.example.com/cb", UserInfo),
            ("https://app.example.com\\@evil.example/cb", Form),
            ("https://*.example.com/cb", Wildcard),
            ("https://app.example.com/*", Wildcard),
            ("https://App.example.com/cb", Form),
            ("HTTPS://app.example.com/cb", Form),
            ("https://app.example.com:443/cb", Form),
            ("https://app.example.com/a/../cb", Form),
            ("https://app.example.com/%2e%2e/cb", Form),
            ("https:/app.example.com/cb", Form),
            ("https:app.example.com/cb", Form),
            (" https://app.example.com/cb", Form),
            ("https://app.example.com/c\tb", Form),
            ("https://app.example.com/ä", Form),
            ("http://127.1/cb", Form),
            ("http://0x7f000001/cb", Form),
            ("http://2130706433/cb", Form),
            ("//app.example.com/cb", Form),
            ("/cb", Form),
            ("", Form),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
        let long = format!("https://app.example.com/{}", "a".repeat(REDIRECT_URI_BYTES));
        assert_eq!(check(&long), Err(Length));
    }

    #[test]
    fn only_the_very_same_uri_matches() {
        let registered = "https://app.example.com/cb";
        assert!(matches(registered, registered));
        for other in [
            "https://app.example.com/cb/",
            "https://app.example.com/cb/evil",
            "https://app.example.com/cb?x=1",
            "https://app.example.com/cb#x",
            "https://app.example.com/CB",
            "https://app.example.com/c%62",
            "https://app.example.com/cb/../cb",
            "https://App.example.com/cb",
            "https://app.example.com:443/cb",
            "https://app.example.com:8443/cb",
            "https://app.example.com./cb",
            "https://evil.app.example.com/cb",
            "https://app.example.com.evil.example/cb",
            "https://app.example.com@evil.example/cb",
            "https://evil.example/?https://app.example.com/cb",
            "http://app.example.com/cb",
            "",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
    }

    #[test]
    fn the_port_is_free_for_plain_http_on_loopback_and_nowhere_else() {
        for (registered, asked) in [
            ("http://localhost/cb", "http://localhost:3334/cb"),
            ("http://localhost:1/cb?a=b", "http://localhost:2/cb?a=b"),
            ("http://127.0.0.1:33418", "http://127.0.0.1:40000/"),
            ("http://[::1]/cb", "http://[::1]:9/cb"),
        ] {
            assert!(matches(registered, asked), "{registered} {asked}");
        }
        for (registered, asked) in [
            ("http://localhost/cb", "http://127.0.0.1:3334/cb"),
            ("http://localhost/cb", "http://localhost:3334/cb/"),
            ("http://localhost/cb", "http://localhost:3334/other"),
            ("http://localhost/cb", "https://localhost:3334/cb"),
            ("http://localhost/cb", "http://localhost:3334/cb#x"),
            ("http://localhost/cb", "http://x@localhost:3334/cb"),
            ("http://localhost/cb", "http://localhost.:3334/cb"),
            ("http://localhost/cb", "http://localhost:3334/a/../cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.2/cb"),
            ("http://127.0.0.1/cb", "http://127.1:5/cb"),
            ("https://localhost/cb", "https://localhost:3334/cb"),
            ("cursor://a/cb", "cursor://a:1/cb"),
        ] {
            assert!(!matches(registered, asked), "{registered} {asked}");
        }
    }

    #[test]
    fn people_are_shown_the_host_and_the_form_may_reach_it() {
        let shown = |text: &str| {
            let url = check(text).unwrap();
            (Destination::of(&url), Destination::csp_source(&url))
        };
        assert_eq!(
            shown("https://claude.ai/api/cb"),
            (Destination::Web("claude.ai".into()), String::new())
        );
        assert_eq!(
            shown("http://localhost:3334/cb"),
            (
                Destination::Loopback("localhost:3334".into()),
                "http://localhost:3334".into()
            )
        );
        assert_eq!(
            shown("http://[::1]:8080/cb"),
            (Destination::Loopback("[::1]:8080".into()), "http:".into())
        );
        assert_eq!(
            shown("cursor://anysphere.cursor-mcp/cb"),
            (Destination::Application("cursor:".into()), "cursor:".into())
        );
    }
}
