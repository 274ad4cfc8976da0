//! `list_calendars`: what calendars there are and what the user may do in them.

use nextcloud_mcp_plugin::{Failure, JsonSchema, NoArguments, Reply};
use serde::Serialize;

use crate::dav::{self, Calendar, Home};

pub(crate) const DESCRIPTION: &str = "Lists the user's calendars, the shared and subscribed ones included: name (what \
calendar_name takes elsewhere), display name, colour, whether it is writable, what it holds. Example: no arguments.";

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Calendars {
    calendars: Vec<Calendar>,
}

pub(crate) fn list_calendars(_: NoArguments) -> Result<Reply<Calendars>, Failure> {
    let home = Home::of_caller()?;
    let calendars = dav::list(&home)?;
    let names: Vec<String> = calendars
        .iter()
        .map(|calendar| {
            format!(
                "{}{}",
                calendar.name,
                if calendar.writable {
                    ""
                } else {
                    " (read-only)"
                }
            )
        })
        .collect();
    let text = match names.as_slice() {
        [] => "The user has no calendars.".to_owned(),
        names => format!("{} calendars: {}.", names.len(), names.join(", ")),
    };
    Ok(Reply::new(text, Calendars { calendars }))
}
