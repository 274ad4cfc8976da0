//! The user's calendars: own, shared with them, subscribed; with what the user may do in each.

use nextcloud_mcp_plugin::{Failure, JsonSchema};
use serde::Serialize;

use super::kind::Kind;

/// The calendar that Nextcloud fills from the user's contacts.
const BIRTHDAYS: &str = "contact_birthdays";

/// One calendar.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, read by its name"
)]
pub(crate) struct Calendar {
    /// What `calendar_name` takes.
    pub(crate) name: String,
    /// As people see it.
    pub(crate) display_name: String,
    /// Events can be created, changed and deleted.
    pub(crate) writable: bool,
    /// The user can share it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) may_share: bool,
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
    /// Their user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// The address of a subscribed calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subscribed_from: Option<String>,
    /// Place in the user's own order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<i64>,
    /// Switched off in the Calendar app.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hidden: bool,
    /// Its events do not make the user busy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) transparent: bool,
    /// Of the calendar itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_zone: Option<String>,
}

impl Calendar {
    /// Whose it is and what the user may do there, in plain words: `own`, `shared by Bob, read-only`.
    pub(crate) fn rights(&self) -> String {
        let whose = match (&self.shared_by, self.is_subscription(), self.is_birthdays()) {
            (Some(sharer), ..) => format!("shared by {sharer}"),
            (None, true, _) => "subscription".to_owned(),
            (None, false, true) => "birthdays".to_owned(),
            (None, false, false) => "own".to_owned(),
        };
        let may = match (self.writable, &self.shared_by) {
            (true, Some(_)) => ", writable",
            (true, None) => "",
            (false, _) => ", read-only",
        };
        format!("{whose}{may}")
    }

    pub(crate) fn is_subscription(&self) -> bool {
        self.subscribed_from.is_some()
    }

    /// Filled by Nextcloud from the user's contacts.
    pub(crate) fn is_birthdays(&self) -> bool {
        self.name == BIRTHDAYS
    }

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
        let what = if self.is_subscription() {
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
