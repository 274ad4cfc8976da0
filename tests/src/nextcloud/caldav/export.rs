//! A whole calendar as one file: iCalendar or jCal, expanded or not (caldav/135, 136).

use super::Call;
use super::ical::Component;
use super::node::Place;
use super::occurrences::Range;
use super::{expand, jcal, props};
use crate::nextcloud::reply::{Reply, php_json};
use crate::nextcloud::state::State;
use crate::nextcloud::time;

/// Answers `GET CALENDAR?export`.
pub(super) fn answer(state: &State, call: &Call<'_>, place: &Place) -> Reply {
    let parameter = |name: &str| call.request.parameter(name);
    let number = |name: &str, open: i64| {
        parameter(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(open)
    };
    let range = Range {
        start: number("start", i64::MIN),
        end: number("end", i64::MAX),
    };
    let expanded = parameter("expand") == Some("1");
    let mut whole = header(state, place, expanded);
    collect(state, place, range, expanded, &mut whole);
    let jcal = parameter("accept") == Some("jcal");
    let (suffix, kind) = if jcal {
        ("json", "application/calendar+json")
    } else {
        ("ics", "text/calendar;charset=UTF-8")
    };
    let name = format!("{}-{}.{suffix}", place.name, time::date(time::now()));
    let reply = Reply::dav(200, call.who)
        .traced()
        .with(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        )
        .with("Content-Type", kind);
    if jcal {
        reply.body(php_json(&jcal::of(&whole)))
    } else {
        reply.body(whole.text())
    }
}

fn header(state: &State, place: &Place, expanded: bool) -> Component {
    let calendar = place.calendar(state);
    let mut whole = Component::new("VCALENDAR");
    if expanded {
        whole.add("PRODID", "-//Sabre//Sabre VObject 4.5.6//EN");
        whole.add("CALSCALE", "GREGORIAN");
        whole.add("VERSION", "2.0");
    } else {
        whole.add("VERSION", "2.0");
        whole.add("CALSCALE", "GREGORIAN");
        whole.add("PRODID", "-//SabreDAV//SabreDAV//EN");
    }
    whole.add("X-WR-CALNAME", &calendar.display_name);
    if let Some(color) = &calendar.color {
        whole.add("X-APPLE-CALENDAR-COLOR", color);
    }
    whole.add("REFRESH-INTERVAL", "PT4H");
    if !expanded && let Some(line) = whole.lines.last_mut() {
        line.params = ";VALUE=DURATION".into();
    }
    whole.add("X-PUBLISHED-TTL", "PT4H");
    whole
}

fn collect(state: &State, place: &Place, range: Range, expanded: bool, whole: &mut Component) {
    let mut series = Vec::new();
    for object in place.objects(state) {
        let data = props::seen(place, object);
        let Ok(read) = Component::parse(&data) else {
            continue;
        };
        if !expanded {
            for component in read.components {
                if component.name != "VTIMEZONE" || !whole.components.contains(&component) {
                    whole.components.push(component);
                }
            }
            continue;
        }
        let recurs = read
            .subjects()
            .any(|subject| subject.line("RRULE").is_some());
        let found = expand::components(&data, range).unwrap_or_default();
        // Single events come first, series after them.
        if recurs {
            series.extend(found);
        } else {
            whole.components.extend(found);
        }
    }
    whole.components.extend(series);
}
