//! What Nextcloud noted about the messages that it sent or could not send (SCHEDULE-STATUS, RFC 6638, 3.2.9).

use super::address::{address_of, same};
use crate::ical::{Component, ContentLine};

/// The guests of an event, by what became of their messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery<'c> {
    /// The message is delivered, or on its way.
    pub(crate) told: Vec<&'c str>,
    pub(crate) failed: Vec<&'c str>,
    /// Nextcloud noted nothing.
    pub(crate) unknown: Vec<&'c str>,
}

impl<'c> Delivery<'c> {
    /// As the organizer's copy of an event says.
    pub(crate) fn of(event: &'c Component) -> Self {
        let organizer = event.get("ORGANIZER").map(address_of).unwrap_or_default();
        let mut delivery = Self::default();
        for line in event
            .lines
            .iter()
            .map(|placed| &placed.line)
            .filter(|line| line.name == "ATTENDEE" && !same(address_of(line), organizer))
        {
            let list = match went(line) {
                Some(true) => &mut delivery.told,
                Some(false) => &mut delivery.failed,
                None => &mut delivery.unknown,
            };
            list.push(address_of(line));
        }
        delivery
    }
}

/// Whether the organizer got the user's answer; `None` where Nextcloud noted nothing.
pub(crate) fn answer_went(event: &Component) -> Option<bool> {
    event.get("ORGANIZER").and_then(went)
}

/// 1.x is on its way, 2.x done; 3.x to 5.x are failures (RFC 5546, 3.6).
fn went(line: &ContentLine) -> Option<bool> {
    let status = line.param("SCHEDULE-STATUS")?.trim();
    match status.chars().next()? {
        '1' | '2' => Some(true),
        '3'..='5' => Some(false),
        _ => None,
    }
}
