//! The XML bodies of requests. Written by quick-xml, so whatever a name contains stays text.

use std::io;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::kind::Kind;
use super::xml::{APPLE, CALDAV, CALENDARSERVER, DAV, NEXTCLOUD};
use crate::ical::When;

/// What is asked of every calendar.
const CALENDAR_PROPERTIES: [&str; 9] = [
    "d:resourcetype",
    "d:displayname",
    "d:owner",
    "d:current-user-privilege-set",
    "c:supported-calendar-component-set",
    "c:calendar-description",
    "a:calendar-color",
    "s:source",
    "n:owner-displayname",
];

/// Which objects are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Filter<'a> {
    All,
    /// Without a time of completion: tasks that are still to do, and repeating ones (recording `caldav/091`).
    Open,
    /// Whose UID contains this text (RFC 4791, 9.7.5 knows no equality).
    Uid(&'a str),
    /// That have an occurrence in `[from, to)`.
    Range(Timestamp, Timestamp),
}

/// PROPFIND of the calendar home.
pub(super) fn calendars() -> Vec<u8> {
    document("d:propfind", |writer| {
        writer
            .create_element("d:prop")
            .write_inner_content(|writer| {
                for property in CALENDAR_PROPERTIES {
                    writer.create_element(property).write_empty()?;
                }
                Ok(())
            })?;
        Ok(())
    })
}

/// REPORT calendar-query for objects of a kind, with their data.
pub(super) fn objects(kind: Kind, filter: Filter<'_>) -> Vec<u8> {
    document("c:calendar-query", |writer| {
        writer
            .create_element("d:prop")
            .write_inner_content(|writer| {
                writer.create_element("d:getetag").write_empty()?;
                writer.create_element("c:calendar-data").write_empty()?;
                Ok(())
            })?;
        writer
            .create_element("c:filter")
            .write_inner_content(|writer| {
                comp_filter(writer, "VCALENDAR", |writer| {
                    comp_filter(writer, kind.component(), |writer| {
                        write_filter(writer, filter)
                    })
                })
            })?;
        Ok(())
    })
}

fn write_filter(writer: &mut Writer<Vec<u8>>, filter: Filter<'_>) -> io::Result<()> {
    match filter {
        Filter::All => {}
        Filter::Open => {
            writer
                .create_element("c:prop-filter")
                .with_attribute(("name", "COMPLETED"))
                .write_inner_content(|writer| {
                    writer.create_element("c:is-not-defined").write_empty()?;
                    Ok(())
                })?;
        }
        Filter::Uid(uid) => {
            writer
                .create_element("c:prop-filter")
                .with_attribute(("name", "UID"))
                .write_inner_content(|writer| {
                    let text = writer
                        .create_element("c:text-match")
                        .with_attribute(("collation", "i;octet"));
                    text.write_text_content(BytesText::new(uid))?;
                    Ok(())
                })?;
        }
        Filter::Range(from, to) => {
            let (from, to) = (utc(from), utc(to));
            let range = writer.create_element("c:time-range");
            range
                .with_attributes([("start", from.as_str()), ("end", to.as_str())])
                .write_empty()?;
        }
    }
    Ok(())
}

fn comp_filter(
    writer: &mut Writer<Vec<u8>>,
    name: &str,
    inner: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> io::Result<()> {
    writer
        .create_element("c:comp-filter")
        .with_attribute(("name", name))
        .write_inner_content(inner)?;
    Ok(())
}

fn utc(at: Timestamp) -> String {
    When::utc(at).to_line("X").value
}

fn document(root: &str, inner: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let namespaces = [
        ("xmlns:d", DAV),
        ("xmlns:c", CALDAV),
        ("xmlns:s", CALENDARSERVER),
        ("xmlns:a", APPLE),
        ("xmlns:n", NEXTCLOUD),
    ];
    let written = writer
        .create_element(root)
        .with_attributes(namespaces)
        .write_inner_content(inner)
        .map(drop);
    // A vector takes everything; if it did not, half a document must not be sent.
    written.map(|()| writer.into_inner()).unwrap_or_default()
}
