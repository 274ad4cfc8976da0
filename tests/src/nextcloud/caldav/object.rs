//! Objects read, written, moved and deleted, with preconditions and the trash bin (caldav/025-063, 105-132, 140-145).

use super::ical::Component;
use super::node::{self, Missing, Node, Place};
use super::store::Object;
use super::{
    BAD_REQUEST, Call, FORBIDDEN, NOT_IMPLEMENTED, export, props, restore, schedule, validate,
};
use crate::nextcloud::etag;
use crate::nextcloud::reply::Reply;
use crate::nextcloud::request::segments;
use crate::nextcloud::state::State;
use crate::nextcloud::time;
use crate::nextcloud::xml::{Element, SABRE};

const NO_OBJECT: &str = "Calendar object not found";
const DUPLICATE: &str = "Calendar object with uid already exists in this calendar collection.";

/// Answers GET and HEAD.
pub(super) fn get(state: &State, call: &Call<'_>) -> Reply {
    let (place, uri) = match node::find(state, call.who.name(), call.path) {
        Ok(Node::Object(place, uri)) => (place, uri),
        Ok(Node::Calendar(place)) if call.request.parameter("export").is_some() => {
            return export::answer(state, call, &place);
        }
        Ok(Node::NoObject(..)) => return call.not_found(NO_OBJECT),
        Ok(_) => {
            return call.fail(
                501,
                NOT_IMPLEMENTED,
                "GET is only implemented for File objects",
            );
        }
        Err(Missing {
            message,
            foreign: true,
        }) => return call.not_found(&message).without("X-User-Id"),
        Err(missing) => return call.not_found(&missing.message),
    };
    let Some(object) = place.object(state, &uri) else {
        return call.not_found(NO_OBJECT);
    };
    let tag = format!("\"{}\"", object.etag());
    let known = call.request.header("If-None-Match");
    if known.is_some_and(|header| etag::named_by(header, &object.etag())) {
        return Reply::dav(304, call.who).with("ETag", tag);
    }
    let reply = Reply::dav(200, call.who).traced();
    // HEAD runs the same code inside itself and so is traced twice (caldav/029).
    let reply = if call.request.method == "HEAD" {
        reply.with("X-Debug-Token", "")
    } else {
        reply
    };
    reply
        .with("Last-Modified", time::http(object.modified))
        .with("ETag", tag.clone())
        .with("OC-ETag", tag)
        .with(
            "Content-Disposition",
            format!("attachment; filename*=UTF-8''{uri}; filename=\"{uri}\""),
        )
        .with(
            "Content-Type",
            format!(
                "text/calendar; charset=utf-8; component={}",
                object.component
            ),
        )
        .body(props::seen(&place, object))
}

/// Answers PUT.
pub(super) fn put(state: &mut State, call: &Call<'_>) -> Reply {
    let (place, uri) = match node::find(state, call.who.name(), call.path) {
        Ok(Node::Object(place, uri) | Node::NoObject(place, uri)) => (place, uri),
        Ok(_) => return call.fail(403, FORBIDDEN, "Permission denied to write here"),
        Err(missing) => return call.not_found(&missing.message),
    };
    let current = place.object(state, &uri).map(Object::etag);
    if let Some(refusal) = precondition(call, current.as_deref()) {
        return refusal;
    }
    if let Some(refusal) = unwritable(state, call, &place) {
        return refusal;
    }
    let valid = match validate::object(call, place.calendar(state)) {
        Ok(valid) => valid,
        Err(refusal) => return refusal,
    };
    let (_, uid) = valid.component.identity();
    if let Some(refusal) = taken(state, call, &place, &uri, &uid) {
        return refusal;
    }
    let mut component = valid.component;
    let before = place
        .object(state, &uri)
        .and_then(|object| Component::parse(&object.data).ok());
    let scheduled = schedule::deliver(state, &place, &mut component)
        || schedule::answer(state, &place, before.as_ref(), &mut component);
    let changed = scheduled || valid.repaired.is_some();
    let data = if changed {
        component.text()
    } else {
        call.request.text()
    };
    let tag = format!("\"{}\"", etag::of(&data));
    let id = state.ids.next();
    place.calendar_mut(state).put(id, &uri, data, &component);
    let mut reply = call.done(if current.is_some() { 204 } else { 201 });
    // What the server changed is no longer what the client sent, and so has no tag for it (caldav/041, 099).
    if !changed {
        reply = reply.with("ETag", tag.clone()).with("OC-ETag", tag);
    }
    match valid.repaired {
        Some(warning) => reply.with("X-Sabre-Ew-Gross", warning),
        None => reply,
    }
}

