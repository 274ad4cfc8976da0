//! Invitations: the organizer's object is noted and the attendees of this server get it (caldav/099-102). Answers of
//! attendees go the same way back, for the whole object or for single occurrences, as Sabre's broker sends them.

use super::ical::{Component, Line};
use super::node::Place;
use super::store::Object;
use super::validate::uuid;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// What an attendee is marked with: the message is on its way (RFC 6638, section 3.2.9).
const SENT: &str = ";SCHEDULE-STATUS=1.1";
/// What an attendee is marked with whose answer arrived.
const ANSWERED: &str = ";SCHEDULE-STATUS=2.0";
/// Lines of a series that its occurrences have each for themselves, or not at all.
const OF_THE_SERIES: [&str; 7] = [
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
];

/// Delivers the invitations of an object that its owner organizes; says whether the object was changed by it.
pub(super) fn deliver(state: &mut State, place: &Place, object: &mut Component) -> bool {
    let organizer = format!("mailto:{}", state.users[&place.home].email);
    let Some(event) = object
        .components
        .iter_mut()
        .find(|one| one.name == "VEVENT")
    else {
        return false;
    };
    if event
        .value("ORGANIZER")
        .is_none_or(|address| !address.eq_ignore_ascii_case(&organizer))
    {
        return false;
    }
    let invitation = invitation(event);
    let mut invited = Vec::new();
    for line in event
        .lines
        .iter_mut()
        .filter(|line| line.name == "ATTENDEE" && !line.value.eq_ignore_ascii_case(&organizer))
    {
        if !line.params.contains("SCHEDULE-STATUS") {
            line.params.push_str(SENT);
        }
        invited.push(line.value.clone());
    }
    for address in &invited {
        let email = address.strip_prefix("mailto:").unwrap_or(address);
        let user = state
            .users
            .values()
            .find(|user| user.email.eq_ignore_ascii_case(email));
        if let Some(user) = user.map(|user| user.id.clone()) {
            arrive(state, &user, &invitation);
        }
    }
    !invited.is_empty()
}

/// Takes the answers that an attendee changed in their own object to the organizer, if that is an account here; says
/// whether the object was changed by it. Nothing is sent for an object that was not there before.
pub(super) fn answer(
    state: &mut State,
    place: &Place,
    old: Option<&Component>,
    object: &mut Component,
) -> bool {
    let own = format!("mailto:{}", state.users[&place.home].email);
    let Some(old) = old else {
        return false;
    };
    let mut changed: Vec<Component> = Vec::new();
    for event in object
        .components
        .iter_mut()
        .filter(|one| one.name == "VEVENT")
    {
        let before = old
            .subjects()
            .find(|one| one.value("RECURRENCE-ID") == event.value("RECURRENCE-ID"))
            .and_then(|one| answer_of(one, &own));
        let is_own = |address: &str| address.eq_ignore_ascii_case(&own);
        if event.value("ORGANIZER").is_some_and(is_own) || answer_of(event, &own) == before {
            continue;
        }
        changed.push(event.clone());
    }
    let Some(organizer) = changed.first().and_then(|event| event.value("ORGANIZER")) else {
        return false;
    };
    let organizer = organizer.to_owned();
    let mut events = object
        .components
        .iter_mut()
        .filter(|one| one.name == "VEVENT");
    if let Some(line) = events
        .next()
        .and_then(|event| event.lines.iter_mut().find(|line| line.name == "ORGANIZER"))
        && !line.params.contains("SCHEDULE-STATUS")
    {
        line.params.push_str(SENT);
    }
    let (_, uid) = object.identity();
    for event in &changed {
        arrive_answer(state, &organizer, &uid, &own, event);
    }
    true
}

/// PARTSTAT of an address in an event.
fn answer_of(event: &Component, address: &str) -> Option<String> {
    let mut attendees = event.lines_of("ATTENDEE");
    let line = attendees.find(|line| line.value.eq_ignore_ascii_case(address))?;
    Some(line.param("PARTSTAT").unwrap_or("NEEDS-ACTION").to_owned())
}

