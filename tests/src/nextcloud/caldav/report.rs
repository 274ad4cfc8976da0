//! REPORT: calendar-query, multiget, sync-collection, free-busy, the search over a home and over principals.

use super::node::{self, Node, Place};
use super::propfind::{propstat, response};
use super::store::Object;
use super::{BAD_REQUEST, Call, FORBIDDEN, filter, freebusy, props};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::segments;
use crate::nextcloud::state::State;
use crate::nextcloud::xml::{CALDAV, DAV, Element, NEXTCLOUD};

/// What a sync token begins with.
const TOKEN: &str = "http://sabre.io/ns/sync/";

/// Answers REPORT.
pub(super) fn answer(state: &State, call: &Call<'_>) -> Reply {
    let report = match Element::parse(&call.request.text()) {
        Ok(report) => report,
        Err(malformed) => return call.fail(500, "Sabre\\Xml\\LibXMLException", &malformed.0),
    };
    let node = match node::find(state, call.who.name(), call.path) {
        Ok(Node::NoObject(..)) => return call.not_found("Calendar object not found"),
        Ok(node) => node,
        Err(missing) => return call.not_found(&missing.message),
    };
    match ((report.namespace.as_str(), report.name.as_str()), &node) {
        ((CALDAV, "calendar-query"), _) => query(state, call, &node, &report),
        ((CALDAV, "calendar-multiget"), _) => multiget(state, call, &report),
        ((CALDAV, "free-busy-query"), Node::Calendar(place)) => {
            freebusy::query(state, call, place, &report)
        }
        ((CALDAV, "free-busy-query"), _) => call.fail(403, FORBIDDEN, "Access denied"),
        ((DAV, "sync-collection"), Node::Calendar(place)) => sync(state, call, place, &report),
        ((DAV, "principal-property-search"), Node::Principals) => principals(state, call, &report),
        ((NEXTCLOUD, "calendar-search"), Node::Home) => search(state, call, &report),
        _ => {
            let mut error = super::error_element("Sabre\\DAV\\Exception\\ReportNotSupported", "");
            error.children.push(Element::new(DAV, "supported-report"));
            Reply::dav(415, call.who).xml(error.document())
        }
    }
}

fn query(state: &State, call: &Call<'_>, node: &Node, report: &Element) -> Reply {
    let Some(wanted) = report.child(CALDAV, "filter") else {
        let message =
            "The {urn:ietf:params:xml:ns:caldav}filter element is required for this request";
        return call.fail(400, BAD_REQUEST, message);
    };
    if let Err(refused) = filter::check(wanted) {
        return call.fail(refused.0, refused.1, &refused.2);
    }
    let deep = call.depth() == Some("1");
    let responses = match node {
        Node::Calendar(_) if !deep => {
            let message = "A calendar-query REPORT on a calendar with a Depth: 0 is undefined. Set Depth to 1";
            return call.fail(400, BAD_REQUEST, message);
        }
        Node::Calendar(place) => {
            let found = place
                .objects(state)
                .into_iter()
                .filter(|object| filter::passes(wanted, &object.data));
            found
                .map(|object| of_object(state, call, place, object, report))
                .collect()
        }
        Node::TrashbinObjects => trash(state, call, wanted, report),
        Node::Inbox => inbox(state, call, wanted, report),
        _ => Vec::new(),
    };
    multistatus(call, responses)
}

