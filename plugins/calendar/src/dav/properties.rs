//! What can be set of a calendar, and the XML that says so. What is not given is not mentioned, so it stays as it is.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::calendars::Calendar;
use super::color::Color;
use super::kind::Kind;
use super::query::document;
use super::xml::{APPLE, CALDAV, DAV, Entry};
use super::xml_text::XmlText;

/// The properties of a calendar that a user sets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    pub(crate) display_name: Option<XmlText>,
    /// Empty: there is to be none.
    pub(crate) description: Option<XmlText>,
    pub(crate) color: Option<Color>,
}

/// One property to be written; without a value it is removed.
struct Asked<'a> {
    /// As people know it.
    what: &'static str,
    namespace: &'static str,
    name: &'static str,
    prefixed: &'static str,
    value: Option<&'a str>,
}

impl Properties {
    fn asked(&self) -> Vec<Asked<'_>> {
        let display_name = self.display_name.as_ref().map(|name| Asked {
            what: "display_name",
            namespace: DAV,
            name: "displayname",
            prefixed: "d:displayname",
            value: Some(name.as_str()),
        });
        let description = self.description.as_ref().map(|description| Asked {
            what: "description",
            namespace: CALDAV,
            name: "calendar-description",
            prefixed: "c:calendar-description",
            value: Some(description.as_str()).filter(|text| !text.is_empty()),
        });
        // Nextcloud knows Apple's property only; the one of calendarserver.org is stored and shown to nobody.
        let color = self.color.as_ref().map(|color| Asked {
            what: "color",
            namespace: APPLE,
            name: "calendar-color",
            prefixed: "a:calendar-color",
            value: Some(color.as_str()),
        });
        [display_name, description, color]
            .into_iter()
            .flatten()
            .collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.asked().is_empty()
    }

    /// MKCALENDAR (RFC 4791, 5.3.1).
    pub(super) fn mkcalendar(&self, holds: &[Kind]) -> Vec<u8> {
        document("c:mkcalendar", |writer| {
            block(writer, "d:set", |writer| {
                for asked in self.asked().iter().filter(|asked| asked.value.is_some()) {
                    asked.write(writer)?;
                }
                writer
                    .create_element("c:supported-calendar-component-set")
                    .write_inner_content(|writer| {
                        for kind in holds {
                            writer
                                .create_element("c:comp")
                                .with_attribute(("name", kind.component()))
                                .write_empty()?;
                        }
                        Ok(())
                    })?;
                Ok(())
            })
        })
    }

    /// PROPPATCH (RFC 4918, 9.2).
    pub(super) fn proppatch(&self) -> Vec<u8> {
        let (set, removed): (Vec<_>, Vec<_>) = self
            .asked()
            .into_iter()
            .partition(|asked| asked.value.is_some());
        document("d:propertyupdate", |writer| {
            for (verb, several) in [("d:set", set), ("d:remove", removed)] {
                if !several.is_empty() {
                    block(writer, verb, |writer| {
                        several.iter().try_for_each(|asked| asked.write(writer))
                    })?;
                }
            }
            Ok(())
        })
    }

    /// Those that an answer to PROPPATCH does not confirm: each property has a status of its own.
    pub(super) fn unconfirmed(&self, answer: &[Entry]) -> Vec<&'static str> {
        let confirmed = |asked: &Asked<'_>| {
            answer
                .iter()
                .any(|entry| entry.property(asked.namespace, asked.name).is_some())
        };
        let missing = self.asked().into_iter().filter(|asked| !confirmed(asked));
        missing.map(|asked| asked.what).collect()
    }

    /// Those that the calendar, read again, does not have as they were asked for.
    pub(crate) fn missing_in(&self, calendar: &Calendar) -> Vec<&'static str> {
        let stored = |what| match what {
            "display_name" => Some(calendar.display_name.as_str()),
            "description" => calendar.description.as_deref(),
            _ => calendar.color.as_deref(),
        };
        let missing = self
            .asked()
            .into_iter()
            .filter(|asked| stored(asked.what) != asked.value);
        missing.map(|asked| asked.what).collect()
    }
}

