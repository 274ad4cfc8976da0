//! When the user's own events keep them busy.

use jiff::{SignedDuration, Timestamp};

use super::address::Own;
use super::period::Period;
use crate::event;
use crate::ical::Component;
use crate::recurrence::{Budget, Series, Window};
use crate::zone::Moment;

/// Of one series in one range. A series that has more is no series of appointments.
const MOST_OCCURRENCES: usize = 5_000;

/// A time that is taken, or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy {
    pub(crate) period: Period,
    /// Not settled: the event is tentative, or the user has not accepted it (yet).
    pub(crate) tentative: bool,
}

/// Which events count.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) own: Own,
    /// Whether days count, or only times.
    pub(crate) all_day: bool,
}

/// The times that one stored event takes in `range`.
///
/// # Errors
/// Says why its occurrences are not known: then nothing is known of this event.
pub(crate) fn of_events(
    series: &Series<'_>,
    range: &Period,
    rules: &Rules,
    budget: &mut Budget,
) -> Result<Vec<Busy>, String> {
    let window = Window {
        from: range.from,
        to: range.to,
        starting: Timestamp::MIN,
    };
    let accept = |event: &Component, length: SignedDuration| {
        length > SignedDuration::ZERO && hold(event, &rules.own).is_some()
    };
    let occurrences = series
        .occurrences(window, MOST_OCCURRENCES, budget, &accept)
        .map_err(|bad| bad.0)?;
    if occurrences.len() >= MOST_OCCURRENCES {
        return Err(format!(
            "it has more than {MOST_OCCURRENCES} occurrences in this range"
        ));
    }
    let reader = series.zones.reader();
    let busy = occurrences.iter().filter_map(|occurrence| {
        if matches!(occurrence.start, Moment::Day(_)) && !rules.all_day {
            return None;
        }
        let tentative = hold(occurrence.component, &rules.own)?;
        let (from, to) = (
            occurrence.start.instant(reader),
            occurrence.end.instant(reader),
        );
        let period = Period::new(from, to)?.within(range)?;
        Some(Busy { period, tentative })
    });
    Ok(busy.collect())
}

/// Whether an event takes its time: `None` for no, else whether only tentatively.
fn hold(event: &Component, own: &Own) -> Option<bool> {
    let word = |name| event::text(event, name).map(|word| word.trim().to_ascii_uppercase());
    let status = word("STATUS");
    let status = status.as_deref();
    if status == Some("CANCELLED") || word("TRANSP").as_deref() == Some("TRANSPARENT") {
        return None;
    }
    let answer = own
        .attendee(event)
        .filter(|_| !own.organizes(event))
        .map(answer_in);
    match answer.as_deref() {
        Some("DECLINED" | "DELEGATED") => None,
        Some("ACCEPTED") | None => Some(status == Some("TENTATIVE")),
        Some(_) => Some(true),
    }
}

/// PARTSTAT of an attendee; NEEDS-ACTION is what none means (RFC 5545, 3.2.12).
pub(super) fn answer_in(line: &crate::ical::ContentLine) -> String {
    line.param("PARTSTAT")
        .unwrap_or("NEEDS-ACTION")
        .trim()
        .to_ascii_uppercase()
}
