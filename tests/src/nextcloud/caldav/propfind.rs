//! PROPFIND, and the multistatus that reports share with it.

use super::node::{self, Node};
use super::{BAD_REQUEST, Call, NOT_IMPLEMENTED, props};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::xml::{DAV, Element};

/// A node with the path it is known by.
pub(super) type Named = (Vec<String>, Node);

/// Answers PROPFIND.
pub(super) fn answer(state: &State, call: &Call<'_>) -> Reply {
    let head = |reply: Reply| {
        reply
            .with("Vary", "Brief,Prefer")
            .with("DAV", call.features())
    };
    let asked = match properties(call) {
        Ok(asked) => asked,
        Err(message) => return call.fail(400, BAD_REQUEST, &message),
    };
    let node = match node::find(state, call.who.name(), call.path) {
        Ok(Node::NoObject(..)) => return head(call.not_found("Calendar object not found")),
        Ok(node) => node,
        Err(missing) => return head(call.not_found(&missing.message)),
    };
    let own: Vec<String> = call
        .path
        .iter()
        .map(|segment| (*segment).to_owned())
        .collect();
    let mut nodes = vec![(own.clone(), node.clone())];
    if call.depth() != Some("0") {
        // Deeper than 1 runs into a part of the trash bin that cannot be listed (caldav/008, 125).
        let deep = call.depth() != Some("1") && matches!(node, Node::Home);
        if deep || matches!(node, Node::TrashbinObjects) {
            return head(call.fail(501, NOT_IMPLEMENTED, ""));
        }
        nodes.extend(children(state, call, &own, &node));
    }
    let all = asked.is_none();
    let asked = asked.unwrap_or_else(props::all);
    let responses = nodes
        .iter()
        .map(|(path, node)| response(state, call, path, node, &asked, all));
    let body = Element::new(DAV, "multistatus").with_all(responses);
    head(Reply::dav(207, call.who).traced()).xml(body.document())
}

/// One node's answer: what it has, and what it has not unless nobody wants to know.
pub(super) fn response(
    state: &State,
    call: &Call<'_>,
    path: &[String],
    node: &Node,
    asked: &[Element],
    only_found: bool,
) -> Element {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for property in asked {
        match props::value(state, call, node, property) {
            Some(value) => found.push(value),
            None => missing.push(Element::new(&property.namespace, &property.name)),
        }
    }
    if only_found || call.minimal() {
        missing.clear();
    }
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let href = call.href(&path, is_collection(node));
    let mut response = Element::new(DAV, "response").with(Element::new(DAV, "href").text(href));
    if !found.is_empty() {
        response.children.push(propstat(found, "200 OK"));
    }
    if !missing.is_empty() {
        response.children.push(propstat(missing, "404 Not Found"));
    }
    response
}

/// Properties that share a status.
pub(super) fn propstat(properties: Vec<Element>, status: &str) -> Element {
    Element::new(DAV, "propstat")
        .with(Element::new(DAV, "prop").with_all(properties))
        .with(Element::new(DAV, "status").text(format!("HTTP/1.1 {status}")))
}

/// A collection that has nothing but its type (caldav/138).
pub(super) fn bare_collection(href: &str) -> Element {
    let kind = Element::new(DAV, "resourcetype").with(Element::new(DAV, "collection"));
    let response = Element::new(DAV, "response").with(Element::new(DAV, "href").text(href));
    Element::new(DAV, "multistatus").with(response.with(propstat(vec![kind], "200 OK")))
}

/// The properties that the body asks for; `None` for all.
fn properties(call: &Call<'_>) -> Result<Option<Vec<Element>>, String> {
    if call.request.body.is_empty() {
        return Ok(None);
    }
    let body = Element::parse(&call.request.text()).map_err(|malformed| malformed.0)?;
    Ok(body.child(DAV, "prop").map(|prop| prop.children.clone()))
}

fn children(state: &State, call: &Call<'_>, own: &[String], node: &Node) -> Vec<Named> {
    let below = |name: &str| {
        let mut path = own.to_vec();
        path.push(name.to_owned());
        path
    };
    match node {
        Node::Home => {
            let places = node::home(state, call.who.name()).into_iter();
            let mut nodes: Vec<Named> = places
                .map(|place| (below(&place.name), Node::Calendar(place)))
                .collect();
            for (name, node) in [
                ("inbox", Node::Inbox),
                ("outbox", Node::Outbox),
                ("trashbin", Node::Trashbin),
            ] {
                nodes.push((below(name), node));
            }
            nodes
        }
        Node::Calendar(place) => {
            let objects = place.objects(state).into_iter();
            objects
                .map(|object| {
                    (
                        below(&object.uri),
                        Node::Object(place.clone(), object.uri.clone()),
                    )
                })
                .collect()
        }
        Node::Inbox => {
            let inbox = state
                .calendars
                .inboxes
                .get(call.who.name())
                .into_iter()
                .flatten();
            inbox
                .map(|object| (below(&object.uri), Node::InboxObject(object.uri.clone())))
                .collect()
        }
        Node::Principals => {
            let users = state.users.keys();
            users
                .map(|user| {
                    (
                        ["principals", "users", user].map(str::to_owned).to_vec(),
                        Node::Principal(user.clone()),
                    )
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn is_collection(node: &Node) -> bool {
    !matches!(
        node,
        Node::Object(..) | Node::NoObject(..) | Node::InboxObject(_) | Node::TrashbinObject(_)
    )
}
