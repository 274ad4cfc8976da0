//! Many stored texts as one VCALENDAR, with every time zone in it once. Components go over line by line as they are.
//!
//! Texts may define the same zone differently: each client writes the years that its event needs. Then one definition
//! is written that is right for all of them; an item whose zone only its own text knows is left out, and named.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::PRODID;
use super::split::zones;
use crate::dav::Object;
use crate::event;
use crate::ical::{Component, ContentLine, Document, When, escape};
use crate::zone::{named_zone, vtimezone};

/// Of the standard (RFC 5545, 3.1), whatever the stored text has.
const EOL: &str = "\r\n";

/// One text, and what is not in it.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) text: String,
    pub(super) items: usize,
    /// UID or name, and why.
    pub(super) left_out: Vec<(String, String)>,
}

/// The definitions of one zone, and the years for which it is needed.
#[derive(Debug)]
struct Defined {
    /// As the first text has it; empty where none has it.
    text: String,
    differs: bool,
    years: RangeInclusive<i16>,
    repeats: bool,
}

pub(super) fn join(objects: &[Object], calendar_name: &str) -> Joined {
    let (mut documents, mut left_out) = (Vec::new(), Vec::new());
    let mut defined: BTreeMap<String, Defined> = BTreeMap::new();
    for object in objects {
        let document = match Document::parse(&object.text) {
            Ok(document) => document,
            Err(bad) => {
                left_out.push((object.name.clone(), bad.0));
                continue;
            }
        };
        if let Some(tzid) = own_zone(&document, &defined) {
            let name = uid(&document).unwrap_or_else(|| object.name.clone());
            left_out.push((
                name,
                format!(
                    "its time zone \"{tzid}\" is another one than that of the same name in other items: export it by \
                     event_uid"
                ),
            ));
        } else {
            note_zones(&document, &mut defined);
            documents.push(document);
        }
    }
    Joined {
        text: written(&documents, &defined, calendar_name),
        items: documents.len(),
        left_out,
    }
}

fn written(
    documents: &[Document],
    defined: &BTreeMap<String, Defined>,
    calendar_name: &str,
) -> String {
    let head = [
        ContentLine::new("BEGIN", "VCALENDAR"),
        ContentLine::new("VERSION", "2.0"),
        ContentLine::new("PRODID", PRODID),
        ContentLine::new("X-WR-CALNAME", escape(calendar_name)),
    ];
    let mut text: String = head.iter().map(|line| line.to_folded(EOL)).collect();
    for (tzid, defined) in defined {
        text.push_str(&definition(tzid, defined));
    }
    for document in documents {
        for item in items(document) {
            text.push_str(&with_eol(&document.text[item.range.clone()]));
        }
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn items(document: &Document) -> impl Iterator<Item = &Component> {
    let children = document.calendar.children.iter();
    children.filter(|child| child.name != "VTIMEZONE")
}

fn uid(document: &Document) -> Option<String> {
    event::text(items(document).next()?, "UID")
}

fn with_eol(lines: &str) -> String {
    let lines = lines.replace("\r\n", "\n").replace('\n', EOL);
    if lines.ends_with(EOL) {
        lines
    } else {
        lines + EOL
    }
}

/// The zones that a text brings along and uses, each with its definition.
fn brought(document: &Document) -> Vec<(String, String)> {
    let mut named = Vec::new();
    items(document).for_each(|item| zones(item, &mut named));
    let mut found: Vec<(String, String)> = Vec::new();
    for tzid in named {
        if found.iter().any(|(known, _)| known == tzid) {
            continue;
        }
        let zone = document.calendar.children("VTIMEZONE").find(|zone| {
            zone.get("TZID")
                .is_some_and(|line| line.value.trim() == tzid)
        });
        let text = zone.map_or_else(String::new, |zone| {
            with_eol(&document.text[zone.range.clone()])
        });
        found.push((tzid.to_owned(), text));
    }
    found
}

/// A zone that only this text knows and another one defines otherwise.
fn own_zone(document: &Document, defined: &BTreeMap<String, Defined>) -> Option<String> {
    brought(document)
        .into_iter()
        .find(|(tzid, text)| {
            let other = defined.get(tzid).is_some_and(|known| known.text != *text);
            other && named_zone(tzid).is_err()
        })
        .map(|(tzid, _)| tzid)
}

fn note_zones(document: &Document, defined: &mut BTreeMap<String, Defined>) {
    let years = years(document);
    let repeats = items(document).any(|item| {
        ["RRULE", "RDATE"]
            .iter()
            .any(|name| item.get(name).is_some())
    });
    for (tzid, text) in brought(document) {
        match defined.get_mut(&tzid) {
            None => {
                let years = years.clone();
                let differs = false;
                defined.insert(
                    tzid,
                    Defined {
                        text,
                        differs,
                        years,
                        repeats,
                    },
                );
            }
            Some(known) => {
                known.differs |= known.text != text;
                known.repeats |= repeats;
                known.years =
                    *known.years.start().min(years.start())..=*known.years.end().max(years.end());
            }
        }
    }
}

/// From the first to the last year in which something of the text is, as far as single times say.
fn years(document: &Document) -> RangeInclusive<i16> {
    let lines = items(document).flat_map(|item| &item.lines);
    let years = lines
        .map(|placed| &placed.line)
        .filter(|line| {
            [
                "DTSTART",
                "DTEND",
                "DUE",
                "RECURRENCE-ID",
                "RDATE",
                "EXDATE",
            ]
            .contains(&line.name.as_str())
        })
        .flat_map(|line| When::list(line).unwrap_or_default())
        .map(|when| when.civil().year());
    let (mut first, mut last) = (i16::MAX, i16::MIN);
    for year in years {
        (first, last) = (first.min(year), last.max(year));
    }
    if first > last {
        1970..=1970
    } else {
        first..=last
    }
}

fn definition(tzid: &str, defined: &Defined) -> String {
    match named_zone(tzid) {
        Ok(zone) if defined.differs || defined.text.is_empty() => {
            vtimezone(&zone, tzid, defined.years.clone(), defined.repeats)
                .iter()
                .map(|line| line.to_folded(EOL))
                .collect()
        }
        _ => defined.text.clone(),
    }
}

#[cfg(test)]
#[path = "join_tests.rs"]
mod tests;
