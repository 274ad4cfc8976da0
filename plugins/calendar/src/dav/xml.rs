//! Reads a DAV multistatus (RFC 4918, 13) with its namespaces; prefixes mean nothing.

use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

pub(crate) const DAV: &str = "DAV:";
pub(crate) const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
pub(crate) const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
pub(crate) const APPLE: &str = "http://apple.com/ns/ical/";
pub(crate) const NEXTCLOUD: &str = "http://nextcloud.com/ns";
pub(crate) const OWNCLOUD: &str = "http://owncloud.org/ns";

/// Deeper than any DAV answer is.
const MAX_DEPTH: usize = 32;

/// Why an answer is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadXml(pub(crate) String);

/// An element with what is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element {
    namespace: String,
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    /// The text directly inside, all pieces joined.
    pub(crate) text: String,
}

impl Element {
    fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    pub(crate) fn child(&self, namespace: &str, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = &Self> {
        self.children.iter()
    }

    /// An attribute without a namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// A property's name, for lists such as `resourcetype`.
    pub(crate) fn has(&self, namespace: &str, name: &str) -> bool {
        self.child(namespace, name).is_some()
    }
}

/// One `response` of a multistatus: an address and the properties that were found there.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Percent-encoded, with the web root in front.
    pub(crate) href: String,
    found: Vec<Element>,
}

impl Entry {
    /// A property whose status is 200.
    pub(crate) fn property(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.found
            .iter()
            .find(|property| property.is(namespace, name))
    }

    /// A property's text, trimmed; `None` for an empty one.
    pub(crate) fn text(&self, namespace: &str, name: &str) -> Option<&str> {
        self.property(namespace, name)
            .map(|property| property.text.trim())
            .filter(|text| !text.is_empty())
    }

    /// The last segment of the address, decoded.
    pub(crate) fn name(&self) -> Option<String> {
        last_segment(&self.href)
    }
}

pub(crate) fn multistatus(body: &[u8]) -> Result<Vec<Entry>, BadXml> {
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
pub(super) fn parse(text: &str) -> Result<Element, BadXml> {
    let mut reader = NsReader::from_str(text);
    let bad = |error: &dyn std::fmt::Display| BadXml(error.to_string());
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
pub(crate) fn last_segment(href: &str) -> Option<String> {
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
