//! The XML bodies of requests. Written by quick-xml, so whatever a name contains stays text.

use std::io;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::kind::Kind;
use super::xml::{APPLE, CALDAV, CALENDARSERVER, DAV, NEXTCLOUD, OWNCLOUD};
use crate::ical::When;

/// What is asked of everything in the calendar home.
const CALENDAR_PROPERTIES: [&str; 15] = [
    "d:resourcetype",
    "d:displayname",
    "d:owner",
    "d:current-user-privilege-set",
    "c:supported-calendar-component-set",
    "c:calendar-description",
    "a:calendar-color",
    "s:source",
    "n:owner-displayname",
    "a:calendar-order",
    "o:calendar-enabled",
    "c:schedule-calendar-transp",
    "c:calendar-timezone",
    // Of deleted calendars, and of the trash bin.
    "n:deleted-at",
    "n:trash-bin-retention-duration",
];

/// What is asked of every object; the etag first.
const OBJECT_PROPERTIES: [&str; 2] = ["d:getetag", "c:calendar-data"];

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
    document("d:propfind", |writer| prop(writer, &CALENDAR_PROPERTIES))
}

/// PROPFIND of a calendar's members.
pub(super) fn members() -> Vec<u8> {
    document("d:propfind", |writer| {
        prop(writer, &["d:getetag", "d:getcontenttype"])
    })
}

/// REPORT calendar-query for everything in the trash bin, whatever its kind (recording `caldav/139`).
pub(super) fn trashed() -> Vec<u8> {
    document("c:calendar-query", |writer| {
        prop(writer, &["n:deleted-at", "n:calendar-uri"])?;
        writer
            .create_element("c:filter")
            .write_inner_content(|writer| comp_filter(writer, "VCALENDAR", |_| Ok(())))?;
        Ok(())
    })
}

/// REPORT calendar-multiget for the texts at these addresses, as an answer gave them.
pub(super) fn trashed_texts(hrefs: &[&str]) -> Vec<u8> {
    document("c:calendar-multiget", |writer| {
        prop(writer, &["c:calendar-data"])?;
        for href in hrefs {
            writer
                .create_element("d:href")
                .write_text_content(BytesText::new(href))?;
        }
        Ok(())
    })
}

fn prop(writer: &mut Writer<Vec<u8>>, names: &[&str]) -> io::Result<()> {
    writer
        .create_element("d:prop")
        .write_inner_content(|writer| {
            for name in names {
                writer.create_element(*name).write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

/// REPORT calendar-query for objects of a kind, with their data.
pub(super) fn objects(kind: Kind, filter: Filter<'_>) -> Vec<u8> {
    query(kind, filter, &OBJECT_PROPERTIES)
}

/// The same without their data, which tells where they are.
pub(super) fn addresses(kind: Kind, filter: Filter<'_>) -> Vec<u8> {
    query(kind, filter, &OBJECT_PROPERTIES[..1])
}

/// REPORT calendar-multiget (RFC 4791, 7.9; recording `caldav/080`): the objects at these addresses.
pub(super) fn multiget(hrefs: &[String]) -> Vec<u8> {
    document("c:calendar-multiget", |writer| {
        prop(writer, &OBJECT_PROPERTIES)?;
        for href in hrefs {
            // An address comes as an answer gave it: encoded for a path, not yet for XML.
            writer
                .create_element("d:href")
                .write_text_content(BytesText::new(href))?;
        }
        Ok(())
    })
}

fn query(kind: Kind, filter: Filter<'_>, wanted: &[&str]) -> Vec<u8> {
    document("c:calendar-query", |writer| {
        prop(writer, wanted)?;
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

/// A body with all namespaces declared at its root.
pub(super) fn document(
    root: &str,
    inner: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    let namespaces = [
        ("xmlns:d", DAV),
        ("xmlns:c", CALDAV),
        ("xmlns:s", CALENDARSERVER),
        ("xmlns:a", APPLE),
        ("xmlns:n", NEXTCLOUD),
        ("xmlns:o", OWNCLOUD),
    ];
    let written = writer
        .create_element(root)
        .with_attributes(namespaces)
        .write_inner_content(inner)
        .map(drop);
    // A vector takes everything; if it did not, half a document must not be sent.
    written.map(|()| writer.into_inner()).unwrap_or_default()
}
