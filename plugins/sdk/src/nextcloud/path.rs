//! A path below Nextcloud's web root, built so that a name from a model or a user stays one segment of it.

use std::fmt::{self, Display, Write};

use super::Server;
use crate::Failure;

/// Begins with `/`; every segment is percent-encoded exactly once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(String);

impl Path {
    /// Where an app or service answers, written in the plugin: `/index.php/apps/notes/api/v1/notes`.
    ///
    /// `'static`, so that nothing a model wrote gets in unencoded.
    pub fn new(root: &'static str) -> Self {
        Self(root.trim_end_matches('/').to_owned())
    }

    /// Adds one segment, whatever it contains: `a/b ü` becomes `/a%2Fb%20%C3%BC`. A segment that Nextcloud or the host
    /// cannot take (empty, `.`, `..`) makes the request [`crate::FailureKind::Invalid`] when it is sent.
    #[must_use]
    pub fn segment(mut self, segment: impl Display) -> Self {
        if self.0.ends_with('/') {
            self.0.pop();
        }
        self.0.push('/');
        encode(&mut self.0, &segment.to_string());
        self
    }

    /// Ends it with the slash that DAV collections have.
    #[must_use]
    pub fn folder(mut self) -> Self {
        if !self.0.ends_with('/') {
            self.0.push('/');
        }
        self
    }

    /// An href of a DAV answer: encoded already, and with the web root in front where Nextcloud lies in a sub-path.
    ///
    /// # Errors
    /// [`crate::FailureKind::Other`] for an href that is not a path below this Nextcloud's web root.
    pub fn from_href(href: &str, server: &Server) -> Result<Self, Failure> {
        href.strip_prefix(server.web_root.as_str())
            .filter(|path| path.starts_with('/'))
            .map(|path| Self(path.to_owned()))
            .ok_or_else(|| {
                Failure::other(format!(
                    "Nextcloud named an address that is not its own: `{href}`."
                ))
            })
    }

    /// As the host takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&'static str> for Path {
    fn from(root: &'static str) -> Self {
        Self(root.to_owned())
    }
}

/// Appends `text` with everything percent-encoded but RFC 3986's unreserved characters: right in a segment, in a
/// query and in an address of ours alike (RFC 6570, 3.2.2).
pub(crate) fn encode(into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn below(web_root: &str) -> Server {
        Server {
            url: "https://cloud.example".to_owned(),
            web_root: web_root.to_owned(),
            version: "33.0.3".to_owned(),
        }
    }

    #[test]
    fn a_name_stays_one_segment_whatever_it_contains() {
        let path = Path::new("/remote.php/dav/calendars")
            .segment("alice")
            .segment("a/../b?x#ü%2F")
            .folder();
        assert_eq!(
            path.as_str(),
            "/remote.php/dav/calendars/alice/a%2F..%2Fb%3Fx%23%C3%BC%252F/"
        );
    }

    #[test]
    fn a_segment_follows_a_folder_with_one_slash() {
        assert_eq!(
            Path::new("/remote.php/dav").folder().segment(7).as_str(),
            "/remote.php/dav/7"
        );
    }

    #[test]
    fn an_href_loses_the_web_root_and_a_foreign_one_is_refused() {
        let href = "/nextcloud/remote.php/dav/calendars/alice/a%20b.ics";
        assert_eq!(
            Path::from_href(href, &below("/nextcloud"))
                .unwrap()
                .as_str(),
            "/remote.php/dav/calendars/alice/a%20b.ics"
        );
        assert_eq!(
            Path::from_href("/remote.php/x", &below(""))
                .unwrap()
                .as_str(),
            "/remote.php/x"
        );
        for foreign in [
            "/other/remote.php",
            "/nextcloudx/remote.php",
            "https://evil.example/",
            "",
        ] {
            Path::from_href(foreign, &below("/nextcloud")).unwrap_err();
        }
    }
}