fn multiget(state: &State, call: &Call<'_>, report: &Element) -> Reply {
    let hrefs = report.all(DAV, "href");
    let responses = hrefs.filter_map(|href| {
        let path = href
            .text
            .strip_prefix(&call.request.web_root)?
            .strip_prefix("/remote.php/dav")?;
        let path = segments(path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        // What is not there is left out without a word (caldav/080).
        match node::find(state, call.who.name(), &path) {
            Ok(Node::Object(place, uri)) => {
                let object = place.object(state, &uri)?;
                Some(of_object(state, call, &place, object, report))
            }
            Ok(node @ Node::TrashbinObject(_)) => {
                let path: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
                Some(response(state, call, &path, &node, &asked(report), false))
            }
            _ => None,
        }
    });
    multistatus(call, responses.collect())
}

fn sync(state: &State, call: &Call<'_>, place: &Place, report: &Element) -> Reply {
    let calendar = place.calendar(state);
    let token = report
        .child(DAV, "sync-token")
        .map(|token| token.text.trim())
        .unwrap_or_default();
    let since: Option<u64> = token
        .strip_prefix(TOKEN)
        .and_then(|number| number.parse().ok());
    let mut responses = Vec::new();
    if token.is_empty() {
        responses.extend(
            place
                .objects(state)
                .into_iter()
                .map(|object| of_object(state, call, place, object, report)),
        );
    } else {
        let Some(since) = since else {
            let mut error = super::error_element(
                "Sabre\\DAV\\Exception\\InvalidSyncToken",
                "Invalid or unknown sync token",
            );
            error.children.push(Element::new(DAV, "valid-sync-token"));
            return Reply::dav(403, call.who).xml(error.document());
        };
        let mut changed: Vec<&str> = Vec::new();
        for change in calendar
            .changes
            .iter()
            .filter(|change| change.token >= since && !change.uri.is_empty())
        {
            changed.retain(|uri| *uri != change.uri);
            changed.push(&change.uri);
        }
        let (live, gone): (Vec<&str>, Vec<&str>) = changed
            .into_iter()
            .partition(|uri| place.object(state, uri).is_some());
        let live = live.into_iter().filter_map(|uri| place.object(state, uri));
        responses.extend(live.map(|object| of_object(state, call, place, object, report)));
        responses.extend(gone.into_iter().map(|uri| {
            let href = call.href(&["calendars", &place.home, &place.name, uri], false);
            Element::new(DAV, "response")
                .with(Element::new(DAV, "href").text(href))
                .with(Element::new(DAV, "status").text("HTTP/1.1 404 Not Found"))
        }));
    }
    let token = Element::new(DAV, "sync-token").text(format!("{TOKEN}{}", calendar.token));
    let body = Element::new(DAV, "multistatus")
        .with_all(responses)
        .with(token);
    Reply::dav(207, call.who).traced().xml(body.document())
}

/// Accounts whose name holds the text; one property is enough.
fn principals(state: &State, call: &Call<'_>, report: &Element) -> Reply {
    let searches = report
        .all(DAV, "property-search")
        .filter_map(|search| search.child(DAV, "match"));
    let texts: Vec<String> = searches.map(|text| text.text.to_lowercase()).collect();
    let found = state.users.values().filter(|user| {
        let names = [user.display_name.to_lowercase(), user.email.to_lowercase()];
        texts
            .iter()
            .any(|text| names.iter().any(|name| name.contains(text)))
    });
    let asked = asked(report);
    let responses = found.map(|user| {
        let path = ["principals", "users", &user.id].map(str::to_owned);
        response(
            state,
            call,
            &path,
            &Node::Principal(user.id.clone()),
            &asked,
            false,
        )
    });
    multistatus(call, responses.collect())
}

/// Nextcloud's own search over all calendars of a home; without `Depth: 1` it looks at nothing (caldav/134).
fn search(state: &State, call: &Call<'_>, report: &Element) -> Reply {
    let Some(wanted) = report
        .child(NEXTCLOUD, "filter")
        .filter(|_| call.depth() == Some("1"))
    else {
        return multistatus(call, Vec::new());
    };
    let term = wanted
        .child(NEXTCLOUD, "search-term")
        .map(|term| term.text.to_lowercase())
        .unwrap_or_default();
    let names = |name: &'static str| {
        wanted
            .all(NEXTCLOUD, name)
            .filter_map(|one| one.get("name"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (components, properties) = (names("comp-filter"), names("prop-filter"));
    let mut responses = Vec::new();
    for place in node::home(state, call.who.name()) {
        for object in place.objects(state) {
            let Ok(read) = super::ical::Component::parse(&object.data) else {
                continue;
            };
            let found = read
                .subjects()
                .filter(|subject| components.contains(&subject.name))
                .any(|subject| {
                    let mut lines = subject
                        .lines
                        .iter()
                        .filter(|line| properties.contains(&line.name));
                    lines.any(|line| line.value.to_lowercase().contains(&term))
                });
            if found {
                responses.push(of_object(state, call, &place, object, report));
            }
        }
    }
    multistatus(call, responses)
}

/// The objects in the trash bin, in the order in which they were deleted (caldav/139). Those of a deleted calendar are
/// not among them: they come back with it (`getDeletedCalendarObjectsByPrincipal` in Nextcloud's source).
fn trash(state: &State, call: &Call<'_>, wanted: &Element, report: &Element) -> Vec<Element> {
    let own = state
        .calendars
        .all
        .iter()
        .filter(|calendar| calendar.owner == call.who.name() && calendar.deleted_at.is_none());
    let mut trashed: Vec<&Object> = own
        .flat_map(|calendar| &calendar.objects)
        .filter(|object| object.deleted_at.is_some() && filter::passes(wanted, &object.data))
        .collect();
    trashed.sort_by_key(|object| object.deleted_after);
    let asked = asked(report);
    let responses = trashed.into_iter().map(|object| {
        let path = [
            "calendars",
            call.who.name(),
            "trashbin",
            "objects",
            &format!("{}.ics", object.id),
        ]
        .map(str::to_owned);
        response(
            state,
            call,
            &path,
            &Node::TrashbinObject(object.id),
            &asked,
            false,
        )
    });
    responses.collect()
}

/// The messages in the inbox; Sabre runs the same filter over them.
fn inbox(state: &State, call: &Call<'_>, wanted: &Element, report: &Element) -> Vec<Element> {
    let messages = state.calendars.inboxes.get(call.who.name());
    let asked = asked(report);
    let found = messages
        .into_iter()
        .flatten()
        .filter(|object| filter::passes(wanted, &object.data));
    found
        .map(|object| {
            let path = ["calendars", call.who.name(), "inbox", &object.uri].map(str::to_owned);
            let node = Node::InboxObject(object.uri.clone());
            response(state, call, &path, &node, &asked, false)
        })
        .collect()
}

fn of_object(
    state: &State,
    call: &Call<'_>,
    place: &Place,
    object: &Object,
    report: &Element,
) -> Element {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for property in asked(report) {
        let node = Node::Object(place.clone(), object.uri.clone());
        match props::stored(state, place, object, &property)
            .or_else(|| props::value(state, call, &node, &property))
        {
            Some(value) => found.push(value),
            None => missing.push(Element::new(&property.namespace, &property.name)),
        }
    }
    let href = call.href(&["calendars", &place.home, &place.name, &object.uri], false);
    let mut response = Element::new(DAV, "response").with(Element::new(DAV, "href").text(href));
    response.children.push(propstat(found, "200 OK"));
    if !missing.is_empty() && !call.minimal() {
        response.children.push(propstat(missing, "404 Not Found"));
    }
    response
}

fn asked(report: &Element) -> Vec<Element> {
    report
        .child(DAV, "prop")
        .map(|prop| prop.children.clone())
        .unwrap_or_default()
}

fn multistatus(call: &Call<'_>, responses: Vec<Element>) -> Reply {
    let body = Element::new(DAV, "multistatus").with_all(responses);
    Reply::dav(207, call.who)
        .traced()
        .with("Vary", "Brief,Prefer")
        .xml(body.document())
}
