//! The properties of every node: one function, so that PROPFIND and REPORT say the same.

use super::node::{Node, Place};
use super::store::Object;
use super::{Call, expand, restore};
use crate::nextcloud::state::State;
use crate::nextcloud::time;
use crate::nextcloud::xml::{
    APPLE, CALDAV, CALENDARSERVER, DAV, Element, NEXTCLOUD, OWNCLOUD, SABRE,
};

/// Largest object that the server takes, in bytes, as it says.
const MAX_RESOURCE_SIZE: &str = "10000000";

/// What PROPFIND without a body asks for.
const ALL: [(&str, &str); 15] = [
    (DAV, "getlastmodified"),
    (DAV, "getcontentlength"),
    (DAV, "resourcetype"),
    (DAV, "getetag"),
    (DAV, "getcontenttype"),
    (CALENDARSERVER, "getctag"),
    (SABRE, "sync-token"),
    (CALDAV, "supported-calendar-component-set"),
    (CALDAV, "schedule-calendar-transp"),
    (OWNCLOUD, "owner-principal"),
    (DAV, "displayname"),
    (CALDAV, "calendar-description"),
    (APPLE, "calendar-order"),
    (APPLE, "calendar-color"),
    (NEXTCLOUD, "owner-displayname"),
];

/// Rights of the one who owns a node.
const OWNER: [&str; 10] = [
    "write",
    "write-properties",
    "write-content",
    "unlock",
    "bind",
    "unbind",
    "write-acl",
    "read",
    "read-acl",
    "read-current-user-privilege-set",
];
/// Rights of one who may only read.
const READER: [&str; 4] = [
    "write-properties",
    "read",
    "read-acl",
    "read-current-user-privilege-set",
];

/// The names that PROPFIND without a body asks for.
pub(super) fn all() -> Vec<Element> {
    ALL.iter()
        .map(|(namespace, name)| Element::new(namespace, name))
        .collect()
}

/// A property of a node; `None` where it has none. `asked` carries what the request says about it (expansion).
pub(super) fn value(
    state: &State,
    call: &Call<'_>,
    node: &Node,
    asked: &Element,
) -> Option<Element> {
    let name = (asked.namespace.as_str(), asked.name.as_str());
    if name == (DAV, "resourcetype") {
        return Some(resource_type(state, node));
    }
    if name == (DAV, "current-user-principal") {
        return Some(with_href(
            asked,
            &call.href(&["principals", "users", call.who.name()], true),
        ));
    }
    match node {
        Node::Principal(user) => principal(state, call, user, asked),
        Node::Calendar(place) => {
            calendar(state, call, place, asked).or_else(|| custom(state, place, asked))
        }
        Node::Object(place, uri) => place
            .object(state, uri)
            .and_then(|object| stored(state, place, object, asked)),
        Node::InboxObject(uri) => {
            let inbox = state.calendars.inboxes.get(call.who.name())?;
            let object = inbox.iter().find(|object| object.uri == *uri)?;
            of_object(object, &object.data, asked)
        }
        Node::TrashbinObject(id) => trashed(state, call, *id, asked),
        Node::Home | Node::Inbox | Node::Outbox | Node::Trashbin => in_home(call, node, asked),
        _ => None,
    }
}

/// An object's property in a report, where the path is already known.
pub(super) fn stored(
    state: &State,
    place: &Place,
    object: &Object,
    asked: &Element,
) -> Option<Element> {
    of_object(object, &seen(place, object), asked).or_else(|| {
        let owner = &place.calendar(state).owner;
        (asked.is(DAV, "owner"))
            .then(|| with_href(asked, &format!("/remote.php/dav/principals/users/{owner}/")))
    })
}

/// The text of an object as an account sees it: what others share is written anew, without alarms where it can only
/// be read (caldav/109).
pub(super) fn seen(place: &Place, object: &Object) -> String {
    let Some(share) = &place.share else {
        return object.data.clone();
    };
    match super::ical::Component::parse(&object.data) {
        Ok(mut component) => {
            if !share.write {
                component.drop_alarms();
            }
            component.text()
        }
        Err(_) => object.data.clone(),
    }
}

fn of_object(object: &Object, data: &str, asked: &Element) -> Option<Element> {
    let text = match (asked.namespace.as_str(), asked.name.as_str()) {
        (DAV, "getetag") => format!("\"{}\"", object.etag()),
        (DAV, "getcontenttype") if object.component.is_empty() => {
            "text/calendar; charset=utf-8".into()
        }
        (DAV, "getcontenttype") => format!(
            "text/calendar; charset=utf-8; component={}",
            object.component
        ),
        (DAV, "getlastmodified") => time::http(object.modified),
        (DAV, "getcontentlength") => data.len().to_string(),
        // Data has its carriage returns dropped, unless it was made for the answer.
        (CALDAV, "calendar-data") => match asked.child(CALDAV, "expand") {
            Some(range) => expand::text(data, range.get("start")?, range.get("end")?)?,
            None => data.replace('\r', ""),
        },
        _ => return None,
    };
    Some(Element::new(&asked.namespace, &asked.name).text(text))
}

