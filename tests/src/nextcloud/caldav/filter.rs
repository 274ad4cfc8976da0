//! The filter of a `calendar-query` (RFC 4791, section 9.7): components, properties, parameters, texts, times.

use super::ical::{Component, Line};
use super::occurrences::{self, Range};
use crate::nextcloud::xml::{CALDAV, Element};

/// Why a filter is refused: HTTP status, exception, message.
pub(super) struct Refused(pub(super) u16, pub(super) &'static str, pub(super) String);

/// Checks every time range of a filter, which Sabre does before it looks at any object (caldav/073, 074).
pub(super) fn check(filter: &Element) -> Result<(), Refused> {
    if filter.is(CALDAV, "time-range") {
        let range = Range::of(filter)
            .map_err(|message| Refused(500, "Sabre\\VObject\\InvalidDataException", message))?;
        if range.end <= range.start {
            let message = "The end-date must be larger than the start-date".to_owned();
            return Err(Refused(400, super::BAD_REQUEST, message));
        }
    }
    filter.children.iter().try_for_each(check)
}

/// Whether an object passes.
pub(super) fn passes(filter: &Element, data: &str) -> bool {
    let Ok(object) = Component::parse(data) else {
        return false;
    };
    filter
        .all(CALDAV, "comp-filter")
        .all(|wanted| component(wanted, std::slice::from_ref(&object), data))
}

fn component(filter: &Element, among: &[Component], data: &str) -> bool {
    let name = filter.get("name").unwrap_or_default();
    let named: Vec<&Component> = among
        .iter()
        .filter(|component| component.name == name)
        .collect();
    if filter.child(CALDAV, "is-not-defined").is_some() {
        return named.is_empty();
    }
    named
        .into_iter()
        .any(|component| whole_component(filter, component, data))
}

fn whole_component(filter: &Element, one: &Component, data: &str) -> bool {
    filter
        .children
        .iter()
        .all(|condition| match condition.name.as_str() {
            "time-range" => {
                Range::of(condition).is_ok_and(|range| occurrences::matches(data, one, range))
            }
            "comp-filter" => component(condition, &one.components, data),
            "prop-filter" => property(condition, one),
            _ => true,
        })
}

fn property(filter: &Element, component: &Component) -> bool {
    let name = filter.get("name").unwrap_or_default().to_uppercase();
    let lines: Vec<&Line> = component.lines_of(&name).collect();
    if filter.child(CALDAV, "is-not-defined").is_some() {
        return lines.is_empty();
    }
    lines.into_iter().any(|line| {
        filter
            .children
            .iter()
            .all(|condition| match condition.name.as_str() {
                "text-match" => matches_text(condition, &line.value),
                "param-filter" => parameter(condition, line),
                "time-range" => {
                    let moment = occurrences::when(line);
                    Range::of(condition).is_ok_and(|range| {
                        moment.is_some_and(|moment| range.overlaps(moment, moment))
                    })
                }
                _ => true,
            })
    })
}

fn parameter(filter: &Element, line: &Line) -> bool {
    let value = line.param(filter.get("name").unwrap_or_default());
    if filter.child(CALDAV, "is-not-defined").is_some() {
        return value.is_none();
    }
    match (value, filter.child(CALDAV, "text-match")) {
        (Some(value), Some(wanted)) => matches_text(wanted, value),
        (value, _) => value.is_some(),
    }
}

/// Substring match; `i;octet` alone minds the case.
fn matches_text(condition: &Element, value: &str) -> bool {
    let found = if condition.get("collation") == Some("i;octet") {
        value.contains(&condition.text)
    } else {
        value
            .to_lowercase()
            .contains(&condition.text.to_lowercase())
    };
    found != (condition.get("negate-condition") == Some("yes"))
}
