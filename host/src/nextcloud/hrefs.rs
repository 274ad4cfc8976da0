//! The paths that a REPORT or SEARCH body names besides the request's own (multiget hrefs, search scopes), and the one
//! address that a DAV body can make Nextcloud fetch: a subscription's source.
//!
//! The reader is stricter than Nextcloud's: what the two might read differently is refused, so that no href is seen
//! there that was not seen here. Only UTF-8, no DOCTYPE, no entity but XML's own five, nothing but text in an href. An
//! element counts by its local name in any namespace, since a namespace name may be written with character references.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};

use super::error::shown;
use super::origin::Origin;
use super::path::OriginPath;
use super::{FetchError, Layer, Refusal};

/// Deeper bodies are refused; real ones have about six levels.
const MAX_DEPTH: usize = 64;

/// Where SEARCH scopes begin: below DAV's root, and unescaped, as Nextcloud reads them.
const SEARCH_ROOT: &str = "/remote.php/dav";

/// Every path that the body of a `method` request names, in order. Only REPORT and SEARCH bodies name any.
///
/// A body that makes or changes a collection passes unless it has a `source` (`http://calendarserver.org/ns/`):
/// Nextcloud would fetch that address again and again, and the address could carry what the plugin read.
pub(super) fn named(
    method: &'static str,
    body: &[u8],
    origin: &Origin,
) -> Result<Vec<OriginPath>, FetchError> {
    let names_paths = matches!(method, "REPORT" | "SEARCH");
    if body.is_empty() || !(names_paths || matches!(method, "MKCOL" | "MKCALENDAR" | "PROPPATCH")) {
        return Ok(Vec::new());
    }
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let found = read(text)?;
    if !names_paths {
        return if found.has_source {
            Err(FetchError::Forbidden(Refusal::new(
                Layer::Closed,
                method,
                "it makes Nextcloud fetch other addresses",
                format!(
                    "{method} with a `source` is closed to every plugin: it makes Nextcloud fetch other addresses"
                ),
            )))
        } else {
            Ok(Vec::new())
        };
    }
    found
        .hrefs
        .iter()
        .map(|href| {
            if method == "SEARCH" {
                scope(href)
            } else {
                member(href, origin)
            }
        })
        .collect()
}

/// An href as DAV answers give them: an absolute path with the web root in front.
fn member(href: &str, origin: &Origin) -> Result<OriginPath, FetchError> {
    let path = origin
        .href_below_root(href)
        .filter(|path| !path.contains('?'));
    let path = path.ok_or_else(|| {
        malformed(&format!(
            "the href `{href}` is not a path within this Nextcloud, as its answers give them"
        ))
    })?;
    OriginPath::parse(path).map_err(|why| malformed(&format!("the href `{href}`: {why}")))
}

fn scope(href: &str) -> Result<OriginPath, FetchError> {
    if !href.starts_with('/') || href.contains(['?', '%']) {
        return Err(malformed(&format!(
            "the search scope `{href}` is not a path below DAV's root, unescaped, such as /files/alice"
        )));
    }
    OriginPath::parse(&format!("{SEARCH_ROOT}{href}"))
        .map_err(|why| malformed(&format!("the search scope `{href}`: {why}")))
}

/// The text of every `href` element, and whether there is a `source`.
fn read(text: &str) -> Result<Found, FetchError> {
    let mut reader = Reader::from_str(text);
    let mut found = Found::default();
    loop {
        match reader
            .read_event()
            .map_err(|error| malformed(&error.to_string()))?
        {
            Event::Start(element) => found.enter(&element)?,
            Event::Empty(element) => {
                found.enter(&element)?;
                found.leave();
            }
            Event::End(_) => found.leave(),
            Event::Text(part) => found.text(&part.into_inner())?,
            Event::CData(part) => found.text(&part.into_inner())?,
            Event::GeneralRef(reference) => found.text(&resolve(&reference)?)?,
            Event::Comment(_) if found.open.is_none() => {}
            Event::Comment(_) => return Err(malformed("an href holds a comment")),
            Event::Decl(declaration) => check_declaration(&declaration)?,
            Event::DocType(_) => return Err(malformed("it has a DOCTYPE")),
            Event::PI(_) => return Err(malformed("it has a processing instruction")),
            Event::Eof if found.depth == 0 && found.roots == 1 => return Ok(found),
            Event::Eof => return Err(malformed("it is not one whole element")),
        }
    }
}

/// Where the reader stands, and what it met.
#[derive(Default)]
struct Found {
    hrefs: Vec<String>,
    has_source: bool,
    /// The text of the href that the reader is in.
    open: Option<String>,
    depth: usize,
    /// Elements outside of every other; a document has one.
    roots: usize,
}

impl Found {
    fn enter(&mut self, element: &BytesStart<'_>) -> Result<(), FetchError> {
        let name = element.name();
        let name: &str = name.as_ref();
        if self.open.is_some() {
            return Err(malformed(&format!("an href holds the element `{name}`")));
        }
        self.roots += usize::from(self.depth == 0);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(malformed("it is nested too deeply"));
        }
        match name.rsplit(':').next() {
            Some("href") => self.open = Some(String::new()),
            Some("source") => self.has_source = true,
            _ => {}
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.hrefs
            .extend(self.open.take().map(|href| href.trim().to_owned()));
    }

    /// Text within an element matters in an href only; text outside of the document's element is an error.
    fn text(&mut self, text: &str) -> Result<(), FetchError> {
        if self.depth == 0
            && !text
                .trim_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
                .is_empty()
        {
            return Err(malformed("there is text outside of its element"));
        }
        if let Some(href) = &mut self.open {
            href.push_str(text);
        }
        Ok(())
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, FetchError> {
    if let Some(character) = reference
        .resolve_char_ref()
        .map_err(|error| malformed(&error.to_string()))?
    {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    match resolve_xml_entity(&name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(malformed(&format!(
            "the entity `{name}` is not one of XML's own"
        ))),
    }
}

/// A server that believed another encoding would read another document.
fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), FetchError> {
    let version = declaration
        .version()
        .map_err(|error| malformed(&error.to_string()))?;
    let utf8 = match declaration.encoding() {
        None => true,
        Some(encoding) => encoding.is_ok_and(|name| name.eq_ignore_ascii_case("utf-8")),
    };
    if version == "1.0" && utf8 {
        Ok(())
    } else {
        Err(malformed("it is not XML 1.0 in UTF-8"))
    }
}

fn malformed(why: &str) -> FetchError {
    FetchError::Malformed(format!("the XML body: {}", shown(why)))
}

#[cfg(test)]
#[path = "hrefs_tests.rs"]
mod tests;
