//! Address books as RFC 6352 describes them and Nextcloud's manual places them. No recording holds them: what is here follows
//! the documents, and serves only what reads (PROPFIND of the home, `addressbook-query`).

use std::collections::BTreeMap;

use super::auth::{self, Identity, Part};
use super::caldav;
use super::etag;
use super::reply::Reply;
use super::request::Request;
use super::state::State;
use super::xml::{DAV, Element};

const CARDDAV: &str = "urn:ietf:params:xml:ns:carddav";

/// Cards of one address book, by file name.
type Book = BTreeMap<String, String>;

/// All address books: of which account, and their ids.
#[derive(Debug, Default)]
pub(super) struct Contacts(BTreeMap<(String, String), Book>);

/// Answers `/remote.php/dav/addressbooks/users/...`.
pub(super) fn answer(state: &mut State, request: &Request, rest: &[&str]) -> Reply {
    let who = auth::identify(state, request, Part::Dav);
    if let Some(refusal) = caldav::login_error(request, &who) {
        return refusal;
    }
    match (request.method.as_str(), rest) {
        ("PROPFIND", [user]) if *user == who.name() => home(state, request, &who),
        ("REPORT", [user, book]) if *user == who.name() => query(state, request, &who, book),
        _ => not_found(&who),
    }
}

/// The home and the address books in it.
fn home(state: &State, request: &Request, who: &Identity) -> Reply {
    let collection = Element::new(DAV, "collection");
    let addressbook = Element::new(CARDDAV, "addressbook");
    let mut responses = vec![response(
        &href(request, &[who.name()], "/"),
        vec![Element::new(DAV, "resourcetype").with(collection.clone())],
    )];
    for (_, book) in state
        .contacts
        .0
        .keys()
        .filter(|(user, _)| user == who.name())
    {
        let kind =
            Element::new(DAV, "resourcetype").with_all([collection.clone(), addressbook.clone()]);
        let name = Element::new(DAV, "displayname").text(book.clone());
        responses.push(response(
            &href(request, &[who.name(), book], "/"),
            vec![name, kind],
        ));
    }
    multistatus(who, responses)
}

/// The cards that an `addressbook-query` asks for (RFC 6352, 8.6): `text-match` in any property of the filter.
fn query(state: &State, request: &Request, who: &Identity, book: &str) -> Reply {
    let Some(cards) = state
        .contacts
        .0
        .get(&(who.name().to_owned(), book.to_owned()))
    else {
        return not_found(who);
    };
    let body = match Element::parse(&request.text()) {
        Ok(body) if body.is(CARDDAV, "addressbook-query") => body,
        Ok(_) => return bad_request(who, "no addressbook-query"),
        Err(malformed) => return bad_request(who, &malformed.0),
    };
    let filters: Vec<&Element> = body
        .child(CARDDAV, "filter")
        .map(|filter| filter.all(CARDDAV, "prop-filter").collect())
        .unwrap_or_default();
    let most = body
        .child(CARDDAV, "limit")
        .and_then(|limit| limit.child(CARDDAV, "nresults")?.text.parse().ok())
        .unwrap_or(usize::MAX);
    let found = cards
        .iter()
        .filter(|(_, card)| filters.iter().any(|filter| matches(card, filter)))
        .take(most);
    let responses = found.map(|(file, card)| {
        let properties = vec![
            Element::new(DAV, "getetag").text(format!("\"{}\"", etag::of(card))),
            Element::new(CARDDAV, "address-data").text(card.clone()),
        ];
        response(&href(request, &[who.name(), book, file], ""), properties)
    });
    multistatus(who, responses.collect())
}

/// Whether a property of the filter's name contains its text, in any case.
fn matches(card: &str, filter: &Element) -> bool {
    let name = filter.get("name").unwrap_or_default();
    let wanted = filter
        .child(CARDDAV, "text-match")
        .map(|text| text.text.to_lowercase())
        .unwrap_or_default();
    card.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(own, _)| {
            own.split(';')
                .next()
                .is_some_and(|own| own.eq_ignore_ascii_case(name))
        })
        .any(|(_, value)| value.to_lowercase().contains(&wanted))
}

fn multistatus(who: &Identity, responses: Vec<Element>) -> Reply {
    let body = Element::new(DAV, "multistatus").with_all(responses);
    Reply::dav(207, who).traced().xml(body.document())
}

fn response(href: &str, properties: Vec<Element>) -> Element {
    let propstat = Element::new(DAV, "propstat")
        .with(Element::new(DAV, "prop").with_all(properties))
        .with(Element::new(DAV, "status").text("HTTP/1.1 200 OK"));
    Element::new(DAV, "response")
        .with(Element::new(DAV, "href").text(href))
        .with(propstat)
}

fn href(request: &Request, segments: &[&str], end: &str) -> String {
    let path: Vec<String> = segments
        .iter()
        .map(|segment| caldav::encode(segment))
        .collect();
    format!(
        "{}/remote.php/dav/addressbooks/users/{}{end}",
        request.web_root,
        path.join("/")
    )
}

fn not_found(who: &Identity) -> Reply {
    caldav::error(
        404,
        who,
        "Sabre\\DAV\\Exception\\NotFound",
        "Node not found",
    )
}

fn bad_request(who: &Identity, message: &str) -> Reply {
    caldav::error(400, who, "Sabre\\DAV\\Exception\\BadRequest", message)
}

impl State {
    /// Puts a vCard into an address book, which is made for it.
    pub fn add_contact(&mut self, user: &str, book: &str, file: &str, card: &str) {
        let book = self
            .contacts
            .0
            .entry((user.to_owned(), book.to_owned()))
            .or_default();
        book.insert(file.to_owned(), card.to_owned());
    }
}
