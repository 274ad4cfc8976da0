//! `restore_from_trash`: what was deleted goes back to where it was.

use nextcloud_mcp_plugin::{Failure, JsonSchema, Reply};
use serde::{Deserialize, Serialize};

use crate::dav::{self, Home};

pub(crate) const DESCRIPTION: &str = "Brings a deleted calendar, event or task back from the trash bin to where it was, with the id \
that list_trash shows. Example: id \"item:40\" or \"calendar:work\".";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    id: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Restored {
    id: String,
    /// The calendar, or where the item is now.
    calendar: String,
}

/// What an id means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted<'a> {
    Item(u64),
    Calendar(&'a str),
}

impl<'a> Wanted<'a> {
    fn parse(id: &'a str) -> Result<Self, Failure> {
        let invalid = || {
            Failure::invalid(
                "id is what list_trash shows, such as \"item:40\" or \"calendar:work\".",
            )
        };
        match id.trim().split_once(':').ok_or_else(invalid)? {
            ("item", number) => number.parse().map(Self::Item).map_err(|_| invalid()),
            ("calendar", name) if !name.is_empty() => Ok(Self::Calendar(name)),
            _ => Err(invalid()),
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a tool's function owns its arguments"
)]
pub(crate) fn restore_from_trash(arguments: Arguments) -> Result<Reply<Restored>, Failure> {
    let wanted = Wanted::parse(&arguments.id)?;
    let home = Home::of_caller()?;
    let (text, calendar) = match wanted {
        Wanted::Item(number) => item(&home, number)?,
        Wanted::Calendar(name) => calendar(&home, name)?,
    };
    let id = arguments.id.trim().to_owned();
    Ok(Reply::new(text, Restored { id, calendar }))
}

fn item(home: &Home, number: u64) -> Result<(String, String), Failure> {
    let (listing, deleted) = dav::trashed(home)?;
    let found = deleted.iter().find(|one| one.id == number).ok_or_else(|| {
        Failure::not_found(
            "There is no such item in the trash bin. list_trash shows what is there; what belongs to a deleted calendar \
             comes back with it.",
        )
    })?;
    // A share lets others write, and so restore, only while it lasts.
    if let Some(calendar) = listing
        .calendars
        .iter()
        .find(|calendar| calendar.name == found.calendar)
        && !calendar.writable
    {
        return Err(Failure::denied(format!(
            "The calendar \"{}\" is read-only for the user, so nothing was restored.",
            calendar.name
        )));
    }
    dav::restore(home, found)?;
    let text = format!("Restored to the calendar \"{}\".", found.calendar);
    Ok((text, found.calendar.clone()))
}

fn calendar(home: &Home, name: &str) -> Result<(String, String), Failure> {
    let listing = dav::listing(home)?;
    if let Some(calendar) = listing
        .calendars
        .iter()
        .find(|calendar| calendar.name == name)
    {
        return Err(Failure::invalid(format!(
            "The calendar \"{name}\" (\"{}\") is not deleted.",
            calendar.display_name
        )));
    }
    let deleted = listing
        .deleted
        .iter()
        .find(|calendar| calendar.name == name);
    let deleted = deleted.ok_or_else(|| {
        Failure::not_found(format!(
            "There is no calendar \"{name}\" in the trash bin. list_trash shows what is there."
        ))
    })?;
    dav::restore_calendar(home, &deleted.name)?;
    // The same success would be said of a calendar that was not deleted.
    let calendar = dav::read_calendar(home, &deleted.name)?;
    let text = format!(
        "Restored the calendar \"{}\" ({}) with everything in it.",
        calendar.display_name, calendar.name
    );
    Ok((text, calendar.name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_of_two_kinds() {
        assert_eq!(Wanted::parse(" item:40").unwrap(), Wanted::Item(40));
        assert_eq!(
            Wanted::parse("calendar:a:b").unwrap(),
            Wanted::Calendar("a:b")
        );
        for id in [
            "",
            "40",
            "item:",
            "item:x",
            "item:-1",
            "calendar:",
            "event:4",
        ] {
            assert!(Wanted::parse(id).is_err(), "{id}");
        }
    }
}
