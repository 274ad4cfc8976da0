//! An iCalendar text taken apart into what a calendar stores (RFC 4791, 4.1): one text for each UID, with the time zones
//! that it names. A component goes over line by line as it is written; nothing in it is changed, not even a line end.
//!
//! Of the properties of the calendar itself only VERSION, PRODID and CALSCALE go along: METHOD is not allowed in what is
//! stored, and the others (`X-WR-CALNAME` and the like) speak of the calendar that the text came from.

use nextcloud_mcp_plugin::Failure;

use super::PRODID;
use crate::dav::Kind;
use crate::event;
use crate::ical::{Component, Document, When};
use crate::recurrence::Rule;

/// As wide as Nextcloud's column for it, in characters.
const LONGEST_UID: usize = 255;
/// Messages that bring something new. The others (REPLY, CANCEL, COUNTER, ...) are about something that is there.
const METHODS: [&str; 2] = ["PUBLISH", "REQUEST"];

/// What is stored under one UID.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) uid: String,
    pub(super) title: String,
    pub(super) kind: Kind,
    pub(super) text: String,
    /// It has an organizer and attendees: Nextcloud sends them messages when it is stored (recording `caldav/099`).
    pub(super) is_meeting: bool,
}

/// What cannot be stored, and why.
#[derive(Debug)]
pub(super) struct Invalid {
    pub(super) uid: Option<String>,
    pub(super) title: Option<String>,
    pub(super) reason: String,
}

/// Takes a text apart, in its order.
pub(super) fn split(text: &str) -> Result<(Vec<Part>, Vec<Invalid>), Failure> {
    let document = Document::parse(text).map_err(|bad| {
        Failure::invalid(format!(
            "ics is no iCalendar text with one VCALENDAR: {}.",
            bad.0
        ))
    })?;
    check_calendar(&document.calendar)?;
    let (mut parts, mut invalid) = (Vec::new(), Vec::new());
    let mut groups: Vec<(String, Vec<&Component>)> = Vec::new();
    for item in document
        .calendar
        .children
        .iter()
        .filter(|child| child.name != "VTIMEZONE")
    {
        if kind(item).is_none() {
            invalid.push(refusal(
                item,
                format!("{} is neither event nor task", item.name),
            ));
            continue;
        }
        let uid = event::uid_of(item);
        if uid.is_empty() {
            invalid.push(refusal(item, "it has no UID".to_owned()));
            continue;
        }
        match groups.iter_mut().find(|(known, _)| *known == uid) {
            Some((_, items)) => items.push(item),
            None => groups.push((uid, vec![item])),
        }
    }
    for (uid, items) in groups {
        match part(&document, uid, &items) {
            Ok(part) => parts.push(part),
            Err(reason) => invalid.push(refusal(items[0], reason)),
        }
    }
    Ok((parts, invalid))
}

fn check_calendar(calendar: &Component) -> Result<(), Failure> {
    if let Some(method) = calendar.get("METHOD") {
        let method = method.value.trim().to_uppercase();
        if !METHODS.contains(&method.as_str()) {
            return Err(Failure::invalid(format!(
                "This is a message about something that is there already (METHOD:{method}), nothing to import."
            )));
        }
    }
    let foreign = calendar
        .get("CALSCALE")
        .map(|line| line.value.trim())
        .filter(|scale| !scale.eq_ignore_ascii_case("GREGORIAN"));
    foreign.map_or(Ok(()), |scale| {
        Err(Failure::invalid(format!(
            "Only the Gregorian calendar is understood, not CALSCALE:{scale}."
        )))
    })
}

fn kind(item: &Component) -> Option<Kind> {
    [Kind::Event, Kind::Task]
        .into_iter()
        .find(|kind| kind.component() == item.name)
}

fn refusal(item: &Component, reason: String) -> Invalid {
    Invalid {
        uid: event::text(item, "UID"),
        title: event::text(item, "SUMMARY"),
        reason,
    }
}

fn part(document: &Document, uid: String, items: &[&Component]) -> Result<Part, String> {
    if uid.chars().count() > LONGEST_UID || uid.chars().any(char::is_control) {
        return Err(format!(
            "its UID is longer than {LONGEST_UID} characters or has control characters"
        ));
    }
    let kind = kind(items[0]).ok_or("it is neither event nor task")?;
    if items.iter().any(|item| item.name != items[0].name) {
        return Err("an event and a task have the same UID".to_owned());
    }
    let masters = items
        .iter()
        .filter(|item| item.get("RECURRENCE-ID").is_none());
    if masters.count() > 1 {
        return Err("two have the same UID and neither is an exception (RECURRENCE-ID)".to_owned());
    }
    items.iter().try_for_each(|item| check(item, kind))?;
    let first = items
        .iter()
        .find(|item| item.get("RECURRENCE-ID").is_none())
        .unwrap_or(&items[0]);
    Ok(Part {
        title: event::text(first, "SUMMARY").unwrap_or_default(),
        kind,
        text: assemble(document, items),
        is_meeting: items
            .iter()
            .any(|item| item.get("ORGANIZER").is_some() && item.get("ATTENDEE").is_some()),
        uid,
    })
}

/// What Nextcloud refuses less clearly (recordings `caldav/042`, `caldav/045` and `caldav/046`).
fn check(item: &Component, kind: Kind) -> Result<(), String> {
    if kind == Kind::Event && item.get("DTSTART").is_none() {
        return Err("it has no DTSTART".to_owned());
    }
    for name in ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID"] {
        if let Some(line) = item.get(name) {
            When::of(line).map_err(|bad| format!("{name}: {}", bad.0))?;
        }
    }
    for line in item.all("RRULE") {
        line.value
            .parse::<Rule>()
            .map_err(|bad| format!("RRULE: {}", bad.0))?;
    }
    Ok(())
}

fn assemble(document: &Document, items: &[&Component]) -> String {
    let (calendar, eol) = (&document.calendar, document.eol);
    let mut text = format!("BEGIN:VCALENDAR{eol}");
    for (name, default) in [
        ("VERSION", Some("2.0")),
        ("PRODID", Some(PRODID)),
        ("CALSCALE", None),
    ] {
        let placed = calendar
            .lines
            .iter()
            .find(|placed| placed.line.name == name);
        match (placed, default) {
            (Some(placed), _) => push(&mut text, &document.text[placed.range.clone()], eol),
            (None, Some(value)) => push(&mut text, &format!("{name}:{value}"), eol),
            (None, None) => {}
        }
    }
    let mut named = Vec::new();
    for item in items {
        zones(item, &mut named);
    }
    let needed = calendar.children("VTIMEZONE").filter(|zone| {
        zone.get("TZID")
            .is_some_and(|tzid| named.contains(&tzid.value.trim()))
    });
    for component in needed.chain(items.iter().copied()) {
        push(&mut text, &document.text[component.range.clone()], eol);
    }
    push(&mut text, "END:VCALENDAR", eol);
    text
}

/// Adds lines as they are; the last one of a text may have no end.
fn push(text: &mut String, lines: &str, eol: &str) {
    text.push_str(lines);
    if !lines.ends_with('\n') {
        text.push_str(eol);
    }
}

/// The TZIDs that a component names, those of its alarms included.
pub(super) fn zones<'d>(component: &'d Component, named: &mut Vec<&'d str>) {
    let own = component
        .lines
        .iter()
        .filter_map(|placed| placed.line.param("TZID"));
    named.extend(own.map(str::trim));
    for child in &component.children {
        zones(child, named);
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
