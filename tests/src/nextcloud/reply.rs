//! An answer in the making, with the header sets of Nextcloud's parts: every recorded answer carries one of five.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde_json::Value;

use super::auth::Identity;
use super::etag;

/// Content security policy of API answers.
const API_POLICY: &str =
    "default-src 'none';base-uri 'none';manifest-src 'self';frame-ancestors 'none'";
/// Feature policy of API answers.
const API_FEATURES: &str = "autoplay 'none';camera 'none';fullscreen 'none';geolocation 'none';microphone 'none';payment 'none'";
/// Feature policy of pages made from a template.
const PAGE_FEATURES: &str = "autoplay 'self';camera 'none';fullscreen 'self';geolocation 'none';microphone 'none';payment 'none'";
/// Caching as API answers forbid it.
const NO_STORE: &str = "no-cache, no-store, must-revalidate";

/// A random value of a content security policy; random only in looks, so that a run can be repeated.
#[derive(Debug, Clone)]
pub(super) struct Nonce(String);

impl fmt::Display for Nonce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Something that looks random and never comes twice in a process; the same in every run.
pub(super) fn random(length: usize) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let seed = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut text = String::new();
    while text.len() < length {
        text.push_str(&etag::of(format!("{seed}/{}", text.len())));
    }
    text.truncate(length);
    text
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// The account it was answered as, for the log.
    pub(super) user: Option<String>,
}

impl Reply {
    /// An answer of the web server itself, before any PHP ran.
    pub(super) fn plain(status: u16) -> Self {
        let mut reply = Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            user: None,
        };
        for (name, value) in [
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("X-Permitted-Cross-Domain-Policies", "none"),
            ("X-Robots-Tag", "noindex, nofollow"),
        ] {
            reply.headers.push((name.into(), value.into()));
        }
        reply
    }

    /// An answer of a controller: OCS and the app APIs.
    pub(super) fn api(status: u16, who: &Identity) -> Self {
        Self::plain(status)
            .with("X-Request-Id", random(20))
            .with("Cache-Control", NO_STORE)
            .with("Content-Security-Policy", API_POLICY)
            .with("Feature-Policy", API_FEATURES)
            .with("X-Robots-Tag", "noindex, nofollow")
            .answered_as(who)
    }

    /// A page made from a template, such as 404.
    pub(super) fn template(status: u16, who: &Identity, text: &str) -> Self {
        Self::page(status, who, &format!("<p>{text}</p>"))
    }

    /// A page with this content; `{nonce}` in it stands for what lets its script run.
    pub(super) fn page(status: u16, who: &Identity, content: &str) -> Self {
        let nonce = Nonce(random(44));
        let policy = format!(
            "default-src 'none';base-uri 'none';manifest-src 'self';script-src 'nonce-{nonce}';script-src-elem \
             'strict-dynamic' 'nonce-{nonce}';style-src 'self' 'unsafe-inline';img-src 'self' data: blob: \
             https://*.tile.openstreetmap.org;font-src 'self' data:;connect-src 'self';media-src 'self';frame-src \
             'self';frame-ancestors 'self';form-action 'self'"
        );
        Self::plain(status)
            .with("X-Request-Id", random(20))
            .with("Cache-Control", NO_STORE)
            .with("Content-Security-Policy", policy)
            .with("Feature-Policy", PAGE_FEATURES)
            .with("X-Robots-Tag", "noindex, nofollow")
            .answered_as(who)
            .html(super::html::page(
                &nonce,
                &content.replace("{nonce}", &nonce.0),
            ))
    }

    /// An answer given before any controller was chosen: maintenance, failed logins at apps, `status.php`.
    pub(super) fn early(status: u16, who: &Identity, text: &str) -> Self {
        let nonce = Nonce(random(44));
        let policy = format!(
            "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; frame-src *; \
             img-src * data: blob:; font-src 'self' data:; media-src *; connect-src *; object-src 'none'; base-uri 'self';"
        );
        let mut reply = Self::plain(status)
            .with("Content-Security-Policy", policy)
            .cookies_of(who);
        if !text.is_empty() {
            reply = reply.html(super::html::page(&nonce, &format!("<p>{text}</p>")));
        }
        reply
    }

    /// An answer of the DAV server.
    pub(super) fn dav(status: u16, who: &Identity) -> Self {
        Self::plain(status)
            .with("Content-Security-Policy", "default-src 'none';")
            .answered_as(who)
    }

    /// Adds a header; a name can come more than once.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Drops a header.
    #[must_use]
    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(one, _)| !one.eq_ignore_ascii_case(name));
        self
    }

    /// A JSON body as PHP writes it.
    #[must_use]
    pub(super) fn json(self, value: &Value) -> Self {
        self.with("Content-Type", "application/json; charset=utf-8")
            .body(php_json(value))
    }

    /// An HTML body.
    #[must_use]
    pub(super) fn html(self, text: impl Into<String>) -> Self {
        self.with("Content-Type", "text/html; charset=UTF-8")
            .body(text.into())
    }

    /// An XML body.
    #[must_use]
    pub(super) fn xml(self, text: impl Into<String>) -> Self {
        self.with("Content-Type", "application/xml; charset=utf-8")
            .body(text.into())
    }

    /// A body without a type.
    #[must_use]
    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Two random headers that a DAV answer carries when nothing failed.
    #[must_use]
    pub(super) fn traced(self) -> Self {
        let id = random(20);
        self.with("X-Request-Id", id.clone())
            .with("X-Debug-Token", id)
    }

    fn answered_as(mut self, who: &Identity) -> Self {
        if let Some(user) = &who.user {
            self = self.with("X-User-Id", user.clone());
        }
        self.cookies_of(who)
    }

    fn cookies_of(mut self, who: &Identity) -> Self {
        self.user.clone_from(&who.user);
        for cookie in &who.cookies {
            self.headers.push(("Set-Cookie".into(), cookie.clone()));
        }
        self
    }
}

/// JSON with slashes and everything beyond ASCII escaped, as PHP does.
pub(super) fn php_json(value: &Value) -> String {
    let mut out = String::new();
    for letter in value.to_string().chars() {
        match letter {
            '/' => out.push_str("\\/"),
            letter if letter.is_ascii() => out.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}