/// Notes an answer in the organizer's object; for an occurrence that has no component yet, one is made.
fn arrive_answer(state: &mut State, organizer: &str, uid: &str, from: &str, answer: &Component) {
    let email = organizer.strip_prefix("mailto:").unwrap_or(organizer);
    let user = state
        .users
        .values()
        .find(|user| user.email.eq_ignore_ascii_case(email));
    let (Some(user), Some(said)) = (user.map(|user| user.id.clone()), answer_of(answer, from))
    else {
        return;
    };
    let mut calendars = state
        .calendars
        .all
        .iter_mut()
        .filter(|calendar| calendar.owner == user);
    let found = calendars.find_map(|calendar| {
        let object = calendar
            .live()
            .into_iter()
            .find(|object| object.uid == uid)?;
        let (uri, data) = (object.uri.clone(), object.data.clone());
        Some((calendar, uri, data))
    });
    let Some((calendar, uri, data)) = found else {
        return;
    };
    let Ok(mut stored) = Component::parse(&data) else {
        return;
    };
    let id = answer.value("RECURRENCE-ID");
    let known = stored
        .subjects()
        .any(|one| one.value("RECURRENCE-ID") == id);
    let series = stored.subjects().next().cloned();
    if let Some(mut single) = series.filter(|_| !known) {
        single
            .lines
            .retain(|line| !OF_THE_SERIES.contains(&line.name.as_str()));
        let times = ["RECURRENCE-ID", "DTSTART", "DTEND", "DURATION"];
        let own = answer
            .lines
            .iter()
            .filter(|line| times.contains(&line.name.as_str()));
        single.lines.extend(own.cloned());
        stored.components.push(single);
    }
    for event in stored
        .components
        .iter_mut()
        .filter(|one| one.name == "VEVENT" && one.value("RECURRENCE-ID") == id)
    {
        let mut lines = event.lines.iter_mut();
        if let Some(line) =
            lines.find(|line| line.name == "ATTENDEE" && line.value.eq_ignore_ascii_case(from))
        {
            mark(line, &said);
        }
    }
    let (text, number) = (stored.text(), calendar.id);
    calendar.put(number, &uri, text, &stored);
}

/// An attendee's line after the answer arrived: nothing more is asked of them.
fn mark(line: &mut Line, said: &str) {
    let kept: String = line
        .params
        .split_inclusive(';')
        .map(|piece| piece.trim_end_matches(';'))
        .filter(|piece| {
            let name = piece.split('=').next().unwrap_or_default();
            !["", "PARTSTAT", "RSVP", "SCHEDULE-STATUS"].contains(&name)
        })
        .map(|piece| format!(";{piece}"))
        .collect();
    line.params = format!("{kept};PARTSTAT={said}{ANSWERED}");
}

/// The event as it is sent: without the organizer's own notes, stamped now.
fn invitation(event: &Component) -> Component {
    let mut event = event.clone();
    event.lines.retain(|line| line.name != "DTSTAMP");
    event.add("DTSTAMP", &time::ical(time::now()));
    event.components.retain(|inner| inner.name != "VALARM");
    let mut calendar = Component::calendar();
    calendar.components.push(event);
    calendar
}

/// Puts an invitation into an account's inbox and first calendar.
fn arrive(state: &mut State, user: &str, invitation: &Component) {
    let uri = format!("sabredav-{}.ics", uuid());
    let mut message = invitation.clone();
    message.add("METHOD", "REQUEST");
    let (_, uid) = invitation.identity();
    let id = state.ids.next();
    state
        .calendars
        .inboxes
        .entry(user.to_owned())
        .or_default()
        .push(Object {
            id,
            uri: uri.clone(),
            data: message.text(),
            uid: uid.clone(),
            component: String::new(),
            modified: time::now(),
            deleted_at: None,
            deleted_after: 0,
        });
    let Some(place) = state.calendars.own(user, "personal") else {
        return;
    };
    let id = state.ids.next();
    let calendar = &mut state.calendars.all[place];
    let known = calendar
        .live()
        .into_iter()
        .find(|object| object.uid == uid)
        .map(|object| object.uri.clone());
    calendar.put(id, &known.unwrap_or(uri), invitation.text(), invitation);
}