/// Answers DELETE.
pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Reply {
    match node::find(state, call.who.name(), call.path) {
        Ok(Node::Object(place, uri)) => {
            let current = place.object(state, &uri).map(Object::etag);
            if let Some(refusal) =
                precondition(call, current.as_deref()).or_else(|| unwritable(state, call, &place))
            {
                return refusal;
            }
            // The header that spares calendars the trash bin does nothing for objects (caldav/141, 142).
            let order = state.ids.next();
            place.calendar_mut(state).trash(&uri, order);
            call.done(204)
        }
        Ok(Node::NoObject(place, _)) => {
            unwritable(state, call, &place).unwrap_or_else(|| call.not_found(NO_OBJECT))
        }
        Ok(Node::Calendar(place)) => {
            delete_calendar(state, call, &place);
            call.done(204)
        }
        Ok(Node::TrashbinObject(id)) => {
            for calendar in state
                .calendars
                .all
                .iter_mut()
                .filter(|calendar| calendar.owner == call.who.name())
            {
                calendar
                    .objects
                    .retain(|object| object.id != id || object.deleted_at.is_none());
            }
            call.done(204)
        }
        Ok(_) => call.fail(403, FORBIDDEN, "Permission denied to delete node"),
        Err(missing) => call.not_found(&missing.message),
    }
}

/// Answers MOVE and COPY.
pub(super) fn relocate(state: &mut State, call: &Call<'_>) -> Reply {
    if let Some(reply) = restore::answer(state, call) {
        return reply;
    }
    let (from, uri) = match node::find(state, call.who.name(), call.path) {
        Ok(Node::Object(place, uri)) => (place, uri),
        Ok(Node::NoObject(..)) => return call.not_found(NO_OBJECT),
        Ok(_) => return call.fail(403, FORBIDDEN, "Permission denied to move node"),
        Err(missing) => return call.not_found(&missing.message),
    };
    let current = from.object(state, &uri).map(Object::etag);
    if let Some(refusal) = precondition(call, current.as_deref()) {
        return refusal;
    }
    let (to, name) = match goal(state, call) {
        Ok(goal) => goal,
        Err(refusal) => return refusal,
    };
    let moves = call.request.method == "MOVE";
    if let Some(refusal) = unwritable(state, call, &to).or_else(|| {
        if moves {
            unwritable(state, call, &from)
        } else {
            None
        }
    }) {
        return refusal;
    }
    let Some(object) = from.object(state, &uri).cloned() else {
        return call.not_found(NO_OBJECT);
    };
    let same_calendar = moves && from.index == to.index;
    if !same_calendar && let Some(refusal) = taken(state, call, &to, &name, &object.uid) {
        return refusal;
    }
    if moves {
        from.calendar_mut(state).take(&uri);
    }
    let id = state.ids.next();
    if let Ok(component) = Component::parse(&object.data) {
        let calendar = to.calendar_mut(state);
        calendar.put(id, &name, object.data, &component);
        // The time of the last change moves along (caldav/128).
        if let Some(moved) = calendar
            .objects
            .iter_mut()
            .find(|one| one.uri == name && one.deleted_at.is_none())
        {
            moved.modified = object.modified;
        }
    }
    call.done(201)
}

/// Where an object is to go, and what it is called there.
fn goal(state: &State, call: &Call<'_>) -> Result<(Place, String), Reply> {
    let Some(target) = destination(call) else {
        return Err(call.fail(400, BAD_REQUEST, "The destination header was not supplied"));
    };
    let target: Vec<&str> = target.iter().map(String::as_str).collect();
    match node::find(state, call.who.name(), &target) {
        Ok(Node::Object(..)) if call.request.header("Overwrite") == Some("F") => {
            Err(precondition_failed(
                call,
                "The destination node already exists, and the overwrite header is set to false",
                "Overwrite",
                None,
            ))
        }
        Ok(Node::NoObject(place, name) | Node::Object(place, name)) => Ok((place, name)),
        Ok(_) => Err(call.fail(403, FORBIDDEN, "Permission denied to create here")),
        Err(missing) => Err(call.fail(409, "Sabre\\DAV\\Exception\\Conflict", &missing.message)),
    }
}

