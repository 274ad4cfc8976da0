//! Calendars made and changed: MKCALENDAR, extended MKCOL and PROPPATCH (caldav/015-023, 110, 129).

use super::node::{self, Node, Place};
use super::propfind::propstat;
use super::store::{Calendar, Calendars};
use super::{ALLOW, BAD_REQUEST, Call, FORBIDDEN, NOT_ALLOWED};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::xml::{
    APPLE, CALDAV, CALENDARSERVER, DAV, Element, NEXTCLOUD, OWNCLOUD, SABRE,
};

/// Answers MKCALENDAR and MKCOL.
pub(super) fn make(state: &mut State, call: &Call<'_>) -> Reply {
    let ["calendars", user, rest @ ..] = call.path else {
        return call.fail(
            403,
            FORBIDDEN,
            "Permission denied to create a collection here",
        );
    };
    // A missing parent is found out before the login is noted in the answer.
    let parent = match rest {
        [_] if *user == call.who.name() => None,
        [_] => Some(*user),
        [.., parent, _] => Some(*parent),
        [] => None,
    };
    if let Some(parent) = parent {
        let message = format!("Node with name '{parent}' could not be found");
        return call.not_found(&message).without("X-User-Id");
    }
    let Some(name) = rest.first() else {
        return exists(call);
    };
    if node::find(state, call.who.name(), call.path).is_ok() {
        return exists(call);
    }
    let mut calendar = Calendars::empty(state.ids.next(), call.who.name(), name);
    if !call.request.body.is_empty() {
        let body = match Element::parse(&call.request.text()) {
            Ok(body) => body,
            Err(malformed) => return call.fail(400, BAD_REQUEST, &malformed.0),
        };
        for property in properties(&body, "set") {
            set(&mut calendar, &property);
        }
    }
    state.calendars.all.push(calendar);
    call.done(201)
}

/// Answers PROPPATCH.
pub(super) fn proppatch(state: &mut State, call: &Call<'_>) -> Reply {
    let place = match node::find(state, call.who.name(), call.path) {
        Ok(Node::Calendar(place)) => place,
        Ok(_) => return call.fail(403, FORBIDDEN, "Permission denied to change properties"),
        Err(missing) => return call.not_found(&missing.message),
    };
    let body = match Element::parse(&call.request.text()) {
        Ok(body) => body,
        Err(malformed) => return call.fail(400, BAD_REQUEST, &malformed.0),
    };
    let (changed, removed) = (properties(&body, "set"), properties(&body, "remove"));
    let names = changed
        .iter()
        .chain(&removed)
        .map(|property| Element::new(&property.namespace, &property.name));
    let (refused, accepted): (Vec<_>, Vec<_>) = names.partition(is_protected);
    let mut response = Element::new(DAV, "response")
        .with(Element::new(DAV, "href").text(call.href(call.path, false)));
    if refused.is_empty() {
        apply(state, &place, &changed, &removed);
        response.children.push(propstat(accepted, "200 OK"));
    } else {
        response.children.push(propstat(refused, "403 Forbidden"));
        if !accepted.is_empty() {
            response
                .children
                .push(propstat(accepted, "424 Failed Dependency"));
        }
    }
    let body = Element::new(DAV, "multistatus").with(response);
    Reply::dav(207, call.who)
        .traced()
        .with("Vary", "Brief,Prefer")
        .xml(body.document())
}

fn apply(state: &mut State, place: &Place, changed: &[Element], removed: &[Element]) {
    if place.share.is_some() {
        // The name that another account gives the calendar is its own, and no change of the calendar.
        let name = changed
            .iter()
            .find(|property| property.is(DAV, "displayname"));
        if let Some(name) = name {
            state
                .calendars
                .names
                .insert((place.home.clone(), place.name.clone()), name.text.clone());
        }
        return;
    }
    let calendar = place.calendar_mut(state);
    for property in changed {
        set(calendar, property);
    }
    for property in removed {
        unset(calendar, property);
    }
    calendar.touch();
}

fn exists(call: &Call<'_>) -> Reply {
    call.fail(
        405,
        NOT_ALLOWED,
        "The resource you tried to create already exists",
    )
    .with("Allow", ALLOW)
}

/// The properties below `d:set/d:prop` or `d:remove/d:prop`.
fn properties(body: &Element, verb: &str) -> Vec<Element> {
    let props = body
        .all(DAV, verb)
        .filter_map(|verb| verb.child(DAV, "prop"));
    props.flat_map(|prop| prop.children.clone()).collect()
}

fn set(calendar: &mut Calendar, property: &Element) {
    let text = property.text.clone();
    match (property.namespace.as_str(), property.name.as_str()) {
        (DAV, "displayname") => calendar.display_name = text,
        (CALDAV, "calendar-description") => calendar.description = Some(text),
        (APPLE, "calendar-color") => calendar.color = Some(text),
        (APPLE, "calendar-order") => calendar.order = Some(text),
        (CALDAV, "calendar-timezone") => calendar.timezone = Some(text),
        (CALDAV, "schedule-calendar-transp") => {
            calendar.transparent = property.child(CALDAV, "transparent").is_some();
        }
        (CALDAV, "supported-calendar-component-set") => {
            let names = property
                .all(CALDAV, "comp")
                .filter_map(|component| component.get("name"));
            calendar.components = names.map(str::to_owned).collect();
        }
        (DAV, "resourcetype") => {}
        _ => {
            unset(calendar, property);
            calendar.custom.push(property.clone());
        }
    }
}

fn unset(calendar: &mut Calendar, property: &Element) {
    match (property.namespace.as_str(), property.name.as_str()) {
        (CALDAV, "calendar-description") => calendar.description = None,
        (APPLE, "calendar-color") => calendar.color = None,
        (APPLE, "calendar-order") => calendar.order = None,
        (CALDAV, "calendar-timezone") => calendar.timezone = None,
        _ => calendar
            .custom
            .retain(|element| !element.is(&property.namespace, &property.name)),
    }
}

fn is_protected(property: &Element) -> bool {
    let name = property.name.as_str();
    match property.namespace.as_str() {
        DAV => matches!(
            name,
            "sync-token" | "resourcetype" | "owner" | "current-user-privilege-set" | "getetag"
        ),
        CALDAV => matches!(
            name,
            "supported-calendar-component-set" | "max-resource-size"
        ),
        CALENDARSERVER => name == "getctag",
        OWNCLOUD => matches!(name, "read-only" | "owner-principal" | "invite"),
        NEXTCLOUD => matches!(name, "owner-displayname" | "deleted-at"),
        SABRE => name == "sync-token",
        _ => false,
    }
}
