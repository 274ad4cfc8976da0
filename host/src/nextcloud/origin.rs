//! Where one Nextcloud is: the only place where a path below its web root becomes a URL and back.

use std::net::IpAddr;

use http::Uri;
use url::{Host, Url};

use super::path::OriginPath;
use super::settings::{Settings, SetupError};

/// A base URL without a slash at its end, split into what a client connects to and the folder that Nextcloud lives in.
#[derive(Debug, Clone)]
struct Base {
    /// Such as `https://cloud.example.org:8443`.
    origin: String,
    /// Empty, or such as `/nextcloud`.
    web_root: String,
}

/// See the module's documentation.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    base: Base,
    /// Where people reach the same instance; the base itself unless set.
    public: Base,
    /// Reached by https, or on this machine.
    confidential: bool,
    allow_plain_http: bool,
}

impl Origin {
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let url = parse_base("NEXTCLOUD_HOST", &settings.base_url)?;
        let confidential = url.scheme() == "https" || is_loopback(&url);
        if !confidential && !settings.allow_plain_http {
            return Err(SetupError::PlainHttp(url.to_string()));
        }
        let base = Base::of(&url);
        let public = match &settings.public_url {
            Some(value) => Base::of(&parse_base("NEXTCLOUD_PUBLIC_URL", value)?),
            None => base.clone(),
        };
        Ok(Self {
            base,
            public,
            confidential,
            allow_plain_http: settings.allow_plain_http,
        })
    }

    /// Where this server reaches it, without a slash at the end.
    pub(super) fn base_url(&self) -> String {
        format!("{}{}", self.base.origin, self.base.web_root)
    }

    /// Whether a URL is at this instance, by either name.
    pub(super) fn owns(&self, url: &Url) -> bool {
        let origin = Base::of(url).origin;
        origin == self.base.origin || origin == self.public.origin
    }

    /// Whether secrets may travel to a URL: over https, to loopback, or where the operator trusts the network.
    pub(super) fn admits(&self, url: &Url) -> bool {
        url.scheme() == "https"
            || (url.scheme() == "http" && (self.allow_plain_http || is_loopback(url)))
    }

    /// The URL of a path.
    pub(super) fn url_of(&self, path: &OriginPath) -> String {
        format!("{}{}{path}", self.base.origin, self.base.web_root)
    }

    /// For links that people open, without a slash at the end.
    pub(super) fn public_url(&self) -> String {
        format!("{}{}", self.public.origin, self.public.web_root)
    }

    /// Whether nobody on the way can read what is sent.
    pub(super) fn is_confidential(&self) -> bool {
        self.confidential
    }

    /// What hrefs begin with and paths leave out.
    pub(super) fn web_root(&self) -> &str {
        &self.base.web_root
    }

    /// The path below the web root that a `Location` means, still unparsed. `None` if it leads to another origin or
    /// out of the web root. Relative references (RFC 3986, section 4.2) are resolved against `from`.
    pub(super) fn below_root(&self, location: &str, from: &OriginPath) -> Option<String> {
        let resolved = Url::parse(&self.url_of(from)).ok()?.join(location).ok()?;
        let found = Base::of(&resolved);
        let tail = [&self.base, &self.public].into_iter().find_map(|base| {
            let same_origin = base.origin == found.origin
                && resolved.username().is_empty()
                && resolved.password().is_none();
            if same_origin {
                strip_root(resolved.path(), &base.web_root)
            } else {
                None
            }
        })?;
        Some(
            resolved
                .query()
                .map_or_else(|| tail.to_owned(), |query| format!("{tail}?{query}")),
        )
    }

    /// The path below the web root that an href in a DAV body means, still unparsed and escaped.
    pub(super) fn href_below_root<'a>(&self, href: &'a str) -> Option<&'a str> {
        strip_root(href, &self.base.web_root)
    }
}

impl Base {
    fn of(url: &Url) -> Self {
        Self {
            origin: url.origin().ascii_serialization(),
            web_root: url.path().trim_end_matches('/').to_owned(),
        }
    }
}

fn strip_root<'a>(path: &'a str, web_root: &str) -> Option<&'a str> {
    path.strip_prefix(web_root)
        .filter(|tail| tail.starts_with('/'))
}

fn parse_base(variable: &'static str, value: &str) -> Result<Url, SetupError> {
    let refuse = |value: &str, problem| {
        Err(SetupError::Address {
            variable,
            value: value.to_owned(),
            problem,
        })
    };
    let Ok(url) = Url::parse(value.trim()) else {
        return refuse(value, "it is not a URL");
    };
    // A password in it must not reach a log.
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(
            url.host_str().unwrap_or_default(),
            "it must not hold a user name or password",
        );
    }
    if !matches!(url.scheme(), "http" | "https") {
        return refuse(value, "it must begin with https://");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse(value, "it must not hold a `?` or `#`");
    }
    // The web root is put in front of every path, so it follows the same rules.
    let root = url.path().trim_end_matches('/');
    let clean =
        root.is_empty() || OriginPath::parse(root).is_ok_and(|path| path.to_string() == root);
    if !clean || url.as_str().parse::<Uri>().is_err() {
        return refuse(value, "its path is not a plain folder");
    }
    if root
        .rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("php"))
    {
        return refuse(
            value,
            "it must end at Nextcloud's folder, without index.php or remote.php",
        );
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // `localhost` is loopback by RFC 6761, section 6.3.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