/// To the trash bin, or out of it, or only out of a sharee's sight.
fn delete_calendar(state: &mut State, call: &Call<'_>, place: &Place) {
    if place.share.is_some() {
        let home = place.home.clone();
        place.calendar_mut(state).shares.remove(&home);
    } else if call.request.header("X-NC-CalDAV-No-Trashbin").is_some() {
        state.calendars.all.remove(place.index);
    } else {
        place
            .calendar_mut(state)
            .deleted_at
            .get_or_insert_with(time::now);
    }
}

/// Nextcloud says "not found" to those who may read but not write, and "denied" about birthdays (caldav/105, 132).
fn unwritable(state: &State, call: &Call<'_>, place: &Place) -> Option<Reply> {
    if place.writable(state) {
        return None;
    }
    if place.calendar(state).is_birthdays() {
        return Some(call.fail(403, FORBIDDEN, "Access denied"));
    }
    Some(call.not_found(&format!(
        "Calendar with name '{}' could not be found",
        place.name
    )))
}

/// A UID is taken by another object of the calendar, or by one in its trash bin: then the database says so.
fn taken(state: &State, call: &Call<'_>, place: &Place, uri: &str, uid: &str) -> Option<Reply> {
    let calendar = place.calendar(state);
    let same = calendar
        .objects
        .iter()
        .find(|object| object.uid == uid && (object.uri != uri || object.deleted_at.is_some()))?;
    if same.deleted_at.is_none() {
        return Some(call.fail(400, BAD_REQUEST, DUPLICATE));
    }
    let message = format!(
        "An exception occurred while executing a query: SQLSTATE[23505]: Unique violation: 7 ERROR:  duplicate key \
         value violates unique constraint \"calobjects_by_uid_index\"\nDETAIL:  Key (calendarid, calendartype, \
         uid)=({}, 0, {uid}) already exists.",
        calendar.id
    );
    Some(call.fail(500, "OC\\DB\\Exceptions\\DbalException", &message))
}

/// `If-Match` and `If-None-Match` (RFC 9110, section 13.1) as Sabre takes them.
fn precondition(call: &Call<'_>, current: Option<&str>) -> Option<Reply> {
    if let Some(header) = call.request.header("If-Match") {
        let Some(current) = current else {
            let message = "An If-Match header was specified and the resource did not exist";
            return Some(precondition_failed(call, message, "If-Match", None));
        };
        if header != "*" && !etag::named_by(header, current) {
            let message =
                "An If-Match header was specified, but none of the specified ETags matched.";
            return Some(precondition_failed(
                call,
                message,
                "If-Match",
                Some(current),
            ));
        }
    }
    let header = call.request.header("If-None-Match")?;
    let matched = current.is_some_and(|current| header == "*" || etag::named_by(header, current));
    matched.then(|| {
        let message =
            "An If-None-Match header was specified, but the ETag matched (or * was specified).";
        precondition_failed(call, message, "If-None-Match", None)
    })
}

fn precondition_failed(
    call: &Call<'_>,
    message: &str,
    header: &str,
    current: Option<&str>,
) -> Reply {
    let mut error = super::error_element("Sabre\\DAV\\Exception\\PreconditionFailed", message);
    error
        .children
        .push(Element::new(SABRE, "header").text(header));
    let reply = Reply::dav(412, call.who).xml(error.document());
    match current {
        Some(current) => reply.with("ETag", format!("\"{current}\"")),
        None => reply,
    }
}

/// The path below `/remote.php/dav` that `Destination` names.
pub(super) fn destination(call: &Call<'_>) -> Option<Vec<String>> {
    let header = call.request.header("Destination")?;
    let path = match url::Url::parse(header) {
        Ok(url) => url.path().to_owned(),
        Err(_) => header.to_owned(),
    };
    let below = path
        .strip_prefix(&call.request.web_root)?
        .strip_prefix("/remote.php/dav")?;
    Some(segments(below))
}
