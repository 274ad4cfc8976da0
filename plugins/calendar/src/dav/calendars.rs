//! The user's calendars: own, shared with them, subscribed; with what the user may do in each.

use nextcloud_mcp_plugin::nextcloud::Request;
use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Serialize;

use super::home::Home;
use super::kind::Kind;
use super::query;
use super::xml::{APPLE, CALDAV, CALENDARSERVER, DAV, Entry, NEXTCLOUD, last_segment, multistatus};

/// One calendar.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Calendar {
    /// What `calendar_name` takes.
    pub(crate) name: String,
    /// As people see it.
    pub(crate) display_name: String,
    /// Events can be created, changed and deleted.
    pub(crate) writable: bool,
    /// What it may hold: VEVENT, VTODO, VJOURNAL.
    pub(crate) components: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) color: Option<String>,
    /// Who shares it with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shared_by: Option<String>,
    /// The address of a subscribed calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscribed_from: Option<String>,
}

impl Calendar {
    pub(crate) fn holds(&self, kind: Kind) -> bool {
        self.components
            .iter()
            .any(|component| component == kind.component())
    }

    /// Lets a calendar through that may hold this kind.
    pub(crate) fn holding(&self, kind: Kind) -> Result<&Self, Failure> {
        if self.holds(kind) {
            return Ok(self);
        }
        Err(Failure::invalid(format!(
            "The calendar \"{}\" holds no {}, only {}.",
            self.name,
            kind.plural(),
            self.components.join(", ")
        )))
    }

    /// Lets a calendar through that the user may write this kind to.
    pub(crate) fn for_writing(&self, kind: Kind) -> Result<&Self, Failure> {
        let what = if self.subscribed_from.is_some() {
            "a subscription"
        } else {
            "read-only for the user"
        };
        if !self.writable {
            return Err(Failure::denied(format!(
                "The calendar \"{}\" is {what}, so nothing was changed. list_calendars shows which ones are writable.",
                self.name
            )));
        }
        self.holding(kind)
    }
}

/// Every calendar of the user, in Nextcloud's order.
pub(crate) fn list(home: &Home) -> Result<Vec<Calendar>, Failure> {
    let answer = Request::new("PROPFIND", home.path())
        .header("depth", "1")
        // Without it Nextcloud lists subscriptions, but does not let their events be read.
        .header("x-nc-caldav-webcal-caching", "On")
        .body("application/xml; charset=utf-8", query::calendars())
        .about("the user's calendars")
        .send()?
        .ok()?;
    let entries = multistatus(answer.bytes()).map_err(|bad| answer.not_understood(bad.0))?;
    Ok(entries
        .iter()
        .filter_map(|entry| calendar(entry, home))
        .collect())
}

/// The calendar that a name means: the address's last part, or a display name that only one calendar has.
pub(crate) fn choose<'a>(calendars: &'a [Calendar], name: &str) -> Result<&'a Calendar, Failure> {
    let wanted = name.trim();
    if let Some(calendar) = calendars.iter().find(|calendar| calendar.name == wanted) {
        return Ok(calendar);
    }
    let display_name =
        |calendar: &&Calendar| calendar.display_name.to_lowercase() == wanted.to_lowercase();
    let alike: Vec<&Calendar> = calendars.iter().filter(display_name).collect();
    match alike.as_slice() {
        [only] => Ok(only),
        [] => Err(Failure::not_found(format!(
            "There is no calendar \"{wanted}\". There are: {}.",
            names(calendars)
        ))),
        several => Err(Failure::invalid(format!(
            "{} calendars are called \"{wanted}\". Say which one: {}.",
            several.len(),
            several
                .iter()
                .map(|calendar| calendar.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

fn names(calendars: &[Calendar]) -> String {
    let name = |calendar: &Calendar| {
        if calendar.display_name == calendar.name {
            calendar.name.clone()
        } else {
            format!("{} (\"{}\")", calendar.name, calendar.display_name)
        }
    };
    calendars.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// `None` for what lies beside the calendars: inbox, outbox, trash bin, deleted calendars (recording `caldav/127`).
fn calendar(entry: &Entry, home: &Home) -> Option<Calendar> {
    let kinds = entry.property(DAV, "resourcetype")?;
    let subscribed = kinds.has(CALENDARSERVER, "subscribed");
    if !kinds.has(CALDAV, "calendar") && !subscribed {
        return None;
    }
    let name = entry.name()?;
    let components = entry
        .property(CALDAV, "supported-calendar-component-set")
        .map_or_else(
            // A server that does not say takes all of them (RFC 4791, 5.2.3).
            || vec!["VEVENT".to_owned(), "VTODO".to_owned()],
            |set| {
                set.children()
                    .filter_map(|part| part.attribute("name"))
                    .map(str::to_uppercase)
                    .collect()
            },
        );
    let subscribed_from = entry.property(CALENDARSERVER, "source").and_then(|source| {
        let href = source
            .child(DAV, "href")
            .map_or(source.text.trim(), |href| href.text.trim());
        (!href.is_empty()).then(|| href.to_owned())
    });
    Some(Calendar {
        display_name: entry.text(DAV, "displayname").unwrap_or(&name).to_owned(),
        writable: !subscribed && subscribed_from.is_none() && may_write(entry),
        components,
        description: entry
            .text(CALDAV, "calendar-description")
            .map(str::to_owned),
        color: entry
            .text(APPLE, "calendar-color")
            .map(|color| color.chars().take(7).collect()),
        shared_by: sharer(entry, home),
        subscribed_from,
        name,
    })
}

/// A read-only share has `write-properties` only (recording `caldav/104`).
fn may_write(entry: &Entry) -> bool {
    let writing = ["all", "write", "write-content", "bind"];
    entry
        .property(DAV, "current-user-privilege-set")
        .is_some_and(|set| {
            set.children()
                .any(|privilege| writing.iter().any(|name| privilege.has(DAV, name)))
        })
}

fn sharer(entry: &Entry, home: &Home) -> Option<String> {
    let id = last_segment(&entry.property(DAV, "owner")?.child(DAV, "href")?.text)?;
    (id != home.account.id).then(|| {
        entry
            .text(NEXTCLOUD, "owner-displayname")
            .unwrap_or(&id)
            .to_owned()
    })
}