fn trashed(state: &State, call: &Call<'_>, id: i64, asked: &Element) -> Option<Element> {
    let own = state
        .calendars
        .all
        .iter()
        .filter(|calendar| calendar.owner == call.who.name());
    let found = own.flat_map(|calendar| {
        calendar
            .objects
            .iter()
            .map(move |object| (calendar, object))
    });
    let (calendar, object) = found
        .into_iter()
        .find(|(_, object)| object.id == id && object.deleted_at.is_some())?;
    let text = match (asked.namespace.as_str(), asked.name.as_str()) {
        (NEXTCLOUD, "deleted-at") => time::atom(object.deleted_at?),
        (NEXTCLOUD, "calendar-uri") => calendar.uri.clone(),
        _ => return of_object(object, &object.data, asked),
    };
    Some(Element::new(&asked.namespace, &asked.name).text(text))
}

fn principal(state: &State, call: &Call<'_>, id: &str, asked: &Element) -> Option<Element> {
    let user = state.users.get(id)?;
    let own = call.href(&["principals", "users", id], true);
    Some(match (asked.namespace.as_str(), asked.name.as_str()) {
        (CALDAV, "calendar-home-set") => with_href(asked, &call.href(&["calendars", id], true)),
        (CALDAV, "schedule-inbox-URL") => {
            with_href(asked, &call.href(&["calendars", id, "inbox"], true))
        }
        (CALDAV, "schedule-outbox-URL") => {
            with_href(asked, &call.href(&["calendars", id, "outbox"], true))
        }
        (CALDAV, "schedule-default-calendar-URL") => {
            with_href(asked, &call.href(&["calendars", id, "personal"], true))
        }
        (CALDAV, "calendar-user-address-set") => {
            with_href(asked, &format!("mailto:{}", user.email)).with(href(&own))
        }
        (CALENDARSERVER, "email-address-set") => Element::new(CALENDARSERVER, "email-address-set")
            .with(Element::new(CALENDARSERVER, "email-address").text(&user.email)),
        (DAV, "displayname") => Element::new(DAV, "displayname").text(&user.display_name),
        (DAV, "principal-URL") => with_href(asked, &own),
        _ => return None,
    })
}

fn calendar(state: &State, call: &Call<'_>, place: &Place, asked: &Element) -> Option<Element> {
    let calendar = place.calendar(state);
    let token = format!("http://sabre.io/ns/sync/{}", calendar.token);
    let empty = || Element::new(&asked.namespace, &asked.name);
    let text = |text: &str| Some(empty().text(text));
    match (asked.namespace.as_str(), asked.name.as_str()) {
        (DAV, "displayname") => text(&display_name(state, place)),
        (CALDAV, "calendar-description") => text(calendar.description.as_ref()?),
        (APPLE, "calendar-color") => text(calendar.color.as_ref()?),
        (APPLE, "calendar-order") => text(calendar.order.as_deref().unwrap_or("0")),
        (CALDAV, "calendar-timezone") => text(calendar.timezone.as_ref()?),
        (CALENDARSERVER, "getctag") | (DAV, "sync-token") => text(&token),
        (SABRE, "sync-token") => text(&calendar.token.to_string()),
        (CALDAV, "supported-calendar-component-set") => {
            let components = calendar.components.iter();
            Some(empty().with_all(
                components.map(|name| Element::new(CALDAV, "comp").attribute("name", name)),
            ))
        }
        (CALDAV, "schedule-calendar-transp") => {
            let word = if calendar.transparent {
                "transparent"
            } else {
                "opaque"
            };
            Some(empty().with(Element::new(CALDAV, word)))
        }
        (CALDAV, "max-resource-size") => text(MAX_RESOURCE_SIZE),
        (DAV, "owner") => Some(with_href(
            asked,
            &call.href(&["principals", "users", &calendar.owner], true),
        )),
        (OWNCLOUD, "owner-principal") => text(&format!("principals/users/{}", calendar.owner)),
        (NEXTCLOUD, "owner-displayname") => text(&state.users[&calendar.owner].display_name),
        (OWNCLOUD, "read-only") => place
            .share
            .as_ref()
            .filter(|share| !share.write)
            .and_then(|_| text("1")),
        (NEXTCLOUD, "deleted-at") => text(&time::atom(calendar.deleted_at?)),
        (DAV, "current-user-privilege-set") => {
            let rights: &[&str] = if place.writable(state) {
                &OWNER
            } else {
                &READER
            };
            let free_busy =
                Element::new(DAV, "privilege").with(Element::new(CALDAV, "read-free-busy"));
            Some(privileges(DAV, rights).with(free_busy))
        }
        (OWNCLOUD, "invite") => Some(invite(state, place)),
        _ => None,
    }
}

