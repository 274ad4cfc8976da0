//! `manage_calendar`: one tool for what can be done with a calendar as a whole, because clients know it by this name.

use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::Deserialize;

use super::super::shared::given;
use super::list_calendars::{Calendars, list_calendars};
use super::{create_calendar, delete_calendar, update_calendar};
use crate::dav::{Home, Kind};

pub(crate) const DESCRIPTION: &str = "Creates, updates or deletes a calendar. Deleting first answers with what would go and a \
confirm handle. Example: action create, display_name \"R&D\", color #1976d2.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    Create,
    Update,
    Delete,
    List,
}

/// What a new calendar is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Holds {
    Events,
    Tasks,
    Both,
}

impl Holds {
    pub(super) fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Events => &[Kind::Event],
            Self::Tasks => &[Kind::Task],
            Self::Both => &[Kind::Event, Kind::Task],
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    action: Action,
    /// Of a new one the name in its address; default: from `display_name`.
    pub(super) calendar_name: Option<String>,
    pub(super) display_name: Option<String>,
    /// Empty: removed.
    pub(super) description: Option<String>,
    /// #RRGGBB.
    pub(super) color: Option<String>,
    /// Of a new one; default: both.
    pub(super) components: Option<Holds>,
    /// From the first call of a delete.
    pub(super) confirm: Option<String>,
}

impl Arguments {
    /// The calendar that is there already.
    pub(super) fn existing(&self) -> Result<&str, Failure> {
        given(self.calendar_name.as_deref()).ok_or_else(|| {
            Failure::invalid("calendar_name is missing: list_calendars shows the names.")
        })
    }

    /// Refuses what the action would have to ignore.
    fn check(&self) -> Result<(), Failure> {
        let text = |text: &Option<String>| given(text.as_deref()).is_some();
        let all = [
            ("calendar_name", text(&self.calendar_name)),
            ("display_name", text(&self.display_name)),
            ("description", text(&self.description)),
            ("color", text(&self.color)),
            ("components", self.components.is_some()),
            ("confirm", text(&self.confirm)),
        ];
        let (action, taken): (&str, &[&str]) = match self.action {
            Action::Create => (
                "create",
                &[
                    "calendar_name",
                    "display_name",
                    "description",
                    "color",
                    "components",
                ],
            ),
            Action::Update => (
                "update",
                &["calendar_name", "display_name", "description", "color"],
            ),
            Action::Delete => ("delete", &["calendar_name", "confirm"]),
            Action::List => ("list", &[]),
        };
        let foreign: Vec<&str> = all
            .iter()
            .filter(|(name, is_given)| *is_given && !taken.contains(name))
            .map(|(name, _)| *name)
            .collect();
        if foreign.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid(format!(
            "action {action} has no use for {}. Nothing was done.",
            foreign.join(", ")
        )))
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn manage_calendar(arguments: Arguments) -> Result<Reply<Calendars>, Failure> {
    arguments.check()?;
    match arguments.action {
        Action::Create => create_calendar::create(&Home::of_caller()?, &arguments),
        Action::Update => update_calendar::update(&Home::of_caller()?, &arguments),
        Action::Delete => delete_calendar::delete(&Home::of_caller()?, &arguments),
        Action::List => list_calendars(NoArguments {}),
    }
}
