//! `c:expand`: a series written as its single occurrences in UTC (RFC 4791, section 9.6.5; caldav/067).

use super::ical::{Component, Line};
use super::occurrences::{self, Occurrence, Range};
use crate::nextcloud::time;
use crate::nextcloud::xml::Element;

/// Properties that a single occurrence has no use for.
const OF_SERIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// An object's occurrences in a range, as one text.
pub(super) fn text(data: &str, start: &str, end: &str) -> Option<String> {
    let element = Element::default()
        .attribute("start", start)
        .attribute("end", end);
    let range = Range::of(&element).ok()?;
    let mut calendar = Component::calendar();
    calendar.components = components(data, range)?;
    Some(calendar.text())
}

/// An object's occurrences in a range, each a component of its own.
pub(super) fn components(data: &str, range: Range) -> Option<Vec<Component>> {
    let object = Component::parse(data).ok()?;
    let recurs = object
        .subjects()
        .any(|subject| subject.line("RRULE").is_some() || subject.line("RDATE").is_some());
    let mut all = Vec::new();
    flatten(&object, &mut all);
    let found = occurrences::of(data)
        .into_iter()
        .filter(|one| range.overlaps(one.start, one.end));
    let expanded = found.filter_map(|one| {
        all.get(one.component)
            .map(|component| single(component, one, recurs))
    });
    Some(expanded.collect())
}

/// One occurrence of a component.
fn single(component: &Component, occurrence: Occurrence, recurs: bool) -> Component {
    let mut single = component.clone();
    single
        .lines
        .retain(|line| !OF_SERIES.contains(&line.name.as_str()));
    for line in &mut single.lines {
        match line.name.as_str() {
            "DTSTART" => set(line, occurrence.start),
            "DTEND" => set(line, occurrence.end),
            "RECURRENCE-ID" => {
                if let Some(moment) = occurrences::when(line) {
                    set(line, moment);
                }
            }
            _ => {}
        }
    }
    if recurs
        && single.line("RECURRENCE-ID").is_none()
        && let Some(start) = single.line("DTSTART").cloned()
    {
        single.lines.push(Line {
            name: "RECURRENCE-ID".into(),
            ..start
        });
    }
    single
}

/// Writes an instant; dates stay dates.
fn set(line: &mut Line, moment: i64) {
    let text = time::ical(moment);
    if line.param("VALUE") == Some("DATE") {
        text[..8].clone_into(&mut line.value);
    } else {
        line.value = text;
        line.params.clear();
    }
}

/// All components in the order of the text, the calendar itself first.
fn flatten<'a>(component: &'a Component, all: &mut Vec<&'a Component>) {
    all.push(component);
    for inner in &component.components {
        flatten(inner, all);
    }
}
