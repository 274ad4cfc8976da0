//! Invitations that wait for the user's answer.

use jiff::SignedDuration;

use super::address::Own;
use super::busy::answer_in;
use crate::event;
use crate::ical::Component;
use crate::recurrence::{Budget, Occurrence, Series, Window};

/// One that waits.
pub(crate) struct Invitation<'d> {
    /// The next occurrence that it is for.
    pub(crate) occurrence: Occurrence<'d>,
    /// It is for this occurrence alone.
    pub(crate) single: bool,
}

/// The invitations that a stored event holds for occurrences in the window: one for a whole series, or one for each
/// occurrence that waits although the series does not.
///
/// # Errors
/// Says why the occurrences are not known.
pub(crate) fn invitations<'d>(
    series: &Series<'d>,
    own: &Own,
    window: Window,
    budget: &mut Budget,
) -> Result<Vec<Invitation<'d>>, String> {
    let series_waits = series
        .master
        .as_ref()
        .is_some_and(|master| waits(master.component, own));
    let is_master = |event: &Component| event.get("RECURRENCE-ID").is_none();
    let accept = |event: &Component, _: SignedDuration| {
        waits(event, own) && is_master(event) == series_waits
    };
    let most = if series_waits { 1 } else { usize::MAX };
    let occurrences = series
        .occurrences(window, most, budget, &accept)
        .map_err(|bad| bad.0)?;
    let invitation = |occurrence| Invitation {
        occurrence,
        single: !series_waits,
    };
    Ok(occurrences.into_iter().take(most).map(invitation).collect())
}

/// Whether somebody else asked the user to this event, and the user has not answered.
fn waits(event: &Component, own: &Own) -> bool {
    let called_off = event::text(event, "STATUS")
        .is_some_and(|status| status.trim().eq_ignore_ascii_case("CANCELLED"));
    event.get("ORGANIZER").is_some()
        && !own.organizes(event)
        && !called_off
        && own
            .attendee(event)
            .is_some_and(|line| answer_in(line) == "NEEDS-ACTION")
}
