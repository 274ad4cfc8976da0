//! What is answered.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nextcloud_mcp_plugin::{JsonSchema, Reply};
use serde::Serialize;

use super::super::range::Missing;
use super::arguments::Plan;
use super::people::{Everybody, Person};
use crate::dav::Home;
use crate::people::{Period, Slot, merged};
use crate::tools::shared::zone_note;

/// Busy times of one person that are shown.
const MOST_BUSY: usize = 15;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Availability {
    /// Best first.
    available_slots: Vec<SlotView>,
    /// There are more slots.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    people: Vec<PersonView>,
    /// The time zone of the times here.
    shown_in: String,
    /// The range that was searched; its end is exclusive.
    from: String,
    to: String,
    /// What could not be read: the user may be busy there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Missing>,
}

/// How good a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Quality {
    /// Free, and in the preferred times if there are any.
    Good,
    /// Free, outside of the preferred times.
    Fair,
    /// Somebody is tentatively busy.
    Tentative,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SlotView {
    start: String,
    end: String,
    quality: Quality,
    /// How long it stays free.
    free_until: String,
    /// Who is tentatively busy then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tentative: Vec<String>,
}

/// When somebody is busy; what with is nobody's business.
#[derive(Debug, Serialize, JsonSchema)]
struct PersonView {
    /// "you" is the user.
    who: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    busy: Vec<BusyView>,
    /// So many further busy times are not shown; they count.
    #[serde(skip_serializing_if = "is_zero")]
    busy_not_shown: usize,
    /// Why it is not known whether this person is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_known: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BusyView {
    start: String,
    end: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    tentative: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

pub(super) fn reply(
    home: &Home,
    plan: &Plan,
    range: Period,
    everybody: Everybody<'_>,
    slots: &[Slot],
    more: bool,
) -> Reply<Availability> {
    let zone = &plan.zone;
    let mut text = headline(slots, more, zone);
    let unknown: Vec<&str> = everybody
        .people
        .iter()
        .filter(|person| person.busy.is_err())
        .map(|person| person.who.as_str())
        .collect();
    if !unknown.is_empty() {
        let _ = write!(text, " Not known, so not counted: {}.", unknown.join(", "));
    }
    if !everybody.failed.is_empty() {
        let names: Vec<&str> = everybody
            .failed
            .iter()
            .map(|missing| missing.what.as_str())
            .collect();
        let _ = write!(
            text,
            " Not all of the user's events could be read, so the user may be busy: {}.",
            names.join(", ")
        );
    }
    text.push_str(zone_note(home));
    let views = slots.iter().map(|slot| view(slot, &everybody.people, plan));
    let availability = Availability {
        available_slots: views.collect(),
        more,
        people: everybody
            .people
            .iter()
            .map(|person| person_view(person, zone))
            .collect(),
        shown_in: zone.iana_name().unwrap_or("UTC").to_owned(),
        from: shown(range.from, zone),
        to: shown(range.to, zone),
        failed: everybody.failed,
    };
    Reply::new(text, availability)
}

fn headline(slots: &[Slot], more: bool, zone: &TimeZone) -> String {
    let Some(best) = slots.first() else {
        return "No slot of this length is free in this range. A longer range, other hours or a shorter meeting may help."
            .to_owned();
    };
    let count = slots.len();
    format!(
        "{count} slot{}{}; the best is {} to {}.",
        if count == 1 { "" } else { "s" },
        if more { ", and there are more" } else { "" },
        shown(best.period.from, zone),
        shown(best.period.to, zone)
    )
}

fn view(slot: &Slot, people: &[Person], plan: &Plan) -> SlotView {
    let zone = &plan.zone;
    let in_the_way = |period: &Period| period.widened(plan.buffer).within(&slot.period).is_some();
    let hesitates = |person: &&Person| {
        person.busy.as_ref().is_ok_and(|busy| {
            busy.iter()
                .any(|busy| busy.tentative && in_the_way(&busy.period))
        })
    };
    let quality = match (slot.clear, slot.preferred) {
        (true, true) => Quality::Good,
        (true, false) => Quality::Fair,
        (false, _) => Quality::Tentative,
    };
    SlotView {
        start: shown(slot.period.from, zone),
        end: shown(slot.period.to, zone),
        quality,
        free_until: shown(slot.free.to, zone),
        tentative: people
            .iter()
            .filter(hesitates)
            .map(|person| person.who.clone())
            .collect(),
    }
}

fn person_view(person: &Person, zone: &TimeZone) -> PersonView {
    let mut busy: Vec<(Period, bool)> = Vec::new();
    for tentative in [false, true] {
        let own = person.busy.iter().flatten();
        let own = own.filter(|busy| busy.tentative == tentative);
        let periods = merged(own.map(|busy| busy.period).collect());
        busy.extend(periods.into_iter().map(|period| (period, tentative)));
    }
    busy.sort_unstable();
    let view = |(period, tentative): &(Period, bool)| BusyView {
        start: shown(period.from, zone),
        end: shown(period.to, zone),
        tentative: *tentative,
    };
    PersonView {
        who: person.who.clone(),
        busy: busy.iter().take(MOST_BUSY).map(view).collect(),
        busy_not_shown: busy.len().saturating_sub(MOST_BUSY),
        not_known: person.busy.as_ref().err().cloned(),
    }
}

fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.display_with_offset(zone.to_offset(at)).to_string()
}
