//! Free and busy times: of one calendar, and of other accounts through the scheduling outbox (caldav/095-098).

use super::ical::{Component, Line};
use super::node::{self, Place};
use super::occurrences::{self, Range};
use super::{BAD_REQUEST, Call, FORBIDDEN};
use crate::nextcloud::reply::Reply;
use crate::nextcloud::state::State;
use crate::nextcloud::time;
use crate::nextcloud::xml::{CALDAV, DAV, Element};

/// Answers a `free-busy-query` on a calendar.
pub(super) fn query(state: &State, call: &Call<'_>, place: &Place, report: &Element) -> Reply {
    let Some(range) = report
        .child(CALDAV, "time-range")
        .and_then(|range| Range::of(range).ok())
    else {
        return call.fail(
            400,
            BAD_REQUEST,
            "The time-range element is required for this request",
        );
    };
    let mut calendar = Component::calendar();
    calendar
        .components
        .push(busy(state, std::slice::from_ref(place), range));
    Reply::dav(200, call.who)
        .traced()
        .with("Content-Type", "text/calendar;charset=UTF-8")
        .body(calendar.text())
}

/// Answers a request for others' busy times at the outbox.
pub(super) fn outbox(state: &State, call: &Call<'_>) -> Reply {
    let asked = Component::parse(&call.request.text()).ok();
    let Some(asked) = asked
        .as_ref()
        .and_then(|calendar| calendar.subjects().next())
        .filter(|one| one.name == "VFREEBUSY")
    else {
        return call.fail(400, BAD_REQUEST, "The outbox only takes VFREEBUSY requests");
    };
    let own = format!("mailto:{}", state.users[call.who.name()].email);
    if asked
        .value("ORGANIZER")
        .is_none_or(|organizer| !organizer.eq_ignore_ascii_case(&own))
    {
        let message = "The organizer in the request did not match any of the addresses for the owner of this inbox";
        return call.fail(403, FORBIDDEN, message);
    }
    let moment = |name: &str| asked.line(name).and_then(occurrences::when);
    let range = Range {
        start: moment("DTSTART").unwrap_or(i64::MIN),
        end: moment("DTEND").unwrap_or(i64::MAX),
    };
    let attendees = asked.lines_of("ATTENDEE");
    let responses = attendees.map(|attendee| recipient(state, asked, &attendee.value, range));
    let body = Element::new(CALDAV, "schedule-response").with_all(responses);
    Reply::dav(200, call.who)
        .traced()
        .with("Content-Type", "application/xml")
        .body(body.document())
}

fn recipient(state: &State, asked: &Component, address: &str, range: Range) -> Element {
    let response = Element::new(CALDAV, "response")
        .with(Element::new(CALDAV, "recipient").with(Element::new(DAV, "href").text(address)));
    let status = |text: &str| Element::new(CALDAV, "request-status").text(text);
    let email = address.strip_prefix("mailto:").unwrap_or(address);
    let Some(user) = state
        .users
        .values()
        .find(|user| user.email.eq_ignore_ascii_case(email))
    else {
        return response.with(status("3.7;Could not find principal"));
    };
    let mut reply = Component::calendar();
    reply.add("METHOD", "REPLY");
    let mut busy = busy(state, &node::home(state, &user.id), range);
    busy.add("ATTENDEE", address);
    busy.add("UID", asked.value("UID").unwrap_or_default());
    busy.add("ORGANIZER", asked.value("ORGANIZER").unwrap_or_default());
    reply.components.push(busy);
    let data = Element::new(CALDAV, "calendar-data").text(reply.text().replace('\r', ""));
    response.with(status("2.0;Success")).with(data)
}

/// The busy times of some calendars, merged where they touch.
fn busy(state: &State, places: &[Place], range: Range) -> Component {
    let mut busy = Component::new("VFREEBUSY");
    busy.add("DTSTART", &time::ical(range.start));
    busy.add("DTEND", &time::ical(range.end));
    busy.add("DTSTAMP", &time::ical(time::now()));
    let mut periods: Vec<(i64, i64)> = Vec::new();
    let mut tentative: Vec<(i64, i64)> = Vec::new();
    for place in places.iter().filter(|place| {
        !place.calendar(state).transparent && place.calendar(state).deleted_at.is_none()
    }) {
        for object in place
            .objects(state)
            .into_iter()
            .filter(|object| object.component == "vevent")
        {
            if object.data.contains("TRANSP:TRANSPARENT")
                || object.data.contains("STATUS:CANCELLED")
            {
                continue;
            }
            let found = occurrences::of(&object.data)
                .into_iter()
                .filter(|one| range.overlaps(one.start, one.end));
            let found = found.map(|one| (one.start.max(range.start), one.end.min(range.end)));
            if object.data.contains("STATUS:TENTATIVE") {
                tentative.extend(found);
            } else {
                periods.extend(found);
            }
        }
    }
    for (mut periods, params) in [(periods, ""), (tentative, ";FBTYPE=BUSY-TENTATIVE")] {
        periods.sort_unstable();
        busy.lines
            .extend(merged(&periods).into_iter().map(|(start, end)| Line {
                name: "FREEBUSY".to_owned(),
                params: params.to_owned(),
                value: format!("{}/{}", time::ical(start), time::ical(end)),
            }));
    }
    busy
}

/// Periods that touch become one; one that ends before it begins stays as it is (caldav/095).
fn merged(periods: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for &(start, end) in periods {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
