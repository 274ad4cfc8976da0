//! DAV answers: a multistatus (RFC 4918, 13) with its namespaces; prefixes mean nothing. With the feature `dav`.
//!
//! Reads only. Never here: what to ask for (each plugin writes its own bodies) and what a property means.

use std::fmt;

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// The namespace of `WebDAV` itself.
pub const DAV: &str = "DAV:";

/// Deeper than any DAV answer is.
const MAX_DEPTH: usize = 32;

/// Why an answer is not understood; for [`crate::nextcloud::Response::not_understood`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadXml(pub String);

impl fmt::Display for BadXml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An element with what is in it.
#[derive(Debug, Clone, Default)]
pub struct Element {
    namespace: String,
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    /// The text directly inside, all pieces joined.
    pub text: String,
}

impl Element {
    /// Whether it has this name.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// The first child of this name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// Its children in order.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.children.iter()
    }

    /// An attribute without a namespace.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a child has this name, for lists such as `resourcetype`.
    pub fn has(&self, namespace: &str, name: &str) -> bool {
        self.child(namespace, name).is_some()
    }
}

/// One `response` of a multistatus: an address and the properties that were found there.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Percent-encoded, with the web root in front.
    pub href: String,
    found: Vec<Element>,
}

impl Entry {
    /// A property whose status is 200.
    pub fn property(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.found
            .iter()
            .find(|property| property.is(namespace, name))
    }

    /// A property's text, trimmed; `None` for an empty one.
    pub fn text(&self, namespace: &str, name: &str) -> Option<&str> {
        self.property(namespace, name)
            .map(|property| property.text.trim())
            .filter(|text| !text.is_empty())
    }

    /// The last segment of the address, decoded.
    pub fn name(&self) -> Option<String> {
        last_segment(&self.href)
    }
}

/// What a multistatus says of each address, in its order.
///
/// # Errors
/// For a body that is no XML, or another document.
pub fn multistatus(body: &[u8]) -> Result<Vec<Entry>, BadXml> {
    let text =
        std::str::from_utf8(body).map_err(|error| BadXml(format!("it is not UTF-8: {error}")))?;
    let root = parse(text)?;
    if !root.is(DAV, "multistatus") {
        return Err(BadXml(format!(
            "`{}` where a multistatus was expected",
            root.name
        )));
    }
    Ok(root
        .children
        .into_iter()
        .filter(|child| child.is(DAV, "response"))
        .filter_map(entry)
        .collect())
}

fn entry(response: Element) -> Option<Entry> {
    let href = response.child(DAV, "href")?.text.trim().to_owned();
    let mut found = Vec::new();
    for propstat in response
        .children
        .into_iter()
        .filter(|child| child.is(DAV, "propstat"))
    {
        let status = propstat
            .child(DAV, "status")
            .map(|status| status.text.clone())
            .unwrap_or_default();
        if status
            .split_whitespace()
            .nth(1)
            .is_some_and(|code| code.starts_with('2'))
        {
            let properties = propstat
                .children
                .into_iter()
                .filter(|child| child.is(DAV, "prop"));
            found.extend(properties.flat_map(|prop| prop.children));
        }
    }
    Some(Entry { href, found })
}

/// The document's root element.
///
/// # Errors
/// For what is no XML, for entities beyond XML's own five, and for a document that is nested too deeply.
pub fn parse(text: &str) -> Result<Element, BadXml> {
    let mut reader = NsReader::from_str(text);
    let bad = |error: &dyn fmt::Display| BadXml(error.to_string());
    // The document itself is the outermost element.
    let mut stack = vec![Element::default()];
    loop {
        let (resolved, event) = reader.read_resolved_event().map_err(|error| bad(&error))?;
        match event {
            Event::Start(start) => {
                let namespace = namespace(&resolved);
                stack.push(element(namespace, &start)?);
                if stack.len() > MAX_DEPTH {
                    return Err(BadXml("it is nested too deeply".to_owned()));
                }
            }
            Event::Empty(start) => {
                let namespace = namespace(&resolved);
                push(&mut stack, element(namespace, &start)?)?;
            }
            Event::End(_) => {
                let done = stack.pop().unwrap_or_default();
                push(&mut stack, done)?;
            }
            Event::Text(text) => append(&mut stack, &text.xml10_content()),
            Event::CData(text) => append(&mut stack, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                match reference.resolve_char_ref().map_err(|error| bad(&error))? {
                    Some(character) => append(&mut stack, character.encode_utf8(&mut [0; 4])),
                    None => match resolve_predefined_entity(&name) {
                        Some(text) => append(&mut stack, text),
                        None => return Err(BadXml(format!("the entity &{name}; is not defined"))),
                    },
                }
            }
            Event::Eof => break,
            // A document type could define entities; none is read.
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
    match (stack.pop(), stack.is_empty()) {
        (Some(document), true) => document
            .children
            .into_iter()
            .next()
            .ok_or_else(|| BadXml("it is empty".to_owned())),
        _ => Err(BadXml("it ends too early".to_owned())),
    }
}

fn namespace(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(namespace) => namespace.into_inner().to_owned(),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
    }
}

fn element(namespace: String, start: &BytesStart<'_>) -> Result<Element, BadXml> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| BadXml(error.to_string()))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map_err(|error| BadXml(error.to_string()))?;
        attributes.push((attribute.key.into_inner().to_owned(), value.into_owned()));
    }
    let name = start.local_name().into_inner().to_owned();
    Ok(Element {
        namespace,
        name,
        attributes,
        ..Element::default()
    })
}

fn push(stack: &mut [Element], element: Element) -> Result<(), BadXml> {
    let parent = stack
        .last_mut()
        .ok_or_else(|| BadXml("an end without its start".to_owned()))?;
    parent.children.push(element);
    Ok(())
}

fn append(stack: &mut [Element], text: &str) {
    if let Some(element) = stack.last_mut() {
        element.text.push_str(text);
    }
}

/// The last segment of an address, decoded.
pub fn last_segment(href: &str) -> Option<String> {
    decode(href.trim().trim_end_matches('/').rsplit('/').next()?)
        .filter(|segment| !segment.is_empty())
}

/// Percent-decodes one path segment; `None` for what is no UTF-8.
fn decode(segment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";

    #[test]
    fn prefixes_mean_nothing_and_namespaces_all() {
        let body = r#"<multistatus xmlns="DAV:"><response><href>/x/a%20b.ics</href><propstat><prop>
        <q:calendar-data xmlns:q="urn:ietf:params:xml:ns:caldav"><![CDATA[a<b]]>&amp;&#x41;</q:calendar-data>
        <calendar-data>not this</calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"#;
        let entries = multistatus(body.as_bytes()).unwrap();
        assert_eq!(entries[0].name().as_deref(), Some("a b.ics"));
        assert_eq!(entries[0].text(CALDAV, "calendar-data"), Some("a<b&A"));
    }

    #[test]
    fn what_is_no_multistatus_is_an_error() {
        for body in [
            "",
            "<html>",
            "<d:multistatus xmlns:d=\"DAV:\">",
            "<a/>",
            "<multistatus xmlns=\"DAV:\"><a>&evil;</a></multistatus>",
        ] {
            assert!(multistatus(body.as_bytes()).is_err(), "{body}");
        }
        let deep = format!("<multistatus xmlns=\"DAV:\">{}", "<a>".repeat(100_000));
        assert!(multistatus(deep.as_bytes()).is_err());
        assert!(multistatus(b"\xff\xfe").is_err());
    }
}
