//! Who is invited to an event: the lines of a new one, and a change of the list of a stored one. The lines of those who
//! stay are not touched, so their answers and whatever else other programs noted there survive.
//!
//! Answers are kept when an event's times change. RFC 6638, 3.2.8 has the server reset them; Nextcloud does not
//! (nextcloud/server issue 13862), its Calendar app does not either, and guests hear of the change all the same.

use nextcloud_mcp_plugin::Failure;
use nextcloud_mcp_plugin::nextcloud::Account;

use super::address::{Mailbox, address_of, same};
use crate::ical::{ContentLine, Draft};

/// The user, and whom the user invites.
#[derive(Debug, Clone)]
pub(crate) struct Guests {
    pub(crate) organizer: Mailbox,
    /// Without the organizer; nobody: the event is nobody else's business.
    pub(crate) invited: Vec<Mailbox>,
}

impl Guests {
    /// From the argument `attendees`.
    pub(crate) fn new(attendees: &str, account: &Account) -> Result<Self, Failure> {
        let mut invited = Mailbox::list(attendees)?;
        let organizer = Mailbox::of_user(account)?;
        invited.retain(|guest| !same(&guest.email, &organizer.email));
        Ok(Self { organizer, invited })
    }

    fn chair(&self) -> ContentLine {
        let params = [("ROLE", "CHAIR"), ("PARTSTAT", "ACCEPTED")];
        self.organizer.line("ATTENDEE", &params)
    }
}

/// The lines of a new event: ORGANIZER, the organizer as attendee who has accepted, everybody else who has yet to
/// answer (RFC 5545, 3.8.4.1; recording `caldav/099`). No line for an event without guests.
pub(crate) fn invited(guests: &Guests) -> Vec<ContentLine> {
    if guests.invited.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![guests.organizer.line("ORGANIZER", &[]), guests.chair()];
    lines.extend(guests.invited.iter().map(guest));
    lines
}

/// Gives a stored event this list.
///
/// # Errors
/// The event is somebody else's: only its organizer can change who is invited, and Nextcloud would tell nobody.
pub(crate) fn change(draft: &mut Draft<'_>, wanted: &Guests) -> Result<(), Failure> {
    let event = draft.component;
    if let Some(organizer) = event.get("ORGANIZER")
        && !same(address_of(organizer), &wanted.organizer.email)
    {
        return Err(Failure::denied(format!(
            "Only the organizer, {}, can change who is invited to this event. Nothing was changed.",
            address_of(organizer)
        )));
    }
    if wanted.invited.is_empty() {
        draft.remove("ATTENDEE");
        draft.remove("ORGANIZER");
        return Ok(());
    }
    if event.get("ORGANIZER").is_none() {
        draft.set(wanted.organizer.line("ORGANIZER", &[]), &[]);
    }
    let is_wanted = |address: &str| {
        same(address, &wanted.organizer.email)
            || wanted
                .invited
                .iter()
                .any(|guest| same(&guest.email, address))
    };
    let attendees = || {
        event
            .lines
            .iter()
            .filter(|placed| placed.line.name == "ATTENDEE")
    };
    let is_listed = |email: &str| attendees().any(|placed| same(address_of(&placed.line), email));
    let mut new: Vec<ContentLine> = Vec::new();
    if !is_listed(&wanted.organizer.email) {
        new.push(wanted.chair());
    }
    let added = wanted
        .invited
        .iter()
        .filter(|guest| !is_listed(&guest.email));
    new.extend(added.map(guest));
    let gone: Vec<_> = attendees()
        .filter(|placed| !is_wanted(address_of(&placed.line)))
        .collect();
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    draft.changed.push("ATTENDEE".to_owned());
    for placed in gone {
        draft.edit.set_line(placed, None);
    }
    let last = attendees()
        .next_back()
        .map_or(event.insert_at, |placed| placed.range.end);
    draft.edit.insert(last, &new);
    Ok(())
}

fn guest(mailbox: &Mailbox) -> ContentLine {
    let params = [
        ("ROLE", "REQ-PARTICIPANT"),
        ("PARTSTAT", "NEEDS-ACTION"),
        ("RSVP", "TRUE"),
    ];
    mailbox.line("ATTENDEE", &params)
}
