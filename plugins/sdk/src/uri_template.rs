//! URI templates (RFC 6570, level 1): an address with named gaps, filled in and read back.
//!
//! `nc://calendar/{calendar}/{uid}` with `personal` and `a/b` is `nc://calendar/personal/a%2Fb`, and the other way round.
//! A gap takes one or more characters of one segment, so what a user called something can never reach beyond it.

use crate::Failure;
use crate::nextcloud::encode;

/// A template, as written in the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UriTemplate<'t>(&'t str);

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Literal(&'a str),
    Variable(&'a str),
}

impl<'t> UriTemplate<'t> {
    /// `nc://<shelf>/...` with `{variable}` where something is filled in. [`crate::testing::resource_problems`] says what the
    /// host would refuse.
    pub const fn new(template: &'t str) -> Self {
        Self(template)
    }

    /// As written.
    pub fn as_str(self) -> &'t str {
        self.0
    }

    /// The address with `values` in place of the variables, in the template's order. Each is percent-encoded.
    pub fn expand<T: AsRef<str>>(self, values: impl IntoIterator<Item = T>) -> String {
        let mut values = values.into_iter();
        let mut uri = String::with_capacity(self.0.len());
        for part in parts(self.0) {
            match part {
                Part::Literal(text) => uri.push_str(text),
                Part::Variable(_) => {
                    if let Some(value) = values.next() {
                        encode(&mut uri, value.as_ref());
                    }
                }
            }
        }
        uri
    }

    /// The variables' names, in order.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn variables(self) -> impl Iterator<Item = &'t str> {
        parts(self.0).filter_map(|part| match part {
            Part::Variable(name) => Some(name),
            Part::Literal(_) => None,
        })
    }

    /// What is between the variables, in order.
    pub(crate) fn literals(self) -> impl Iterator<Item = &'t str> {
        parts(self.0).filter_map(|part| match part {
            Part::Literal(text) => Some(text),
            Part::Variable(_) => None,
        })
    }

    /// What is in the gaps of `uri`, still percent-encoded; nothing if it does not fit.
    pub(crate) fn fit<'u>(self, uri: &'u str) -> Option<Vec<(&'t str, &'u str)>> {
        let mut rest = uri;
        let mut found = Vec::new();
        let mut parts = parts(self.0).peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Literal(text) => rest = rest.strip_prefix(text)?,
                Part::Variable(name) => {
                    let end = match parts.peek() {
                        Some(Part::Literal(text)) => rest.find(text)?,
                        _ => rest.len(),
                    };
                    let (value, after) = rest.split_at(end);
                    if value.is_empty() || value.contains(['/', '?', '#']) {
                        return None;
                    }
                    found.push((name, value));
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(found)
    }
}

/// Splits at the braces. An opening brace without a closing one is literal text.
fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let variable = rest
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'));
        if let Some((name, after)) = variable {
            rest = after;
            return Some(Part::Variable(name));
        }
        let end = rest[1..].find('{').map_or(rest.len(), |place| place + 1);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Part::Literal(text))
    })
}

/// Undoes the percent-encoding, once.
pub(crate) fn decode(text: &str) -> Result<String, Failure> {
    let wrong = || {
        Failure::invalid(format!(
            "`{text}` is not percent-encoded UTF-8; a `%` itself is written `%25`."
        ))
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
            // Two digits are at most 255.
            decoded.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const EVENT: UriTemplate<'_> = UriTemplate::new("nc://calendar/{calendar}/{uid}");

    #[test]
    fn whatever_a_user_called_something_comes_back_from_its_address() {
        for name in ["personal", "a/b", "ü 100%", "?x#y", "{uid}", "..", "%2F"] {
            let uri = EVENT.expand([name, "x@y"]);
            let found = EVENT.fit(&uri).unwrap();
            assert_eq!(found[0].0, "calendar");
            assert_eq!(decode(found[0].1).unwrap(), name, "{uri}");
            assert_eq!(found[1], ("uid", "x%40y"));
        }
    }

    #[test]
    fn a_gap_is_never_empty_and_stays_within_its_segment() {
        for uri in [
            "nc://calendar/personal",
            "nc://calendar/personal/",
            "nc://calendar//a",
            "nc://calendar/personal/a/b",
            "nc://calendar/personal/a?b",
            "nc://calendar/personal/a#b",
            "nc://calendars/personal/a",
            "",
        ] {
            assert_eq!(EVENT.fit(uri), None, "{uri}");
        }
        let file = UriTemplate::new("nc://x/{name}.{ending}/raw");
        let parts = file.fit("nc://x/a.b.c/raw").unwrap();
        assert_eq!(parts, [("name", "a"), ("ending", "b.c")]);
    }

    #[test]
    fn what_is_not_encoded_as_utf8_is_refused() {
        for wrong in ["%", "%4", "%zz", "%FF", "%+1"] {
            decode(wrong).unwrap_err();
        }
        assert_eq!(decode("%c3%BC+").unwrap(), "ü+");
    }
}
