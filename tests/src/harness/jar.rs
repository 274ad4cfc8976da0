//! A browser's cookies (RFC 6265 and its revision): `Secure`, `Path`, `SameSite`, name prefixes and expiry are obeyed, so
//! that a cookie that a real browser would refuse or withhold is missing here too.
//!
//! As in browsers, a port makes no difference: two servers on one host see each other's cookies. Stricter than some: no
//! `Secure` cookie over plain http, not even on loopback. Left out: `Domain` (every cookie stays with its host).

use std::time::{Duration, SystemTime};

use url::Url;

/// The cookies of one browser.
#[derive(Debug, Clone, Default)]
pub struct Jar(Vec<Cookie>);

/// A cookie, as it was set.
#[derive(Debug, Clone)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host that set it.
    pub host: String,
    /// Below which path it is sent.
    pub path: String,
    /// Only over https.
    pub secure: bool,
    /// Not for scripts.
    pub http_only: bool,
    /// When it is sent to a site that another one leads to.
    pub same_site: SameSite,
    /// When it ends; with the browser where it does not say.
    pub expires: Option<SystemTime>,
}

/// `SameSite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Only when the site itself leads there.
    Strict,
    /// Also when another site leads there by a link or a redirect, but not by a form that posts.
    Lax,
    /// Always.
    None,
}

/// How a request comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Journey {
    /// Whether another site led here.
    pub(super) cross_site: bool,
    /// Whether the method changes nothing (GET).
    pub(super) safe: bool,
}

impl Jar {
    /// Takes in a `Set-Cookie` of an answer from `url`; what a browser would refuse is left out.
    pub(super) fn set(&mut self, url: &Url, header: &str) {
        let Some(cookie) = Cookie::parse(url, header) else {
            return;
        };
        self.0.retain(|one| {
            (&one.name, &one.host, &one.path) != (&cookie.name, &cookie.host, &cookie.path)
        });
        if !cookie.is_expired() {
            self.0.push(cookie);
        }
    }

    /// The `Cookie` header for a request; `None` where there is nothing to send.
    pub(super) fn header(&self, url: &Url, journey: Journey) -> Option<String> {
        let mut fitting: Vec<&Cookie> = self
            .0
            .iter()
            .filter(|cookie| cookie.fits(url) && cookie.may_go(journey))
            .collect();
        // Longer paths first (RFC 6265, section 5.4).
        fitting.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = fitting
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The cookies that there are.
    pub fn cookies(&self) -> &[Cookie] {
        &self.0
    }

    /// The cookies that there are, to be tampered with.
    pub fn cookies_mut(&mut self) -> &mut Vec<Cookie> {
        &mut self.0
    }
}

impl Cookie {
    fn parse(url: &Url, header: &str) -> Option<Self> {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let host = url.host_str()?.to_owned();
        let default_path = url.path().rsplit_once('/').map_or("", |(before, _)| before);
        let mut cookie = Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            host,
            path: if default_path.is_empty() {
                "/"
            } else {
                default_path
            }
            .to_owned(),
            secure: false,
            http_only: false,
            same_site: SameSite::Lax,
            expires: None,
        };
        let (mut path_given, mut domain, mut max_age) = (false, None, false);
        for attribute in parts {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => {
                    value.clone_into(&mut cookie.path);
                    path_given = true;
                }
                "domain" => domain = Some(value.trim_start_matches('.').to_owned()),
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "samesite" => cookie.same_site = SameSite::named(value),
                "max-age" => {
                    let seconds = value.parse::<i64>().ok()?;
                    let life = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
                    cookie.expires = SystemTime::now().checked_add(life);
                    max_age = true;
                }
                // `Max-Age` wins, whichever comes first.
                "expires" if !max_age => cookie.expires = date(value),
                _ => {}
            }
        }
        let acceptable = (!cookie.secure || url.scheme() == "https")
            && (cookie.same_site != SameSite::None || cookie.secure)
            && domain.as_ref().is_none_or(|domain| *domain == cookie.host)
            && (!cookie.name.starts_with("__Secure-") || cookie.secure)
            && (!cookie.name.starts_with("__Host-")
                || (cookie.secure && domain.is_none() && path_given && cookie.path == "/"));
        acceptable.then_some(cookie)
    }

    fn is_expired(&self) -> bool {
        self.expires.is_some_and(|end| end <= SystemTime::now())
    }

    fn fits(&self, url: &Url) -> bool {
        let below = url.path().strip_prefix(self.path.as_str());
        let path = below.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/')
        });
        path && url.host_str() == Some(self.host.as_str())
            && (!self.secure || url.scheme() == "https")
            && !self.is_expired()
    }

    fn may_go(&self, journey: Journey) -> bool {
        match self.same_site {
            SameSite::None => true,
            SameSite::Lax => !journey.cross_site || journey.safe,
            SameSite::Strict => !journey.cross_site,
        }
    }
}

