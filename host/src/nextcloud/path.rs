//! A path below Nextcloud's web root, parsed once: the only form in which a path is compared or sent.
//!
//! Whatever a plugin writes is taken apart here, each segment is percent-decoded exactly once, and what leaves the host
//! is our own encoding of the result, never the bytes that came in. So the path that the policy saw is the path that
//! Nextcloud sees. The same algorithm reads `Destination`, the targets of redirects and the hrefs in DAV bodies.
//! Never here: which paths are allowed (see [`super::policy`] and [`super::closed`]).

use std::fmt;

use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};
use thiserror::Error;

/// Longest path with its query, in bytes. nginx takes 8 kB for a whole request line by default.
pub(super) const MAX_PATH_BYTES: usize = 4096;

/// Everything but RFC 3986's unreserved characters is escaped in a segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What RFC 3986 does not allow raw in a query, and `'`, which the WHATWG URL parser escapes anyway. Existing escapes
/// stay as they are: they were checked, and a query is never decoded here.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'\'')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The front controller that a path may or may not begin with; both forms name the same thing.
const INDEX_PHP: &str = "index.php";

/// Why a path is refused. The texts are for the author of the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// Relative, or an absolute URL.
    #[error("a path begins with `/`, below Nextcloud's web root, and names no host")]
    NotAbsolute,
    /// See [`MAX_PATH_BYTES`].
    #[error("the path is longer than {MAX_PATH_BYTES} bytes")]
    TooLong,
    /// `//` anywhere; at the start it would name a host.
    #[error("the path has an empty segment (`//`)")]
    EmptySegment,
    /// `.` or `..`, escaped or not.
    #[error("the path has a `.` or `..` segment")]
    DotSegment,
    /// A slash or backslash inside a segment, escaped or not.
    #[error("a segment of the path holds a `/` or `\\`")]
    Separator,
    /// NUL, CR, LF and their like.
    #[error("the path holds a control character")]
    Control,
    /// Proxies and applications disagree about what they mean.
    #[error("the path holds a raw `;`, `#` or `@` where it is ambiguous; escape it")]
    Ambiguous,
    /// `%` without two hexadecimal digits.
    #[error("the path has a `%` that is not followed by two hexadecimal digits")]
    BadEscape,
    /// Nextcloud's router decodes a second time, so `%2564` would arrive as `d`.
    #[error("a segment of the path is escaped twice")]
    EscapedTwice,
    /// The escapes do not add up to text.
    #[error("the path is not UTF-8")]
    NotUtf8,
    /// `/index.php/index.php`.
    #[error("the path names `index.php` twice")]
    IndexTwice,
}

/// See the module's documentation. Cheap to compare; its [`Display`](fmt::Display) is what is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct OriginPath {
    /// Decoded, without a leading `index.php`.
    segments: Vec<String>,
    /// Whether `/index.php` stood in front; kept for sending, since not every Nextcloud rewrites URLs.
    index_php: bool,
    /// DAV servers tell `/a` from `/a/`.
    trailing_slash: bool,
    /// Checked and escaped, without the `?`.
    query: Option<String>,
}

impl OriginPath {
    /// Parses a path with an optional query.
    pub(super) fn parse(raw: &str) -> Result<Self, PathError> {
        if raw.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        let (path, query) = raw
            .split_once('?')
            .map_or((raw, None), |(path, query)| (path, Some(query)));
        let Some(below_root) = path.strip_prefix('/') else {
            return Err(PathError::NotAbsolute);
        };
        if path.contains([';', '#']) {
            return Err(PathError::Ambiguous);
        }
        let mut segments = below_root
            .split('/')
            .map(decode_segment)
            .collect::<Result<Vec<_>, _>>()?;
        // `split` yields at least one piece; an empty last one is the trailing slash (or the root itself).
        let trailing_slash = segments.last().is_some_and(String::is_empty);
        if trailing_slash {
            segments.pop();
        }
        if segments.iter().any(String::is_empty) {
            return Err(PathError::EmptySegment);
        }
        let index_php = strip_index_php(&mut segments)?;
        refuse_second_escape(&segments)?;
        Ok(Self {
            segments,
            index_php,
            trailing_slash,
            query: query.map(escape_query).transpose()?,
        })
    }

    /// The decoded segments, without a leading `index.php`.
    pub(super) fn segments(&self) -> &[String] {
        &self.segments
    }

    /// The path alone, escaped as it is sent.
    pub(super) fn without_query(&self) -> String {
        let mut path = String::from(if self.index_php { "/index.php" } else { "" });
        for segment in &self.segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        if self.trailing_slash {
            path.push('/');
        }
        path
    }
}

impl fmt::Display for OriginPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_query())?;
        self.query
            .as_ref()
            .map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

/// One segment, decoded exactly once; empty ones pass (the caller knows where they stand).
fn decode_segment(raw: &str) -> Result<String, PathError> {
    check_escapes(raw)?;
    let decoded = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| PathError::NotUtf8)?;
    if decoded.contains(['/', '\\']) {
        return Err(PathError::Separator);
    }
    if decoded.chars().any(char::is_control) {
        return Err(PathError::Control);
    }
    if matches!(decoded.as_ref(), "." | "..") {
        return Err(PathError::DotSegment);
    }
    Ok(decoded.into_owned())
}

fn strip_index_php(segments: &mut Vec<String>) -> Result<bool, PathError> {
    let is_index =
        |segment: Option<&String>| segment.is_some_and(|name| name.eq_ignore_ascii_case(INDEX_PHP));
    if segments.first().is_none_or(|name| name != INDEX_PHP) {
        return Ok(false);
    }
    segments.remove(0);
    if is_index(segments.first()) {
        Err(PathError::IndexTwice)
    } else {
        Ok(true)
    }
}

/// Outside `/remote.php`, Nextcloud decodes the path and hands it to Symfony's matcher, which decodes again. A DAV name
/// such as `50%20off` is decoded once only and passes.
fn refuse_second_escape(segments: &[String]) -> Result<(), PathError> {
    let dav = segments.first().is_some_and(|name| name == "remote.php");
    if !dav && segments.iter().any(|segment| holds_escape(segment)) {
        return Err(PathError::EscapedTwice);
    }
    Ok(())
}

/// A query keeps its escapes; anything else that may not stand raw in a query is escaped.
fn escape_query(raw: &str) -> Result<String, PathError> {
    if raw.contains('#') {
        return Err(PathError::Ambiguous);
    }
    if raw.chars().any(char::is_control) {
        return Err(PathError::Control);
    }
    check_escapes(raw)?;
    Ok(utf8_percent_encode(raw, QUERY).to_string())
}

fn check_escapes(raw: &str) -> Result<(), PathError> {
    let well_formed = raw
        .split('%')
        .skip(1)
        .all(|after| is_escape(after.as_bytes()));
    if well_formed {
        Ok(())
    } else {
        Err(PathError::BadEscape)
    }
}

fn holds_escape(decoded: &str) -> bool {
    decoded
        .split('%')
        .skip(1)
        .any(|after| is_escape(after.as_bytes()))
}

fn is_escape(after_percent: &[u8]) -> bool {
    matches!(after_percent, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