impl Asked<'_> {
    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let element = writer.create_element(self.prefixed);
        match self.value {
            Some(value) => element.write_text_content(BytesText::new(value))?,
            None => element.write_empty()?,
        };
        Ok(())
    }
}

fn block(
    writer: &mut Writer<Vec<u8>>,
    verb: &str,
    inner: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> io::Result<()> {
    writer.create_element(verb).write_inner_content(|writer| {
        writer.create_element("d:prop").write_inner_content(inner)?;
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::super::xml::{Element, parse};
    use super::*;

    /// What a server reads below `verb`, by namespace and name.
    fn read<'a>(root: &'a Element, verb: &str, namespace: &str, name: &str) -> Option<&'a Element> {
        root.child(DAV, verb)?
            .child(DAV, "prop")?
            .child(namespace, name)
    }

    fn given(display_name: &str, description: &str) -> Option<Properties> {
        Some(Properties {
            display_name: Some(XmlText::line("display_name", display_name).ok()?),
            description: Some(XmlText::block("description", description).ok()?),
            color: Some(Color::parse("#123456").unwrap()),
        })
    }

    #[test]
    fn the_colour_is_written_where_nextcloud_keeps_it() {
        let body = given("x", "").unwrap().proppatch();
        let root = parse(std::str::from_utf8(&body).unwrap()).unwrap();
        let color = read(&root, "set", "http://apple.com/ns/ical/", "calendar-color");
        assert_eq!(color.unwrap().text, "#123456");
    }

    #[test]
    fn only_what_is_given_is_mentioned_and_what_is_emptied_is_removed() {
        let properties = Properties {
            description: Some(XmlText::block("description", "").unwrap()),
            ..Properties::default()
        };
        let body = properties.proppatch();
        let root = parse(std::str::from_utf8(&body).unwrap()).unwrap();
        assert!(root.child(DAV, "set").is_none());
        let prop = root
            .child(DAV, "remove")
            .unwrap()
            .child(DAV, "prop")
            .unwrap();
        assert_eq!(prop.children().count(), 1);
        assert!(prop.has(CALDAV, "calendar-description"));
    }

    #[test]
    fn a_calendar_is_made_for_what_it_shall_hold() {
        let body = given("x", "y")
            .unwrap()
            .mkcalendar(&[Kind::Event, Kind::Task]);
        let root = parse(std::str::from_utf8(&body).unwrap()).unwrap();
        let set = read(&root, "set", CALDAV, "supported-calendar-component-set").unwrap();
        let names: Vec<_> = set
            .children()
            .filter_map(|part| part.attribute("name"))
            .collect();
        assert_eq!(names, ["VEVENT", "VTODO"]);
    }

    proptest! {
        /// Any text at all is refused, or comes back as it was, and alone.
        #[test]
        fn whatever_a_calendar_is_called_stays_text(name in any::<String>(), about in any::<String>()) {
            if let Some(properties) = given(&name, &about) {
                for body in [properties.mkcalendar(&[Kind::Event]), properties.proppatch()] {
                    let root = parse(std::str::from_utf8(&body).unwrap()).unwrap();
                    let display_name = read(&root, "set", DAV, "displayname").unwrap();
                    prop_assert_eq!(display_name.text.as_str(), name.trim());
                    prop_assert_eq!(display_name.children().count(), 0);
                    let description = read(&root, "set", CALDAV, "calendar-description");
                    let lines = about.trim().replace("\r\n", "\n").replace('\r', "\n");
                    prop_assert_eq!(description.map_or("", |found| found.text.as_str()), lines);
                }
            }
        }

        #[test]
        fn markup_in_a_name_stays_text(name in "[<>&\"'\\[\\]!/?a-z-]{1,40}") {
            let body = given(&name, &name).unwrap().mkcalendar(&[Kind::Task]);
            let root = parse(std::str::from_utf8(&body).unwrap()).unwrap();
            prop_assert_eq!(&read(&root, "set", DAV, "displayname").unwrap().text, &name);
        }
    }
}
