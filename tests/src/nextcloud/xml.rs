//! XML as a small tree with namespaces: what DAV bodies are read into and written from, and what tests compare.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

/// The namespaces of DAV bodies and their prefixes, as Nextcloud declares them.
pub(super) const DAV: &str = "DAV:";
pub(super) const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";
pub(super) const SABRE: &str = "http://sabredav.org/ns";
pub(super) const CALENDARSERVER: &str = "http://calendarserver.org/ns/";
pub(super) const OWNCLOUD: &str = "http://owncloud.org/ns";
/// The namespace that Nextcloud's own properties really have; the root declares another one (`nextcloud.org`).
pub(super) const NEXTCLOUD: &str = "http://nextcloud.com/ns";
pub(super) const APPLE: &str = "http://apple.com/ns/ical/";

const PREFIXES: [(&str, &str); 5] = [
    ("d", DAV),
    ("s", SABRE),
    ("cal", CALDAV),
    ("cs", CALENDARSERVER),
    ("oc", OWNCLOUD),
];

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Namespace; empty for none.
    pub namespace: String,
    /// Local name.
    pub name: String,
    /// Attributes without namespace declarations.
    pub attributes: Vec<(String, String)>,
    /// Child elements in order.
    pub children: Vec<Element>,
    /// The text of the element; of mixed content all of it, joined.
    pub text: String,
}

/// Why a text is no XML, in the words of Nextcloud's parser.
#[derive(Debug, Clone)]
pub struct Malformed(pub String);

impl Element {
    /// An empty element.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a child.
    #[must_use]
    pub fn with(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Adds children.
    #[must_use]
    pub fn with_all(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// Sets the text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Whether this is that element.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// The first child of that name.
    pub fn child(&self, namespace: &str, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.is(namespace, name))
    }

    /// All children of that name.
    pub fn all<'a>(
        &'a self,
        namespace: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Element> {
        self.children
            .iter()
            .filter(move |child| child.is(namespace, name))
    }

    /// An attribute's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Reads a document.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut reader = NsReader::from_str(text);
        let mut open = vec![Element::default()];
        loop {
            let (namespace, event) = reader
                .read_resolved_event()
                .map_err(|error| malformed(text, &error.to_string()))?;
            let namespace = match namespace {
                ResolveResult::Bound(Namespace(namespace)) => namespace.to_owned(),
                ResolveResult::Unbound => String::new(),
                ResolveResult::Unknown(_) => return Err(malformed(text, "unknown prefix")),
            };
            match event {
                Event::Start(start) => open.push(begin(&namespace, &start)),
                Event::Empty(start) => add(&mut open, begin(&namespace, &start)),
                Event::End(_) => {
                    let done = open.pop().unwrap_or_default();
                    add(&mut open, done);
                }
                Event::Text(piece) => push(&mut open, &piece.xml10_content()),
                Event::CData(piece) => push(&mut open, &piece.xml10_content()),
                Event::GeneralRef(name) => push(&mut open, &resolve(&name)),
                Event::Eof => break,
                _ => {}
            }
        }
        let mut document = open.swap_remove(0);
        if !open.is_empty() || document.children.len() != 1 {
            return Err(malformed(text, "incomplete"));
        }
        Ok(document.children.remove(0))
    }

    /// Writes a document.
    pub fn document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\"?>\n");
        self.write(&mut out, true);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, root: bool) {
        let known = PREFIXES
            .iter()
            .find(|(_, namespace)| *namespace == self.namespace);
        let tag = match known {
            Some((prefix, _)) => format!("{prefix}:{}", self.name),
            None if self.namespace.is_empty() => self.name.clone(),
            None => format!("x1:{}", self.name),
        };
        out.push('<');
        out.push_str(&tag);
        if root {
            for (prefix, namespace) in PREFIXES {
                out.push_str(&format!(" xmlns:{prefix}=\"{namespace}\""));
            }
            out.push_str(" xmlns:nc=\"http://nextcloud.org/ns\"");
        }
        if known.is_none() && !self.namespace.is_empty() {
            out.push_str(&format!(" xmlns:x1=\"{}\"", escape(&self.namespace)));
        }
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
        if self.children.is_empty() && self.text.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        out.push_str(&escape(&self.text));
        for child in &self.children {
            child.write(out, false);
        }
        out.push_str(&format!("</{tag}>"));
    }
}

fn begin(namespace: &str, start: &BytesStart<'_>) -> Element {
    let mut element = Element::new(namespace, start.local_name().as_ref());
    for attribute in start.attributes().flatten() {
        let name: &str = attribute.key.as_ref();
        if name == "xmlns" || name.starts_with("xmlns:") {
            continue;
        }
        let value = quick_xml::escape::unescape(&attribute.value)
            .unwrap_or_default()
            .into_owned();
        element.attributes.push((name.to_owned(), value));
    }
    element
}

fn add(open: &mut [Element], done: Element) {
    if let Some(parent) = open.last_mut() {
        parent.children.push(done);
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn resolve(name: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = name.resolve_char_ref() {
        return letter.to_string();
    }
    let named = name.xml10_content();
    let entity = format!("&{named};");
    quick_xml::escape::unescape(&entity)
        .unwrap_or_default()
        .into_owned()
}

/// Carriage returns are written as references, or readers would drop them (caldav/067).
fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).replace('\r', "&#13;")
}

/// The words of libxml where it is known what it says: a prefix that nothing declares (caldav/009, 078).
fn malformed(text: &str, otherwise: &str) -> Malformed {
    let tag = text.trim_start().trim_start_matches('<');
    let name: &str = tag.split([' ', '>', '/', '\n']).next().unwrap_or_default();
    match name.split_once(':') {
        Some((prefix, local)) if !text.contains(&format!("xmlns:{prefix}")) => Malformed(format!(
            "Namespace prefix {prefix} on {local} is not defined\n on line 1, column {}",
            name.len() + 2
        )),
        _ => Malformed(otherwise.to_owned()),
    }
}
