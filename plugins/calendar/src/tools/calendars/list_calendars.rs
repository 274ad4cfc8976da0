//! `list_calendars`: what calendars there are and what the user may do in them.

use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::Serialize;

use crate::dav::{self, Calendar, Home};

pub(crate) const DESCRIPTION: &str = "Lists the user's calendars, shared and subscribed ones too: name (calendar_name \
elsewhere, which takes the display name as well), whether it is writable, what it holds. Example: no arguments.";

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Calendars {
    pub(super) calendars: Vec<Calendar>,
}

pub(crate) fn list_calendars(_: NoArguments) -> Result<Reply<Calendars>, Failure> {
    let calendars = dav::list(&Home::of_caller()?)?;
    let each: Vec<String> = calendars
        .iter()
        .map(|calendar| format!("{} ({})", calendar.name, calendar.rights()))
        .collect();
    let text = match each.as_slice() {
        [] => "The user has no calendars.".to_owned(),
        each => format!("{} calendars: {}.", each.len(), each.join(", ")),
    };
    Ok(Reply::new(text, Calendars { calendars }))
}
