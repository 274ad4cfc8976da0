//! What a server of calendars takes and what it makes good: Sabre's checks of an object, in its order and words
//! (caldav/038-051).

use super::ical::{Component, NotICalendar};
use super::store::Calendar;
use super::{Call, UNSUPPORTED};
use crate::nextcloud::reply::{Reply, random};
use crate::nextcloud::time;
use crate::nextcloud::xml::{CALDAV, Element};

/// An object that may be stored.
pub(super) struct Valid {
    pub(super) component: Component,
    /// What was missing and added, where the object was not as it should be.
    pub(super) repaired: Option<String>,
}

/// Frequencies that a recurrence can have (RFC 5545, section 3.3.10).
const FREQUENCIES: [&str; 7] = [
    "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
];

/// Checks the body of a PUT.
pub(super) fn object(call: &Call<'_>, calendar: &Calendar) -> Result<Valid, Reply> {
    let unsupported = |message: &str| call.fail(415, UNSUPPORTED, message);
    let component = Component::parse(&call.request.text()).map_err(|NotICalendar(reason)| {
        unsupported(&format!(
            "This resource only supports valid iCalendar 2.0 data. Parse error: {reason}"
        ))
    })?;
    if component.name != "VCALENDAR" {
        return Err(unsupported(
            "This collection can only support iCalendar objects.",
        ));
    }
    let kind = component
        .subjects()
        .next()
        .map(|subject| subject.name.as_str());
    if !kind.is_some_and(|kind| calendar.components.iter().any(|allowed| allowed == kind)) {
        return Err(wrong_kind(call, calendar));
    }
    let (component, repaired) = repair(component);
    if let Some(problem) = problem(&component) {
        return Err(unsupported(&format!(
            "Validation error in iCalendar: {problem}"
        )));
    }
    if let Some(message) = bad_rule(&component) {
        return Err(call.fail(500, "Sabre\\VObject\\InvalidDataException", &message));
    }
    Ok(Valid {
        component,
        repaired,
    })
}

fn wrong_kind(call: &Call<'_>, calendar: &Calendar) -> Reply {
    let allowed = calendar.components.join(", ");
    let message = format!("iCalendar objects must at least have a component of type {allowed}");
    let mut error =
        super::error_element("Sabre\\CalDAV\\Exception\\InvalidComponentType", &message);
    error
        .children
        .push(Element::new(CALDAV, "supported-calendar-component"));
    Reply::dav(403, call.who).xml(error.document())
}

/// Adds a UID or a time stamp where there is none.
fn repair(mut component: Component) -> (Component, Option<String>) {
    let mut warning = None;
    let uid = format!("sabre-vobject-{}", uuid());
    for subject in component
        .components
        .iter_mut()
        .filter(|one| one.name != "VTIMEZONE")
    {
        for (name, value) in [("UID", uid.as_str()), ("DTSTAMP", &time::ical(time::now()))] {
            if subject.line(name).is_none() {
                let message = format!(
                    "{name} MUST appear exactly once in a {} component",
                    subject.name
                );
                warning = warning.or(Some(format!("iCalendar validation warning: {message}")));
                subject.add(name, value);
            }
        }
    }
    (component, warning)
}

fn problem(component: &Component) -> Option<String> {
    if component.line("METHOD").is_some() {
        return Some(
            "A calendar object on a CalDAV server MUST NOT have a METHOD property.".into(),
        );
    }
    let mut uids: Vec<_> = component
        .subjects()
        .filter_map(|subject| subject.value("UID"))
        .collect();
    uids.dedup();
    if uids.len() > 1 {
        return Some(
            "A calendar object on a CalDAV server may only have components with the same UID."
                .into(),
        );
    }
    for subject in component.subjects() {
        if subject.name == "VEVENT" && subject.line("DTSTART").is_none() {
            return Some("DTSTART MUST appear exactly once in a VEVENT component".into());
        }
        for line in subject.lines.iter().filter(|line| {
            matches!(
                line.name.as_str(),
                "DTSTART" | "DTEND" | "DUE" | "RECURRENCE-ID"
            )
        }) {
            let kind = if line.param("VALUE") == Some("DATE") {
                "DATE"
            } else {
                "DATE-TIME"
            };
            if !is_time(&line.value, kind) {
                return Some(format!(
                    "The supplied value ({}) is not a correct {kind}",
                    line.value
                ));
            }
        }
    }
    None
}

fn bad_rule(component: &Component) -> Option<String> {
    let rules = component
        .subjects()
        .flat_map(|subject| subject.lines_of("RRULE"));
    for rule in rules {
        let frequency = rule
            .value
            .split(';')
            .find_map(|part| part.strip_prefix("FREQ="))
            .unwrap_or_default();
        if !FREQUENCIES.contains(&frequency.to_uppercase().as_str()) {
            return Some(format!("Unknown value for FREQ={frequency}"));
        }
    }
    None
}

/// Whether a text is a date (`20261124`) or a date-time (`20261124T100000`, `20261124T100000Z`).
pub(super) fn is_time(text: &str, kind: &str) -> bool {
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    match text.split_once('T') {
        None => kind == "DATE" && digits(text, 8),
        Some((date, time)) => {
            kind == "DATE-TIME"
                && digits(date, 8)
                && digits(time.strip_suffix('Z').unwrap_or(time), 6)
        }
    }
}

/// Something that looks like a UUID.
pub(super) fn uuid() -> String {
    let digits = random(32);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}