/// A property that a client stored and the server gives no meaning.
fn custom(state: &State, place: &Place, asked: &Element) -> Option<Element> {
    let custom = &place.calendar(state).custom;
    custom
        .iter()
        .find(|element| element.is(&asked.namespace, &asked.name))
        .cloned()
}

fn display_name(state: &State, place: &Place) -> String {
    let calendar = place.calendar(state);
    if place.share.is_none() {
        return calendar.display_name.clone();
    }
    let own_name = state
        .calendars
        .names
        .get(&(place.home.clone(), place.name.clone()))
        .cloned();
    own_name.unwrap_or_else(|| {
        format!(
            "{} ({})",
            calendar.display_name, state.users[&calendar.owner].display_name
        )
    })
}

fn invite(state: &State, place: &Place) -> Element {
    let shares = place.calendar(state).shares.iter();
    Element::new(OWNCLOUD, "invite").with_all(shares.map(|(user, share)| {
        let access = if share.write { "read-write" } else { "read" };
        Element::new(OWNCLOUD, "user")
            .with(href(&format!("principal:principals/users/{user}")))
            .with(Element::new(OWNCLOUD, "common-name").text(&state.users[user].display_name))
            .with(Element::new(OWNCLOUD, "invite-accepted"))
            .with(Element::new(OWNCLOUD, "access").with(Element::new(OWNCLOUD, access)))
    }))
}

fn in_home(call: &Call<'_>, node: &Node, asked: &Element) -> Option<Element> {
    match (asked.namespace.as_str(), asked.name.as_str()) {
        (DAV, "owner") => Some(with_href(
            asked,
            &call.href(&["principals", "users", call.who.name()], true),
        )),
        (CALDAV, "max-resource-size") if matches!(node, Node::Inbox) => {
            Some(Element::new(CALDAV, "max-resource-size").text(MAX_RESOURCE_SIZE))
        }
        (NEXTCLOUD, "trash-bin-retention-duration") if matches!(node, Node::Trashbin) => {
            Some(Element::new(NEXTCLOUD, "trash-bin-retention-duration").text(restore::RETENTION))
        }
        (DAV, "current-user-privilege-set") => Some(match node {
            Node::Inbox => inbox_privileges(),
            Node::Outbox => outbox_privileges(),
            Node::Trashbin => privileges(
                DAV,
                &[
                    "all",
                    "read",
                    "write",
                    "write-properties",
                    "write-content",
                    "unlock",
                    "bind",
                    "unbind",
                    "write-acl",
                    "read-acl",
                    "read-current-user-privilege-set",
                ],
            ),
            _ => privileges(DAV, &OWNER),
        }),
        _ => None,
    }
}

fn inbox_privileges() -> Element {
    let deliver = [
        "schedule-deliver",
        "schedule-deliver-invite",
        "schedule-deliver-reply",
        "schedule-query-freebusy",
    ];
    let mut set = privileges(CALDAV, &deliver);
    let own = [
        "unbind",
        "write-properties",
        "read",
        "read-acl",
        "read-current-user-privilege-set",
    ];
    set.children.extend(privileges(DAV, &own).children);
    set
}

fn outbox_privileges() -> Element {
    let send = [
        "schedule-send",
        "schedule-send-invite",
        "schedule-send-reply",
        "schedule-send-freebusy",
        "schedule-post-vevent",
    ];
    let mut set = privileges(CALDAV, &send);
    set.children.extend(privileges(DAV, &READER[1..]).children);
    set
}

fn privileges(namespace: &str, rights: &[&str]) -> Element {
    let each = rights
        .iter()
        .map(|right| Element::new(DAV, "privilege").with(Element::new(namespace, right)));
    Element::new(DAV, "current-user-privilege-set").with_all(each)
}

fn resource_type(state: &State, node: &Node) -> Element {
    let kind = Element::new(DAV, "resourcetype");
    let collection = kind.clone().with(Element::new(DAV, "collection"));
    match node {
        Node::Object(..) | Node::NoObject(..) | Node::InboxObject(_) | Node::TrashbinObject(_) => {
            kind
        }
        Node::Principal(_) => kind.with(Element::new(DAV, "principal")),
        Node::Calendar(place) if place.calendar(state).deleted_at.is_some() => {
            collection.with(Element::new(NEXTCLOUD, "deleted-calendar"))
        }
        Node::Calendar(_) => collection.with(Element::new(CALDAV, "calendar")),
        Node::Inbox => collection.with(Element::new(CALDAV, "schedule-inbox")),
        Node::Outbox => collection.with(Element::new(CALDAV, "schedule-outbox")),
        Node::Trashbin => collection.with(Element::new(NEXTCLOUD, "trash-bin")),
        Node::Root
        | Node::Principals
        | Node::Home
        | Node::TrashbinObjects
        | Node::TrashbinRestore => collection,
    }
}

fn with_href(asked: &Element, target: &str) -> Element {
    Element::new(&asked.namespace, &asked.name).with(href(target))
}

fn href(target: &str) -> Element {
    Element::new(DAV, "href").text(target)
}
