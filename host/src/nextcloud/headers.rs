//! The headers that pass, in either direction: the two lists of `wit/host.wit`, and nothing else.
//!
//! A forbidden request header is an error, never dropped in silence: a plugin that sends `Authorization` or a method
//! override is wrong or worse, and its author should hear of it. Answer headers that are not listed are dropped.

use http::header::{
    HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, RANGE,
};

use super::error::shown;
use super::origin::Origin;
use super::path::OriginPath;
use super::{FetchError, Layer, Refusal};

/// DAV's own; the `http` crate knows HTTP's.
static DESTINATION: HeaderName = HeaderName::from_static("destination");
static IF: HeaderName = HeaderName::from_static("if");

/// Request headers that a plugin may send.
const REQUEST: &[&str] = &[
    "accept",
    "content-type",
    "depth",
    "destination",
    "if",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "overwrite",
    "prefer",
    "range",
    "brief",
    "lock-token",
    "timeout",
    "schedule-reply",
    "x-oc-mtime",
    "oc-checksum",
    "x-nc-caldav-no-trashbin",
    "x-nc-caldav-webcal-caching",
];

/// Answer headers that a plugin sees.
const ANSWER: &[&str] = &[
    "etag",
    "oc-etag",
    "oc-fileid",
    "last-modified",
    "content-type",
    "content-length",
    "content-range",
    "content-disposition",
    "location",
    "link",
    "dav",
    "allow",
    "retry-after",
    "lock-token",
    "schedule-tag",
    "x-nextcloud-maintenance-mode",
];

/// And those of the Notes app, such as `x-notes-chunk-cursor`.
const ANSWER_PREFIX: &str = "x-notes-";

/// A plugin's headers, checked.
#[derive(Debug)]
pub(super) struct RequestHeaders {
    /// As they are sent, without `Destination`.
    pub(super) map: HeaderMap,
    /// Where MOVE and COPY lead; a path that policy has yet to see.
    pub(super) destination: Option<OriginPath>,
}

impl RequestHeaders {
    pub(super) fn parse(
        method: &'static str,
        headers: &[(String, String)],
    ) -> Result<Self, FetchError> {
        let mut parsed = Self {
            map: HeaderMap::new(),
            destination: None,
        };
        for (name, value) in headers {
            let (name, value) = parse_one(method, name, value)?;
            let repeated = parsed.map.contains_key(&name)
                || (name == DESTINATION && parsed.destination.is_some());
            if repeated {
                return Err(FetchError::Malformed(format!(
                    "the header `{name}` is given twice"
                )));
            }
            if name == DESTINATION {
                parsed.destination = Some(parse_destination(method, &value)?);
                continue;
            }
            if name == IF {
                refuse_tagged_lists(&value)?;
            }
            parsed.map.insert(name, value);
        }
        Ok(parsed)
    }

    /// Whether the request can only add (RFC 9110, section 13.1.2).
    pub(super) fn creates_only(&self) -> bool {
        self.map
            .get(IF_NONE_MATCH)
            .is_some_and(|value| value == "*")
    }

    /// Whether the plugin revalidates or asks for a part by itself, so that a cache must stand aside.
    pub(super) fn conditional(&self) -> bool {
        [&IF, &IF_MATCH, &IF_NONE_MATCH, &IF_MODIFIED_SINCE, &RANGE]
            .into_iter()
            .any(|name| self.map.contains_key(name))
    }

    /// Gives `Destination` the form that DAV asks for (RFC 4918, section 10.3). Only after policy has seen it.
    pub(super) fn add_destination(&mut self, origin: &Origin) -> Result<(), FetchError> {
        if let Some(path) = &self.destination {
            let value = HeaderValue::try_from(origin.url_of(path));
            self.map.insert(
                &DESTINATION,
                value.map_err(|_| {
                    FetchError::Malformed("`Destination` cannot be sent".to_owned())
                })?,
            );
        }
        Ok(())
    }
}

/// Of a signed request's headers those that a plugin may have sent.
pub(super) fn sent(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    headers
        .iter()
        .filter(|(name, _)| REQUEST.contains(&name.as_str()))
}

/// Of an answer's headers those that a plugin may see.
pub(super) fn seen(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    headers.iter().filter(|(name, _)| {
        ANSWER.contains(&name.as_str()) || name.as_str().starts_with(ANSWER_PREFIX)
    })
}

/// What a plugin sees of an answer's headers. `Location` becomes a path below the web root, or nothing if it leads
/// elsewhere.
pub(super) fn for_plugin(
    headers: &HeaderMap,
    origin: &Origin,
    path: &OriginPath,
) -> Vec<(String, String)> {
    let passing = seen(headers);
    let shown = passing.filter_map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if *name == LOCATION {
            location_path(&value, origin, path)?.to_string()
        } else {
            value.into_owned()
        };
        Some((name.as_str().to_owned(), value))
    });
    shown.collect()
}

/// The path that a `Location` in the answer to `from` means, if it stays within this Nextcloud.
pub(super) fn location_path(
    location: &str,
    origin: &Origin,
    from: &OriginPath,
) -> Option<OriginPath> {
    OriginPath::parse(&origin.below_root(location, from)?).ok()
}

fn parse_one(
    method: &'static str,
    name: &str,
    value: &str,
) -> Result<(HeaderName, HeaderValue), FetchError> {
    let Ok(parsed) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(FetchError::Malformed(format!(
            "`{}` is not a header name",
            shown(name)
        )));
    };
    if !REQUEST.contains(&parsed.as_str()) {
        return Err(FetchError::Forbidden(Refusal::new(
            Layer::Headers,
            method,
            "a header that does not pass",
            format!(
                "the header `{parsed}` does not pass; the host adds credentials itself, and wit/host.wit lists what a plugin may send"
            ),
        )));
    }
    match HeaderValue::from_str(value) {
        Ok(value) => Ok((parsed, value)),
        Err(_) => Err(FetchError::Malformed(format!(
            "the value of `{parsed}` holds a line break or another character that HTTP forbids"
        ))),
    }
}

fn parse_destination(method: &str, value: &HeaderValue) -> Result<OriginPath, FetchError> {
    if !matches!(method, "MOVE" | "COPY") {
        return Err(FetchError::Malformed(format!(
            "`Destination` has no meaning for {method}"
        )));
    }
    let text = value.to_str().unwrap_or_default();
    let path = OriginPath::parse(text)
        .map_err(|why| FetchError::Malformed(format!("`Destination`: {why}")))?;
    if text.contains('?') {
        return Err(FetchError::Malformed(
            "`Destination` has a query".to_owned(),
        ));
    }
    Ok(path)
}

/// `If: <url> (...)` asks about another resource than the request's (RFC 4918, section 10.4); its URL would have to
/// name the host.
fn refuse_tagged_lists(value: &HeaderValue) -> Result<(), FetchError> {
    let mut in_list = false;
    for byte in value.as_bytes() {
        match byte {
            b'(' => in_list = true,
            b')' => in_list = false,
            b'<' if !in_list => {
                return Err(FetchError::Malformed(
                    "`If` names a resource; only conditions on the request's own path pass"
                        .to_owned(),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}
