//! The argument `attendees` of the tools that write events, and what they say about it afterwards.

use std::fmt::Write as _;

use nextcloud_mcp_plugin::Failure;

use crate::dav::{Calendar, Home, Object};
use crate::ical::Document;
use crate::people::{Delivery, Guests};

/// The guests that the argument names; an empty one names nobody, none asks for no change.
pub(crate) fn guests(attendees: Option<&str>, home: &Home) -> Result<Option<Guests>, Failure> {
    attendees
        .map(|attendees| Guests::new(attendees, &home.account))
        .transpose()
}

/// Lets guests through only where Nextcloud will tell them: in a calendar that somebody shares with the user it speaks
/// for that calendar's owner alone, so the user's guests would never hear of it.
pub(crate) fn may_invite(calendar: &Calendar, guests: Option<&Guests>) -> Result<(), Failure> {
    match (&calendar.shared_by, guests) {
        (Some(owner), Some(guests)) if !guests.invited.is_empty() => {
            Err(Failure::invalid(format!(
                "The calendar \"{}\" is {owner}'s: Nextcloud sends no invitations of the user's from there, so nothing was \
                 changed. Invite from a calendar of the user's own, such as personal.",
                calendar.name
            )))
        }
        _ => Ok(()),
    }
}

/// Whom Nextcloud told about a stored event, and whom not; empty for an event without guests.
pub(crate) fn told(object: &Object) -> String {
    let Ok(document) = Document::parse(&object.text) else {
        return String::new();
    };
    let mut text = String::new();
    for event in document.events().take(1) {
        let Delivery {
            told,
            failed,
            unknown,
        } = Delivery::of(event);
        for (what, who) in [
            ("Nextcloud told", told),
            ("Nextcloud could not tell", failed),
            ("Nextcloud does not say whether it told", unknown),
        ] {
            if !who.is_empty() {
                let _ = write!(text, " {what} {}.", who.join(", "));
            }
        }
    }
    text
}
