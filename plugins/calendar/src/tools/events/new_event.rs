//! Stores a new event and says what became of it, for every tool that makes one.

use nextcloud_mcp_plugin::{Failure, Reply};

use super::super::people::{may_invite, told};
use super::super::shared::{EventReply, show_stored, title, when, zone_note};
use crate::dav::{self, Home, Kind};
use crate::people::Guests;

/// Stores `text` under a name made of `uid`, in a calendar that the user may write to and invite `guests` from.
pub(crate) fn store(
    home: &Home,
    calendar_name: &str,
    guests: Option<&Guests>,
    uid: &str,
    text: &str,
) -> Result<Reply<EventReply>, Failure> {
    let calendars = dav::list(home)?;
    let calendar = dav::choose(&calendars, calendar_name)?.for_writing(Kind::Event)?;
    may_invite(calendar, guests)?;
    let object = dav::create(home, calendar, &format!("{uid}.ics"), text)?;
    let shown = show_stored(home, &object)?;
    let text = format!(
        "Created {}, {}, in \"{}\".{}{}",
        title(&shown.event),
        when(&shown.event),
        calendar.name,
        told(&object),
        zone_note(home)
    );
    Ok(Reply::new(text, shown))
}
