//! A new calendar: MKCALENDAR, then a look at what Nextcloud made of it.

use nextcloud_mcp_plugin::{Failure, Reply};

use super::super::shared::given;
use super::list_calendars::Calendars;
use super::manage_calendar::{Arguments, Holds};
use super::name;
use crate::dav::{self, Color, Home, Listing, Made, Properties, XmlText};

pub(super) fn create(home: &Home, arguments: &Arguments) -> Result<Reply<Calendars>, Failure> {
    let chosen = given(arguments.calendar_name.as_deref())
        .map(name::chosen)
        .transpose()?;
    let display_name = given(arguments.display_name.as_deref())
        .or(chosen.as_deref())
        .ok_or_else(|| Failure::invalid("display_name is missing: what is the calendar called?"))?;
    let properties = Properties {
        display_name: Some(XmlText::line("display_name", display_name)?),
        description: given(arguments.description.as_deref())
            .map(|text| XmlText::block("description", text))
            .transpose()?,
        color: given(arguments.color.as_deref())
            .map(Color::parse)
            .transpose()?,
    };
    let listing = dav::listing(home)?;
    let name = if let Some(name) = chosen.clone() {
        name
    } else {
        refuse_second(&listing, display_name)?;
        name::made(display_name, &listing)
    };
    // Known already, or found out by Nextcloud meanwhile.
    refuse_taken(&listing, &name)?;
    let holds = arguments.components.unwrap_or(Holds::Both);
    if dav::make(home, &name, &properties, holds.kinds())? == Made::NameTaken {
        refuse_taken(&dav::listing(home)?, &name)?;
        return Err(Failure::conflict(format!(
            "Nextcloud does not take the name \"{name}\" for a calendar. Choose another calendar_name."
        )));
    }
    let calendar = dav::read_calendar(home, &name).map_err(|failure| Failure {
        message: format!(
            "The calendar \"{name}\" was created, but could not be read back. {}",
            failure.message
        ),
        ..failure
    })?;
    let missing = properties.missing_in(&calendar);
    let text = if missing.is_empty() {
        format!(
            "Created the calendar \"{}\" ({name}).",
            calendar.display_name
        )
    } else {
        format!(
            "Created the calendar \"{}\" ({name}), but Nextcloud did not take its {}.",
            calendar.display_name,
            missing.join(", ")
        )
    };
    let calendars = vec![calendar];
    Ok(Reply::new(text, Calendars { calendars }))
}

/// Two calendars that look the same are most often one call too many.
fn refuse_second(listing: &Listing, display_name: &str) -> Result<(), Failure> {
    let wanted = display_name.to_lowercase();
    let same = listing
        .calendars
        .iter()
        .find(|calendar| calendar.display_name.to_lowercase() == wanted);
    same.map_or(Ok(()), |calendar| {
        Err(Failure::conflict(format!(
            "There is a calendar called \"{}\" already ({}), so nothing was created. If there shall be a second one, give it \
             a calendar_name of its own.",
            calendar.display_name, calendar.name
        )))
    })
}

fn refuse_taken(listing: &Listing, name: &str) -> Result<(), Failure> {
    if let Some(calendar) = listing
        .calendars
        .iter()
        .find(|calendar| calendar.name == name)
    {
        return Err(Failure::conflict(format!(
            "There is a calendar \"{name}\" already (\"{}\"), so nothing was created. Choose another calendar_name, or \
             change that one with action update.",
            calendar.display_name
        )));
    }
    // Recordings caldav/126 to caldav/130.
    if let Some(calendar) = listing
        .deleted
        .iter()
        .find(|calendar| calendar.name == name)
    {
        return Err(Failure::conflict(format!(
            "A deleted calendar \"{name}\" (\"{}\") lies in the trash bin and holds the name, so nothing was created. \
             restore_from_trash with id \"calendar:{name}\" brings it back; or choose another calendar_name.",
            calendar.display_name
        )));
    }
    Ok(())
}