impl SameSite {
    /// Anything unknown is as good as nothing.
    fn named(value: &str) -> Self {
        match value.to_ascii_lowercase().as_str() {
            "strict" => Self::Strict,
            "none" => Self::None,
            _ => Self::Lax,
        }
    }
}

/// Two sites are the same if scheme and host are; a port makes no difference.
pub(super) fn same_site(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme() && one.host_str() == other.host_str()
}

/// A date in one of the two forms that Nextcloud sends.
fn date(text: &str) -> Option<SystemTime> {
    let forms = ["%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%Y %H:%M:%S GMT"];
    let time = forms
        .iter()
        .find_map(|form| jiff::civil::DateTime::strptime(form, text.trim()).ok())?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(SystemTime::from(zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALK: Journey = Journey {
        cross_site: false,
        safe: true,
    };
    const FOREIGN_FORM: Journey = Journey {
        cross_site: true,
        safe: false,
    };
    const FOREIGN_LINK: Journey = Journey {
        cross_site: true,
        safe: true,
    };

    fn jar(url: &str, header: &str) -> Jar {
        let mut jar = Jar::default();
        jar.set(&url.parse().unwrap(), header);
        jar
    }

    fn sent(jar: &Jar, url: &str, journey: Journey) -> bool {
        jar.header(&url.parse().unwrap(), journey).is_some()
    }

    #[test]
    fn a_cookie_goes_to_its_host_and_below_its_path_only() {
        let jar = jar("http://a.test/x/y", "n=v; Path=/oauth");
        assert!(sent(&jar, "http://a.test:81/oauth/callback", WALK));
        assert!(!sent(&jar, "http://a.test/oauthy", WALK));
        assert!(!sent(&jar, "http://b.test/oauth", WALK));
    }

    #[test]
    fn secure_cookies_neither_come_nor_go_in_the_clear() {
        assert!(jar("http://a.test/", "n=v; Secure").cookies().is_empty());
        let jar = jar("https://a.test/", "n=v; Secure");
        assert!(sent(&jar, "https://a.test/", WALK));
        assert!(!sent(&jar, "http://a.test/", WALK));
    }

    #[test]
    fn a_host_cookie_needs_everything_that_its_name_promises() {
        let kept = |header| !jar("https://a.test/oauth/x", header).cookies().is_empty();
        assert!(kept("__Host-n=v; Secure; Path=/"));
        assert!(!kept("__Host-n=v; Path=/"));
        assert!(!kept("__Host-n=v; Secure; Path=/oauth"));
        assert!(!kept("__Host-n=v; Secure"));
        assert!(!kept("__Host-n=v; Secure; Path=/; Domain=a.test"));
    }

    #[test]
    fn a_lax_cookie_follows_links_of_other_sites_but_not_their_forms() {
        let lax = jar("http://a.test/", "n=v; SameSite=Lax");
        assert!(sent(&lax, "http://a.test/", FOREIGN_LINK));
        assert!(!sent(&lax, "http://a.test/", FOREIGN_FORM));
        let strict = jar("http://a.test/", "n=v; SameSite=Strict");
        assert!(!sent(&strict, "http://a.test/", FOREIGN_LINK));
        assert!(sent(&strict, "http://a.test/", WALK));
    }

    #[test]
    fn an_expired_cookie_takes_the_one_of_its_name_along() {
        let mut jar = jar(
            "http://a.test/",
            "n=v; Path=/; expires=Fri, 31-Dec-2100 23:59:59 GMT",
        );
        let url = "http://a.test/".parse().unwrap();
        assert!(sent(&jar, "http://a.test/", WALK));
        jar.set(
            &url,
            "n=deleted; Path=/; expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0",
        );
        assert!(jar.cookies().is_empty());
    }
}
