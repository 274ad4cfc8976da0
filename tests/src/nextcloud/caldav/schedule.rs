//! Invitations: the organizer's object is noted and the attendees of this server get it (caldav/099-102). Answers of
//! attendees are not sent back.

use super::ical::Component;
use super::node::Place;
use super::store::Object;
use super::validate::uuid;
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// What an attendee is marked with: the message is on its way (RFC 6638, section 3.2.9).
const SENT: &str = ";SCHEDULE-STATUS=1.1";

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
