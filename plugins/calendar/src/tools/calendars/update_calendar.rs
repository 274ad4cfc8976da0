//! A calendar's name, description and colour: PROPPATCH of what is given, then a look at what Nextcloud made of it.

use nextcloud_mcp_plugin::{Failure, Reply};

use super::super::shared::given;
use super::list_calendars::Calendars;
use super::manage_calendar::Arguments;
use crate::dav::{self, Calendar, Color, Home, Properties, XmlText};

pub(super) fn update(home: &Home, arguments: &Arguments) -> Result<Reply<Calendars>, Failure> {
    let name = arguments.existing()?;
    let properties = Properties {
        display_name: given(arguments.display_name.as_deref())
            .map(|text| XmlText::line("display_name", text))
            .transpose()?,
        description: arguments
            .description
            .as_deref()
            .map(|text| XmlText::block("description", text))
            .transpose()?,
        color: given(arguments.color.as_deref())
            .map(Color::parse)
            .transpose()?,
    };
    if properties.is_empty() {
        return Err(Failure::invalid(
            "Nothing to change: give display_name, description or color.",
        ));
    }
    let calendars = dav::list(home)?;
    let calendar = dav::choose(&calendars, name)?;
    dav::change(home, calendar, &properties)?;
    let now = dav::read_calendar(home, &calendar.name)?;
    let missing = properties.missing_in(&now);
    if !missing.is_empty() {
        return Err(Failure::other(format!(
            "Nextcloud said yes, but the calendar \"{}\" does not have the {} that was asked for. This is how it is now.",
            now.name,
            missing.join(", ")
        ))
        .with(&Calendars {
            calendars: vec![now],
        }));
    }
    let text = format!(
        "Changed the calendar \"{}\" ({}).{}",
        now.display_name,
        now.name,
        whose(&now)
    );
    let calendars = vec![now];
    Ok(Reply::new(text, Calendars { calendars }))
}

/// Nextcloud keeps what a sharee changes apart from the calendar (recording `caldav/110`).
fn whose(calendar: &Calendar) -> String {
    match &calendar.shared_by {
        Some(sharer) => format!(" Only this user sees that: the calendar is {sharer}'s."),
        None => String::new(),
    }
}
